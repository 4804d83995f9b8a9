/*
 * SPF: a sender and records from the input, checked against a DNS that makes
 * up the rest; limits hold, words are clean, and it always ends.
 *
 * The first line is "CLIENT HELO MAIL_FROM"; the others answer the questions
 * for TXT, one after the other and again from the first.
 */
#include "verify/spf.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "io/dns_parse.h"
#include "verify/spf_macro.h"
#include "verify/spf_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

struct world {
	struct slice records, rest;
	unsigned asked, steps;
};

static unsigned weigh(struct slice name)
{
	unsigned sum = (unsigned)name.size;

	for (size_t i = 0; i < name.size; i++)
		sum = sum * 31 + (unsigned char)name.at[i];
	return sum;
}

static void make_up(struct dns_answer *answer, enum dns_type type, struct slice name,
	struct arena *arena)
{
	unsigned weight = weigh(name);

	answer->count = weight % 13;
	answer->records = arena_take_array(
		arena, answer->count + 1, sizeof(struct dns_record));
	for (size_t i = 0; i < answer->count; i++) {
		struct dns_record *record = &answer->records[i];

		record->name = arena_format(arena, "n%zu.%x.example.com", i, weight);
		if (type == DNS_A)
			inet_pton(AF_INET6, "::ffff:192.0.2.0", &record->address);
		record->address.s6_addr[15] = (uint8_t)(weight + i);
	}
	if (weight % 7 == 0)
		dns_answer_set_temporary(answer, "made up");
	else
		answer->status = answer->count ? DNS_FOUND : DNS_NO_DATA;
}

static bool query(void *context, struct slice name, enum dns_type type,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline)
{
	struct world *world = context;
	char text[DNS_NAME_SIZE];
	struct slice normal;

	world->asked++;
	HOLD(dns_name_normalise(name, text, &normal));
	HOLD(slice_equal(name, normal));
	*answer_r = (struct dns_answer){.canonical = name};
	if (type != DNS_TXT) {
		make_up(answer_r, type, name, arena);
		return true;
	}
	if (!world->rest.at)
		world->rest = world->records;
	answer_r->records = arena_take_array(arena, 1, sizeof(struct dns_record));
	answer_r->records[0].name = arena_copy(arena, slice_cut(&world->rest, '\n'));
	answer_r->count = 1;
	answer_r->status = DNS_FOUND;
	return true;
}

static void watch(void *context, const struct spf_step *step)
{
	struct world *world = context;

	world->steps++;
	HOLD(step->depth <= SPF_LOOKUPS_MAX);
	HOLD(step->note.size);
}

static void check_verdict(const struct spf_verdict *verdict, const struct world *world)
{
	bool reasoned = verdict->result == SPF_NONE ||
			verdict->result == SPF_TEMPERROR ||
			verdict->result == SPF_PERMERROR;

	HOLD(reasoned == (verdict->reason[0] != '\0'));
	HOLD(verdict->queries == world->asked && world->asked <= SPF_QUERIES_MAX);
	HOLD(verdict->lookups <= SPF_LOOKUPS_MAX + 1);
	HOLD(verdict->voids <= SPF_VOIDS_MAX + 1);
	HOLD(verdict->explanation.size <= SPF_EXPLAIN_MAX);
	for (size_t i = 0; i < verdict->explanation.size; i++)
		HOLD(verdict->explanation.at[i] >= ' ' &&
			verdict->explanation.at[i] <= '~');
	HOLD(verdict->result == SPF_FAIL || !verdict->explanation.size);
}

static void check_domain(const struct spf_question *question, struct slice text)
{
	struct spf_values values = {.local = question->helo,
		.origin = question->mail_from,
		.client = question->client};
	struct buffer name = {0};
	struct slice got;

	if (!spf_domain_spec_is_valid(text))
		return;
	HOLD(spf_macro_is_valid(text, SPF_TEXT_DOMAIN));
	got = spf_macro_domain(&values, text, &name);
	HOLD(got.size <= 253 || slice_index(got, '.') == got.size);
	buffer_finish(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_make(data, size), first = slice_cut(&input, '\n');
	struct slice client = slice_cut(&first, ' ');
	struct world world = {.records = input.at ? input : SLICE("v=spf1 -all")};
	struct verify_resolver resolver = {.query = query, .context = &world};
	struct spf_question question = {.helo = slice_cut(&first, ' '),
		.mail_from = first,
		.watch = watch,
		.watch_context = &world};
	struct spf_verdict verdict;
	struct arena arena = {0};
	char text[64];

	if (!slice_to_text(client, text, sizeof(text)) ||
		inet_pton(AF_INET6, text, &question.client) != 1)
		inet_pton(AF_INET6, "::ffff:192.0.2.7", &question.client);
	HOLD(spf_check(&resolver, &question, &arena, &verdict, (struct deadline){0}));
	check_verdict(&verdict, &world);
	check_domain(&question, slice_cut(&input, '\n'));
	arena_finish(&arena);
	return 0;
}
