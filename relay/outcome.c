/*
 * Outcomes: events, notes and counts of an attempt, and what the queue is told.
 */
#include "relay/outcome.h"

#include <string.h>

#include "base/event.h"
#include "base/random.h"
#include "metrics/timing.h"
#include "queue/happened.h"
#include "queue/traced.h"
#include "run/worker.h"

#include "relay/deliver_by.h"
#include "relay/entry_limits.h"
#include "relay/refusal.h"
#include "relay/report.h"
#include "relay/retry.h"
#include "relay/site.h"
#include "relay/spans.h"

#define SAID_MAX    512
#define TOO_FAST_MS 2000
#define AT_ONCE_MS  1000 /* recipients the connection had no time for */

struct tally {
	size_t delivered, later, never, again;
	size_t reports; /* recipients the sender is told about */
};

static void tell_tls(struct event *event, const struct attempt *attempt)
{
	const struct stream_facts *facts = attempt->facts;

	if (attempt->tls)
		event_text(
			event, "policy", slice_of(tls_level_name(attempt->tls->level)));
	if (!facts || !facts->encrypted)
		return;
	event_text(event, "tls", slice_of(facts->tls_version));
	event_text(event, "cipher", slice_of(facts->tls_cipher));
	event_truth(event, "verified", facts->tls_verified);
	event_truth(event, "resumed", facts->tls_resumed);
}

/* What became of a recipient. */
struct telling {
	const struct entry *entry;
	const struct recipient *recipient;
	const struct verdict *verdict;
	const struct attempt *attempt;
	const char *category; /* of a refusal; NULL: it is none */
	char said[SAID_MAX];
	size_t said_size;
};

/* The reply, printed once for all who are told. */
static void print_reply(struct telling *telling)
{
	telling->said_size =
		verdict_print(telling->verdict, telling->said, SAID_MAX).size;
}

static struct slice reply_of(const struct telling *telling)
{
	return slice_make(telling->said, telling->said_size);
}

static void tell(const char *name, const struct telling *telling)
{
	const struct entry *entry = telling->entry;
	const struct attempt *attempt = telling->attempt;
	const struct envelope *envelope = &entry->message->envelope;
	int64_t waited_ms = worker_wall_ms() - envelope->created_ms;
	struct event event;

	if (entry->attempts <= 1)
		timing_record(TIMING_QUEUE, waited_ms * 1000);
	event_begin(&event, EVENT_INFO, name);
	if (!event.wanted)
		return;
	event_text(&event, "id", message_id_slice(&envelope->id));
	event_text(&event, "from", envelope->reverse_path);
	event_text(&event, "rcpt", telling->recipient->address);
	if (envelope->tenant.size)
		event_text(&event, "tenant", envelope->tenant);
	if (envelope->stream.size)
		event_text(&event, "stream", envelope->stream);
	if (attempt->host.size)
		event_text(&event, "host", attempt->host);
	if (attempt->source.size)
		event_text(&event, "source", attempt->source);
	tell_tls(&event, attempt);
	event_text(&event, "reply", reply_of(telling));
	if (telling->category) {
		event_text(&event, "category", slice_of(telling->category));
		event_text(&event, "stage",
			slice_of(smtp_stage_name(telling->verdict->stage)));
	}
	event_number(&event, "attempt", entry->attempts);
	if (attempt->uncertain)
		event_truth(&event, "uncertain", true);
	event_seconds(&event, "queue", waited_ms * 1000);
	if (attempt->connect_us)
		event_seconds(&event, "connect", attempt->connect_us);
	if (attempt->facts)
		event_seconds(&event, "delivery", attempt->delivery_us);
	event_end(&event);
}

/* The same for applications. */
static void tell_application(enum events_kind kind, const struct telling *telling)
{
	const struct attempt *attempt = telling->attempt;
	const struct envelope *envelope = &telling->entry->message->envelope;
	struct events_fact fact;

	if (!happened_is_told(envelope))
		return;
	fact = happened_fact(envelope, kind);
	fact.rcpt = telling->recipient->address;
	fact.attempt = telling->entry->attempts;
	fact.host = attempt->host;
	fact.source = attempt->source;
	fact.category = slice_of(telling->category);
	fact.reply = reply_of(telling);
	fact.queue_ms = worker_wall_ms() - envelope->created_ms;
	fact.uncertain = attempt->uncertain;
	events_raise(&fact);
}

/* Its time was over: our own decision, however the last attempt went. */
static bool is_expired(const struct verdict *verdict)
{
	return verdict->reply.code == 0 && verdict->status &&
	       (strcmp(verdict->status, "4.4.7") == 0 ||
		       strcmp(verdict->status, "5.4.7") == 0);
}

