/* Leaving a list over HTTP; see leaving.h. */
#include "web/leaving.h"

#include <string.h>

#include "base/event.h"
#include "base/memory.h"
#include "base/random.h"
#include "feedback/leaving_enter.h"

#define WRITE_MS     5000
#define ADDRESSES    1024 /* that are told apart, more or less */
#define WRONG_MAX    20	  /* links that are none, of an address in a minute */
#define KEPT_MAX     1000 /* good ones that wait for Redis; of a provider, too */
#define MINUTE_US    60000000
#define IPV6_NETWORK 8 /* bytes: a /64 is one customer */

struct tally {
	int64_t minute;
	unsigned count;
};

struct web_leaving {
	struct daemon_worker *worker;
	struct siphash_key key;
	struct tally wrong[ADDRESSES], kept[ADDRESSES];
};

/* What should not come often: false where too much did from there, this minute. */
static bool count_odd(struct web_leaving *self, struct tally tallies[ADDRESSES],
	const struct stream_facts *facts, unsigned most)
{
	struct slice address = slice_make(facts->peer_bytes,
		facts->peer_is_ipv6 ? IPV6_NETWORK : sizeof(facts->peer_bytes));
	struct tally *tally = &tallies[siphash_13(self->key, address) % ADDRESSES];
	int64_t minute = worker_now_us() / MINUTE_US;

	if (tally->minute != minute)
		*tally = (struct tally){.minute = minute};
	return ++tally->count <= most;
}

static void answer(struct http_exchange *exchange, unsigned status,
	enum web_leaving_page page, const struct leaving *leaving)
{
	struct web_leaving_words words = {.recipient = leaving->recipient,
		.list = leaving->stream,
		.host = slice_of(exchange->config->hostname)};

	exchange->answer.status = status;
	exchange->answer.type = "text/html; charset=utf-8";
	http_add_field(
		exchange, "Content-Security-Policy", slice_of(web_leaving_policy));
	http_add_field(exchange, "Referrer-Policy", SLICE("no-referrer"));
	http_add_field(exchange, "Cache-Control", SLICE("no-store"));
	http_add_field(exchange, "X-Robots-Tag", SLICE("noindex"));
	web_leaving_write(page, &words, &exchange->answer.body);
}

static void tell_wrong(
	const struct http_exchange *exchange, const struct leaving *expired)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "unsubscribe_refused");
	event_text(&event, "client",
		slice_of(stream_facts(exchange->stream)->peer_address));
	event_text(&event, "reason", expired ? SLICE("expired") : SLICE("unsigned"));
	if (expired)
		event_text(&event, "id", message_id_slice(&expired->id));
	event_end(&event);
}

static void say_later(struct http_exchange *exchange)
{
	const struct leaving nobody = {.days = 0};

	http_add_field(exchange, "Retry-After", SLICE("5"));
	answer(exchange, 503, WEB_LEAVING_LATER, &nobody);
}

/* False: answered. */
static bool find(struct web_leaving *self, struct http_exchange *exchange,
	struct leaving *leaving_r)
{
	const struct verp_secret *secret = verp_keeper_secret(self->worker->verp);
	const struct leaving nobody = {.days = 0};
	bool read;

	if (!secret) {
		say_later(exchange);
		return false;
	}
	read = leaving_read(
		secret, exchange->request.parameters[0], &exchange->arena, leaving_r);
	if (read && !leaving_is_expired(leaving_r, worker_wall_ms()))
		return true;
	leaving_count_wrong(self->worker->daemon->suppression, LEAVING_BY_LINK);
	if (count_odd(self, self->wrong, stream_facts(exchange->stream), WRONG_MAX)) {
		tell_wrong(exchange, read ? leaving_r : NULL);
		answer(exchange, 404, WEB_LEAVING_UNKNOWN, &nobody);
	} else {
		http_add_field(exchange, "Retry-After", SLICE("60"));
		answer(exchange, 429, WEB_LEAVING_UNKNOWN, &nobody);
	}
	return false;
}

static void show(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	struct leaving leaving;

	(void)deadline;
	if (find(context, exchange, &leaving))
		answer(exchange, 200, WEB_LEAVING_ASK, &leaving);
}

static void leave(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	struct web_leaving *self = context;
	const struct config *config = exchange->config;
	struct suppression *list = self->worker->daemon->suppression;
	struct suppression_report report;
	struct leaving leaving;

	if (!find(self, exchange, &leaving))
		return;
	if (leaving_enter(list, self->worker->redis, &config->suppression, &leaving,
		    LEAVING_BY_LINK,
		    deadline_earlier(deadline, deadline_after_ms(WRITE_MS)))) {
		answer(exchange, 200, WEB_LEAVING_DONE, &leaving);
		return;
	}
	say_later(exchange);
	/* Who asked may not come again. */
	report = leaving_report(&leaving, LEAVING_BY_LINK);
	if (count_odd(self, self->kept, stream_facts(exchange->stream), KEPT_MAX))
		suppression_note(list, &config->suppression, &report);
}

static const struct http_route routes[] = {
	{"GET", "/u/{token}", .handle = show},
	{"POST", "/u/{token}", .handle = leave},
};

struct web_leaving *web_leaving_open(struct daemon_worker *worker)
{
	struct web_leaving *leaving = NEW(struct web_leaving);

	leaving->worker = worker;
	random_fill(&leaving->key, sizeof(leaving->key));
	return leaving;
}

void web_leaving_close(struct web_leaving **leaving)
{
	memory_free(*leaving);
	*leaving = NULL;
}

void web_leaving_add_routes(struct web_leaving *leaving, struct http_router *router)
{
	http_router_add(router, CONFIG_SERVES_UNSUBSCRIBE, routes, ARRAY_COUNT(routes),
		leaving);
}
