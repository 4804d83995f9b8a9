/*
 * Questions and answers: the cache in front, equal questions joined, CNAMEs
 * followed over several messages, and every fault of the resolver turned into
 * DNS_TEMPORARY.
 *
 * A question in flight belongs to itself: those who wait for it may leave, it
 * goes on and fills the cache.
 */
#include "io/dns.h"

#include <string.h>

#include "base/failure.h"
#include "base/list.h"
#include "base/map.h"
#include "base/random.h"
#include "io/dns_cache.h"
#include "io/dns_channel.h"
#include "io/dns_parse.h"
#include "metrics/timing.h"
#include "run/fiber.h"
#include "run/worker.h"

struct dns {
	struct dns_channel *channel;
	struct dns_cache cache;
	struct map questions; /* in flight, by key */
	struct dns_figures figures;
	bool trusted; /* their AD bit */
	bool no_edns; /* the servers refused an OPT record once */
	bool closing;
};

struct question {
	struct dns_request request;
	struct dns *dns; /* valid until done */
	char key_text[DNS_KEY_SIZE];
	struct slice key;
	char name[DNS_NAME_SIZE]; /* asked for now */
	struct dns_question asked;
	bool edns;
	unsigned cnames; /* of the messages before this one */
	unsigned queries;
	uint32_t ttl_s;
	bool authentic;
	struct condition answered;
	unsigned waiters;
	bool done, closed;
	int64_t began_us;
	struct arena arena;
	struct dns_answer answer;
};

static struct question *start_question(
	struct dns *dns, enum dns_type type, struct slice name, struct slice key);
static bool wait_for_answer(struct question *question, struct arena *arena,
	struct dns_answer *answer_r, struct deadline deadline);
static void receive(
	struct dns_request *request, struct slice packet, const char *trouble);

struct dns *dns_create(const struct dns_options *options)
{
	struct dns_channel *channel = dns_channel_create(options);
	struct dns *dns;

	if (!channel)
		return NULL;
	dns = NEW(struct dns);
	dns->channel = channel;
	dns->trusted = dns_channel_is_trusted(channel, options->trusted);
	dns_cache_init(&dns->cache, options->cache_entries);
	return dns;
}

void dns_destroy(struct dns **dns)
{
	struct dns *d = *dns;

	if (!d)
		return;
	*dns = NULL;
	d->closing = true;
	dns_channel_destroy(&d->channel);
	dns_cache_finish(&d->cache);
	map_finish(&d->questions);
	memory_free(d);
}

static void set_failed(struct dns_answer *answer, struct arena *arena,
	struct slice name, const char *reason)
{
	*answer = (struct dns_answer){.canonical = arena_copy(arena, name)};
	dns_answer_set_temporary(answer, reason);
}

bool dns_query(struct dns *dns, enum dns_type type, struct slice name,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline)
{
	char text[DNS_NAME_SIZE], key_text[DNS_KEY_SIZE];
	struct question *question;
	struct slice key, normal;

	if (fiber_is_cancelled())
		return fail(FAILURE_CANCELLED, "no DNS query, it is ending");
	dns->figures.questions++;
	if (!dns_name_normalise(name, text, &normal)) {
		*answer_r = (struct dns_answer){.status = DNS_NO_NAME,
			.ttl_s = DNS_TTL_NEGATIVE_MAX,
			.canonical = arena_copy(arena, name)};
		return true;
	}
	key = dns_key(type, normal, key_text);
	if (dns_cache_get(&dns->cache, key, arena, answer_r, worker_now_us())) {
		dns->figures.hits++;
		return true;
	}
	if (deadline_has_passed(deadline)) {
		dns->figures.temporary++;
		set_failed(answer_r, arena, normal, "no time left to ask");
		return true;
	}
	question = map_find(&dns->questions, key);
	if (question)
		dns->figures.joined++;
	else
		question = start_question(dns, type, normal, key);
	return wait_for_answer(question, arena, answer_r, deadline);
}

void dns_forget(struct dns *dns, struct slice name)
{
	static const enum dns_type types[] = {
		DNS_A, DNS_CNAME, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA, DNS_TLSA};
	char text[DNS_NAME_SIZE], key_text[DNS_KEY_SIZE];

	if (!dns_name_normalise(name, text, &name))
		return;
	for (size_t i = 0; i < ARRAY_COUNT(types); i++)
		dns_cache_drop(&dns->cache, dns_key(types[i], name, key_text));
}