static void tell_never(const struct telling *telling)
{
	tell("bounced", telling);
	if (!telling->attempt->suppressed)
		tell_application(
			is_expired(telling->verdict) ? EVENTS_EXPIRED : EVENTS_BOUNCED,
			telling);
}

static void hear(struct refusal_hearing *hearing, struct telling *telling)
{
	telling->category = category_name(
		refusal_hear(hearing, telling->recipient, telling->verdict));
}

static void count_and_tell(struct relay *relay, struct site *site, struct entry *entry,
	const struct verdict *verdicts, const struct attempt *attempt,
	struct tally *tally)
{
	struct refusal_hearing hearing = {relay, site, entry, attempt, NULL, 0};
	struct telling telling;

	telling.entry = entry;
	telling.attempt = attempt;
	for (size_t i = 0; i < entry->recipient_count; i++) {
		telling.recipient = &entry->recipients[i];
		telling.verdict = &verdicts[i];
		telling.category = NULL;
		tally->reports += report_is_due(
			relay, entry, telling.recipient, telling.verdict, attempt);
		switch (telling.verdict->kind) {
		case VERDICT_DELIVERED:
			tally->delivered++;
			print_reply(&telling);
			tell("delivered", &telling);
			tell_application(EVENTS_DELIVERED, &telling);
			break;
		case VERDICT_NEVER:
			tally->never++;
			print_reply(&telling);
			hear(&hearing, &telling);
			tell_never(&telling);
			break;
		case VERDICT_LATER:
			tally->later++;
			print_reply(&telling);
			hear(&hearing, &telling);
			tell("deferred", &telling);
			tell_application(EVENTS_DELAYED, &telling);
			break;
		case VERDICT_NONE:
		case VERDICT_AGAIN:
			tally->again++;
			break;
		}
	}
	relay->figures.delivered += tally->delivered;
	relay->figures.bounced += tally->never;
	relay->figures.deferred += tally->later;
	if (site) {
		site->delivered += tally->delivered;
		pace_add(&site->pace, tally->delivered > 0, worker_now_us());
		site->deferred += tally->later;
		atomic_fetch_add_explicit(&site->source->state->delivered,
			tally->delivered, memory_order_relaxed);
		atomic_fetch_add_explicit(&site->source->state->deferred, tally->later,
			memory_order_relaxed);
	}
}

/* The first that did not go through is the one worth remembering. */
static void add_note(struct entry *entry, const struct verdict *verdicts,
	const struct attempt *attempt)
{
	char said[ATTEMPT_ANSWER_MAX + 1];

	for (size_t i = 0; i < entry->recipient_count; i++) {
		struct attempt_note note = {
			.at_ms = worker_wall_ms(), .host = attempt->host};

		if (verdicts[i].kind == VERDICT_DELIVERED ||
			verdicts[i].kind == VERDICT_NONE)
			continue;
		note.answer = verdict_print(&verdicts[i], said, sizeof(said));
		entry_add_note(entry, &note);
		return;
	}
}

/* What was too fast, the first time, need not wait for the next attempt of its
 * own: from now on the site's pace sees to it. */
static int64_t due_ms(struct relay *relay, const struct entry *entry,
	const struct tally *tally, const struct attempt *attempt)
{
	const struct envelope *envelope = &entry->message->envelope;
	int64_t now = worker_wall_ms(), due;

	if (tally->again)
		return now + AT_ONCE_MS;
	due = retry_due_ms(&relay->config->relay, entry->attempts, now,
		envelope->expires_ms, random_u64());
	if (attempt->too_fast && entry->attempts == 1 && due > now + TOO_FAST_MS)
		due = now + TOO_FAST_MS;
	return deliver_by_due_ms(envelope, now, due);
}

/* Only those who wait are left. */
static void keep_waiting(struct entry *entry, const struct verdict *verdicts)
{
	size_t kept = 0;

	for (size_t i = 0; i < entry->recipient_count; i++)
		if (verdicts[i].kind != VERDICT_DELIVERED &&
			verdicts[i].kind != VERDICT_NEVER)
			entry->recipients[kept++] = entry->recipients[i];
	entry->recipient_count = kept;
}

