/*
 * Reports, the day after: each domain's at its own moment of the first hours,
 * once over all nodes, tried again until the day is over (RFC 8460 5.5).
 */
#include <stdio.h>

#include "base/crc32c.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"

#include "policy/tlsrpt_core.h"

#define FIRST_MS    10000
#define ROUND_MS    300000
#define SETTLE_MS   600000 /* of the new day: the other nodes' last counts */
#define SPREAD_MS   (4 * 3600 * INT64_C(1000))
#define LEASE_MS    "600000" /* who failed is tried again after it */
#define AT_ONCE_MAX 2000     /* domains of a round */
#define SEND_MS	    120000

static void tell(
	const struct tlsrpt_report *report, struct slice uri, const char *trouble)
{
	struct event event;
	char day[11];

	event_begin(&event, trouble ? EVENT_WARNING : EVENT_INFO,
		trouble ? "tlsrpt_failed" : "tlsrpt_sent");
	event_text(&event, "domain", report->domain);
	event_text(&event, "day", tlsrpt_day_print(report->day_ms, day));
	event_text(&event, "to", uri);
	if (trouble)
		event_text(&event, "reason", slice_of(trouble));
	event_end(&event);
}

struct sending {
	struct tlsrpt *tlsrpt;
	struct arena *arena;
	struct tlsrpt_report report;
	struct buffer packed, outcome;
	struct slice key; /* of the domain's day */
	bool left;	  /* somebody did not get it */
};

static bool pack(struct sending *sending)
{
	struct buffer json = {0};
	bool good = tlsrpt_report_json(&sending->report, &json) &&
		    tlsrpt_gzip(buffer_contents(&json), &sending->packed);

	buffer_finish(&json);
	return good;
}

static void send_one(
	struct sending *sending, struct slice uri, struct deadline deadline)
{
	struct tlsrpt *tlsrpt = sending->tlsrpt;
	struct slice field = arena_format(
		sending->arena, "sent\t%.*s", SLICE_PRINT(uri));
	struct slice ask[] = {SLICE("HEXISTS"), sending->key, field};
	struct slice note[] = {SLICE("HSET"), sending->key, field,
		arena_format(sending->arena, "%lld", (long long)worker_wall_ms())};
	struct redis_reply *reply;
	bool sent;

	buffer_append_format(&sending->outcome, "%s%.*s ",
		buffer_size(&sending->outcome) ? "; " : "", SLICE_PRINT(uri));
	if (!tlsrpt_call(tlsrpt, ARRAY_COUNT(ask), ask, &reply, deadline)) {
		sending->left = true;
		buffer_append_format(&sending->outcome, "%s", failure_last()->text);
		return;
	}
	sent = redis_reply_number(reply) == 1;
	redis_reply_free(&reply);
	if (sent) {
		buffer_append(&sending->outcome, SLICE("has it already"));
	} else if (tlsrpt_post(tlsrpt, &sending->report,
			   buffer_contents(&sending->packed), uri, deadline)) {
		buffer_append(&sending->outcome, SLICE("was sent it"));
		tell(&sending->report, uri, NULL);
		tlsrpt_call(tlsrpt, ARRAY_COUNT(note), note, NULL, deadline);
	} else {
		sending->left = true;
		buffer_append_format(&sending->outcome, "%s", failure_last()->text);
		if (failure_kind_last() != FAILURE_CANCELLED)
			tell(&sending->report, uri, failure_last()->text);
	}
}

/* Nobody is to be told any more. */
static bool strike_out(struct sending *sending, struct deadline deadline)
{
	int64_t day_ms = sending->report.day_ms;
	struct slice argv[] = {SLICE("SREM"), tlsrpt_key_due(day_ms, sending->arena),
		sending->report.domain};

	if (worker_wall_ms() < day_ms + TLSRPT_DAY_MS)
		return true;
	return tlsrpt_call(sending->tlsrpt, ARRAY_COUNT(argv), argv, NULL, deadline);
}