bool dns_is_trusted(const struct dns *dns)
{
	return dns->trusted;
}

struct dns_figures dns_figures(const struct dns *dns)
{
	struct dns_figures figures = dns->figures;

	figures.sent = dns_channel_sent(dns->channel);
	figures.entries = dns->cache.entries.count;
	return figures;
}

/* ---- A question's way ---- */

static void ask(struct question *question)
{
	question->edns = !question->dns->no_edns;
	question->asked.id = (uint16_t)random_u64();
	question->queries++;
	question->request.query_size = dns_query_write(question->request.query,
		question->asked.id, (uint16_t)question->asked.type,
		question->asked.name, question->edns);
	dns_channel_ask(question->dns->channel, &question->request);
}

static void set_name(struct question *question, struct slice name)
{
	memcpy(question->name, name.at, name.size);
	question->asked.name = slice_make(question->name, name.size);
}

static struct question *start_question(
	struct dns *dns, enum dns_type type, struct slice name, struct slice key)
{
	struct question *question = NEW(struct question);

	question->request.answered = receive;
	question->dns = dns;
	memcpy(question->key_text, key.at, key.size);
	question->key = slice_make(question->key_text, key.size);
	question->asked.type = type;
	set_name(question, name);
	question->ttl_s = DNS_TTL_MAX;
	question->authentic = dns->trusted;
	question->began_us = worker_now_us();
	condition_init(&question->answered);
	map_set(&dns->questions, question->key, question);
	ask(question);
	return question;
}

static void free_unneeded(struct question *question)
{
	if (!question->done || question->waiters)
		return;
	arena_finish(&question->arena);
	memory_free(question);
}

static bool wait_for_answer(struct question *question, struct arena *arena,
	struct dns_answer *answer_r, struct deadline deadline)
{
	bool answered = true, late = false;

	question->waiters++;
	while (!question->done && condition_wait(&question->answered, deadline))
		continue;
	if (question->closed) {
		answered = fail(FAILURE_CANCELLED, "the resolver is closed");
	} else if (question->done) {
		*answer_r = dns_answer_copy(arena, &question->answer);
	} else {
		late = failure_kind_last() == FAILURE_TIMEOUT;
		answered = late;
	}
	if (late) {
		question->dns->figures.temporary++;
		set_failed(answer_r, arena, slice_from(question->key, 2),
			"no answer before the deadline");
	}
	question->waiters--;
	free_unneeded(question);
	return answered;
}

static void conclude(struct question *question)
{
	struct dns *dns = question->dns;

	map_remove(&dns->questions, question->key);
	question->answer.queries = question->queries;
	question->done = true;
	question->closed = dns->closing;
	if (!dns->closing) {
		timing_record(TIMING_DNS, worker_now_us() - question->began_us);
		if (question->answer.status == DNS_TEMPORARY)
			dns->figures.temporary++;
		dns_cache_put(
			&dns->cache, question->key, &question->answer, worker_now_us());
	}
	condition_broadcast(&question->answered);
	free_unneeded(question);
}

/* Joins what this message says with what those before it said. */
static void add_up(struct question *question, struct dns_message *message)
{
	struct dns_answer *answer = &message->answer;

	question->cnames += message->cnames;
	if (answer->ttl_s < question->ttl_s)
		question->ttl_s = answer->ttl_s;
	question->authentic = question->authentic && answer->authentic;
	answer->ttl_s = question->ttl_s;
	answer->authentic = question->authentic;
	if (question->cnames > DNS_CNAMES_MAX) {
		message->unfinished = false;
		dns_answer_set_temporary(answer, "too many CNAMEs in a row");
	}
}

static void receive(
	struct dns_request *request, struct slice packet, const char *trouble)
{
	struct question *question = CONTAINER_OF(request, struct question, request);
	struct dns_message message;

	arena_reset(&question->arena);
	if (trouble) {
		set_failed(&question->answer, &question->arena, question->asked.name,
			trouble);
		conclude(question);
		return;
	}
	dns_parse(packet, &question->asked, &question->arena, &message);
	if (message.no_edns && question->edns) {
		question->dns->no_edns = true;
		ask(question);
		return;
	}
	add_up(question, &message);
	if (message.unfinished) {
		set_name(question, message.answer.canonical);
		ask(question);
		return;
	}
	question->answer = message.answer;
	conclude(question);
}