void outcome_settle(struct relay *relay, struct site *site, struct entry *entry,
	const struct verdict *verdicts, const struct attempt *attempt)
{
	struct tally tally = {0};

	entry->attempts++;
	relay->figures.attempts++;
	relay->figures.uncertain += attempt->uncertain;
	count_and_tell(relay, site, entry, verdicts, attempt, &tally);
	if (message_is_traced(entry->message))
		spans_attempt(relay, entry, verdicts, attempt);
	entry_limits_detach(entry);
	if (tally.delivered < entry->recipient_count)
		add_note(entry, verdicts, attempt);
	if (tally.reports) {
		bounce_add(relay, report_create(relay, entry, verdicts, attempt,
					  due_ms(relay, entry, &tally, attempt)));
		return;
	}
	keep_waiting(entry, verdicts);
	if (entry->recipient_count)
		queue_defer(relay->options.queue, entry,
			due_ms(relay, entry, &tally, attempt));
	else
		queue_settle(relay->options.queue, entry);
	relay_let_go(relay);
}

/* The same for each recipient, in ARENA. */
static struct verdict *verdicts_of(
	const struct verdict *verdict, const struct entry *entry, struct arena *arena)
{
	struct verdict *verdicts = arena_take_array(
		arena, entry->recipient_count, sizeof(*verdicts));

	for (size_t i = 0; i < entry->recipient_count; i++)
		verdicts[i] = *verdict;
	return verdicts;
}

void outcome_settle_all(struct relay *relay, struct site *site, struct entry *entry,
	const struct verdict *verdict, const struct attempt *attempt)
{
	struct arena arena = {0};

	outcome_settle(
		relay, site, entry, verdicts_of(verdict, entry, &arena), attempt);
	arena_finish(&arena);
}

bool outcome_is_over(const struct entry *entry, int64_t now_ms)
{
	const struct envelope *envelope = &entry->message->envelope;

	return deliver_by_is_over(envelope, now_ms) ||
	       (envelope->expires_ms != 0 && now_ms >= envelope->expires_ms);
}

bool outcome_expire(struct relay *relay, struct entry *entry)
{
	struct attempt attempt = {.host = SLICE_EMPTY};
	struct slice last = SLICE_EMPTY;
	int64_t now_ms = worker_wall_ms();
	bool by = deliver_by_is_over(&entry->message->envelope, now_ms);
	struct verdict verdict;

	if (!outcome_is_over(entry, now_ms))
		return false;
	if (entry->note_count)
		last = entry->notes[entry->note_count - 1].answer;
	verdict = verdict_of_ours(VERDICT_NEVER, by ? "5.4.7" : "4.4.7",
		arena_format(&entry->arena, "it could not be delivered %s%s%.*s",
			by ? "by the time its sender gave it" : "in time",
			last.size ? "; the last attempt: " : "", SLICE_PRINT(last)));
	outcome_settle_all(relay, NULL, entry, &verdict, &attempt);
	return true;
}

void outcome_uncertain(struct relay *relay, const struct entry *entry,
	struct slice host, const struct failure *failure)
{
	const struct envelope *envelope = &entry->message->envelope;
	struct event event;

	relay->figures.uncertain++;
	event_begin(&event, EVENT_INFO, "uncertain");
	event_text(&event, "id", message_id_slice(&envelope->id));
	event_text(&event, "from", envelope->reverse_path);
	event_number(&event, "recipients", (int64_t)entry->recipient_count);
	event_text(&event, "host", host);
	event_text(&event, "reason", slice_of(failure->text));
	event_end(&event);
}

void outcome_put_back(struct relay *relay, struct entry *entry, int64_t due_ms)
{
	entry_limits_detach(entry);
	queue_put_back(relay->options.queue, entry, due_ms);
	relay_let_go(relay);
}

void outcome_discard(struct relay *relay, struct entry *entry)
{
	struct verdict verdict = verdict_of_ours(
		VERDICT_DELIVERED, "2.0.0", SLICE("discarded, as its route says"));
	struct attempt attempt = {
		.host = SLICE_EMPTY, .final = true, .peer_deliver_by = true};
	struct arena arena = {0};
	struct verdict *verdicts = verdicts_of(&verdict, entry, &arena);
	struct telling telling = {
		.entry = entry, .verdict = &verdict, .attempt = &attempt};
	bool due = false;

	entry->attempts++;
	print_reply(&telling);
	for (size_t i = 0; i < entry->recipient_count; i++) {
		telling.recipient = &entry->recipients[i];
		tell("discarded", &telling);
		tell_application(EVENTS_DROPPED, &telling);
		due = due || report_is_due(relay, entry, &entry->recipients[i],
				     &verdict, &attempt);
	}
	if (due) {
		bounce_add(relay, report_create(relay, entry, verdicts, &attempt, 0));
	} else {
		queue_settle(relay->options.queue, entry);
		relay_let_go(relay);
	}
	arena_finish(&arena);
}