static bool send_all(struct sending *sending, struct deadline deadline)
{
	struct slice uris[TLSRPT_URIS_MAX];
	size_t count;
	uint32_t ttl_s;

	if (!tlsrpt_ask(sending->tlsrpt, sending->report.domain, sending->arena, uris,
		    &count, &ttl_s, deadline))
		return false;
	if (sending->report.row_count == 0)
		buffer_append(&sending->outcome, SLICE("nothing was counted"));
	else if (count == 0)
		buffer_append(&sending->outcome, SLICE("its DNS asks for no reports"));
	else if (!pack(sending))
		return false;
	for (size_t i = 0; i < count && sending->report.row_count; i++)
		send_one(sending, uris[i], deadline);
	return sending->left || strike_out(sending, deadline);
}

bool tlsrpt_send(struct tlsrpt *tlsrpt, int64_t day_ms, struct slice domain,
	struct arena *arena, struct slice *outcome_r, struct deadline deadline)
{
	struct sending sending = {.tlsrpt = tlsrpt, .arena = arena};
	bool good;

	if (!tlsrpt_is_on(tlsrpt))
		return fail(FAILURE_CONFIG,
			"no reports are sent: relay.tlsrpt.from names nobody");
	if (!tlsrpt_read(tlsrpt, day_ms, domain, arena, &sending.report, deadline))
		return false;
	sending.key = tlsrpt_key_domain(day_ms, domain, arena);
	good = send_all(&sending, deadline);
	if (good)
		*outcome_r = arena_copy(arena, buffer_contents(&sending.outcome));
	buffer_finish(&sending.packed);
	buffer_finish(&sending.outcome);
	return good;
}

int64_t tlsrpt_delay_ms(struct slice domain)
{
	return SETTLE_MS + (int64_t)(crc32c(0, domain) % (uint64_t)SPREAD_MS);
}

/* One node has it at a time, and after a failure nobody for a while. */
static bool lease(struct tlsrpt *tlsrpt, int64_t day_ms, struct slice domain,
	struct arena *arena, struct deadline deadline)
{
	struct slice argv[] = {SLICE("SET"),
		arena_format(arena, "%.*s:lease",
			SLICE_PRINT(tlsrpt_key_domain(day_ms, domain, arena))),
		SLICE("1"), SLICE("NX"), SLICE("PX"), SLICE(LEASE_MS)};
	struct redis_reply *reply;
	bool won;

	if (!tlsrpt_call(tlsrpt, ARRAY_COUNT(argv), argv, &reply, deadline))
		return false;
	won = redis_reply_kind(reply) == REDIS_TEXT;
	redis_reply_free(&reply);
	return won;
}

static void send_if_due(struct tlsrpt *tlsrpt, int64_t day_ms, struct slice domain)
{
	struct arena arena = {0};
	struct slice outcome;

	if (worker_wall_ms() >= day_ms + TLSRPT_DAY_MS + tlsrpt_delay_ms(domain) &&
		lease(tlsrpt, day_ms, domain, &arena,
			deadline_after_ms(TLSRPT_REDIS_MS)))
		tlsrpt_send(tlsrpt, day_ms, domain, &arena, &outcome,
			deadline_after_ms(SEND_MS));
	arena_finish(&arena);
}

static void send_round(struct tlsrpt *tlsrpt)
{
	int64_t now_ms = worker_wall_ms();
	int64_t day_ms = now_ms - now_ms % TLSRPT_DAY_MS - TLSRPT_DAY_MS;
	struct arena arena = {0};
	struct slice *domains;
	size_t count;

	if (tlsrpt_is_on(tlsrpt) &&
		tlsrpt_members(tlsrpt, tlsrpt_key_due(day_ms, &arena), AT_ONCE_MAX,
			&arena, &domains, &count, deadline_after_ms(SEND_MS)))
		for (size_t i = 0; i < count && !fiber_is_cancelled(); i++)
			send_if_due(tlsrpt, day_ms, domains[i]);
	arena_finish(&arena);
}

void tlsrpt_send_run(void *arg)
{
	struct tlsrpt *tlsrpt = arg;
	int64_t wait_ms = FIRST_MS;

	while (fiber_sleep(deadline_after_ms(wait_ms))) {
		send_round(tlsrpt);
		wait_ms = ROUND_MS;
	}
}
