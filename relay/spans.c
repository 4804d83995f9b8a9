/* Attempts as spans. */
#include "relay/spans.h"

#include "base/memory.h"
#include "queue/traced.h"

#include "relay/destination.h"

/* One attempt being told. */
struct telling {
	const struct entry *entry;
	const struct envelope *envelope;
	const struct attempt *attempt;
	struct trace trace;
	struct slice name; /* of the entry */
	int64_t waits_us;  /* since, and … */
	int64_t began_us;  /* … until then; since 1970 */
	char text[32];
};

struct tally {
	size_t delivered, later, never;
	const struct verdict *worst; /* the first that did not go through */
};

static struct tally count(const struct entry *entry, const struct verdict *verdicts)
{
	struct tally tally = {0};

	for (size_t i = 0; i < entry->recipient_count; i++) {
		enum verdict_kind kind = verdicts[i].kind;

		tally.delivered += kind == VERDICT_DELIVERED;
		tally.later += kind == VERDICT_LATER;
		tally.never += kind == VERDICT_NEVER;
		if (!tally.worst && (kind == VERDICT_LATER || kind == VERDICT_NEVER))
			tally.worst = &verdicts[i];
	}
	return tally;
}

/* Since the last attempt, or since it came. */
static int64_t waits_since_us(const struct entry *entry)
{
	int64_t since_ms = entry->message->envelope.created_ms;

	for (size_t i = 0; i < entry->note_count; i++)
		if (entry->notes[i].at_ms > since_ms)
			since_ms = entry->notes[i].at_ms;
	return since_ms * 1000;
}

/* What was done for it, or for others and it waited for that, too. */
static int64_t begins_us(const struct telling *telling)
{
	const struct attempt *attempt = telling->attempt;
	const struct timing_steps *steps = attempt->connecting;
	int64_t began_us = attempt->began_us ? attempt->began_us : worker_now_us();

	if (steps && steps->count && steps->list[0].began_us < began_us)
		began_us = steps->list[0].began_us;
	began_us = traces_wall_us(began_us);
	return began_us > telling->waits_us ? began_us : telling->waits_us;
}

/* In the line: behind its domain's look-up, where that was not known. */
static void tell_queue(struct relay *relay, const struct telling *telling)
{
	const struct entry *entry = telling->entry;
	const struct destination *destination = destination_of(relay, entry);
	struct span_attribute attributes[] = {
		span_text("ringpost.entry", telling->name),
		span_text("ringpost.domain", entry->domain),
		span_number("ringpost.attempt", entry->attempts)};
	struct span span = {.trace = &telling->trace,
		.id = trace_attempt(telling->name, "queue", entry->attempts),
		.parent = trace_root(message_id_slice(&telling->envelope->id)),
		.name = "queue",
		.kind = SPAN_INTERNAL,
		.began_us = telling->waits_us,
		.ended_us = telling->began_us,
		.attributes = attributes,
		.attribute_count = ARRAY_COUNT(attributes)};
	struct timing_steps looked = {.count = 1};

	traces_add(&span);
	if (!destination || !destination->told_us)
		return;
	looked.list[0] = (struct timing_step){.timing = TIMING_DNS,
		.began_us = destination->asked_us,
		.ended_us = destination->told_us};
	traced_add_steps(&looked, &span, span.began_us);
}

/* "mx1.example.com[192.0.2.1]:25" */
static struct slice host_of(struct slice label)
{
	size_t end = slice_index(label, '[');

	return end ? slice_part(label, 0, end) : label;
}

static void tell_attempt(const struct telling *telling, const struct tally *tally)
{
	const struct entry *entry = telling->entry;
	const struct attempt *attempt = telling->attempt;
	const struct stream_facts *facts = attempt->facts;
	bool tls = facts && facts->encrypted;
	const struct verdict *worst = tally->worst;
	unsigned lost = (attempt->steps ? attempt->steps->lost : 0) +
			(attempt->connecting ? attempt->connecting->lost : 0);
	char status[16];
	const struct span_attribute attributes[] = {
		span_text("ringpost.entry", telling->name),
		span_text("ringpost.domain", entry->domain),
		span_number("ringpost.attempt", entry->attempts),
		span_text("server.address", host_of(attempt->host)),
		span_text("ringpost.host", attempt->host),
		span_text("ringpost.source", attempt->source),
		span_text("tls.protocol.version",
			tls ? slice_of(facts->tls_version) : SLICE_EMPTY),
		span_truth("tls.resumed", tls && facts->tls_resumed),
		span_truth("ringpost.reused", attempt->reused),
		span_truth("ringpost.uncertain", attempt->uncertain),
		span_number("ringpost.delivered", (int64_t)tally->delivered),
		span_number("ringpost.deferred", (int64_t)tally->later),
		span_number("ringpost.bounced", (int64_t)tally->never),
		span_number("ringpost.reply.code", worst ? worst->reply.code : 0),
		span_text("ringpost.reply.status",
			worst ? verdict_status(worst, status) : SLICE_EMPTY),
		span_text("ringpost.stage",
			worst ? slice_of(smtp_stage_name(worst->stage)) : SLICE_EMPTY),
		span_number("ringpost.steps.lost", lost),
	};
	struct span span = {.trace = &telling->trace,
		.id = trace_attempt(telling->name, "delivery", entry->attempts),
		.parent = trace_root(message_id_slice(&telling->envelope->id)),
		.name = "delivery",
		.kind = SPAN_CLIENT,
		.began_us = telling->began_us,
		.ended_us = traces_wall_us(worker_now_us()),
		.error = tally->never	? "bounced"
			 : tally->later ? "deferred"
					: NULL,
		.attributes = attributes,
		.attribute_count = ARRAY_COUNT(attributes)};

	traces_add(&span);
	traced_add_steps(attempt->connecting, &span, span.began_us);
	traced_add_steps(attempt->steps, &span, span.began_us);
}

static void begin(struct telling *telling, const struct entry *entry)
{
	telling->entry = entry;
	telling->envelope = &entry->message->envelope;
	telling->trace = message_trace(entry->message);
	telling->name = entry_key(entry, telling->text);
}

void spans_attempt(struct relay *relay, const struct entry *entry,
	const struct verdict *verdicts, const struct attempt *attempt)
{
	struct tally tally = count(entry, verdicts);
	struct telling telling = {.attempt = attempt};

	begin(&telling, entry);
	telling.waits_us = waits_since_us(entry);
	telling.began_us = begins_us(&telling);
	tell_queue(relay, &telling);
	tell_attempt(&telling, &tally);
}

void spans_bounce(const struct entry *entry, const struct message_id *notice,
	int64_t began_us, bool done)
{
	struct telling telling = {.attempt = NULL};
	struct span_attribute id = span_text(
		"ringpost.notice", done ? message_id_slice(notice) : SLICE_EMPTY);
	struct span span = {.trace = &telling.trace,
		.name = "bounce",
		.kind = SPAN_PRODUCER,
		.began_us = traces_wall_us(began_us),
		.ended_us = traces_wall_us(worker_now_us()),
		.error = done ? NULL : "not written",
		.attributes = &id,
		.attribute_count = 1,
		.link = done ? message_id_slice(notice) : SLICE_EMPTY};

	begin(&telling, entry);
	span.id = trace_attempt(telling.name, "bounce", entry->attempts);
	span.parent = trace_attempt(telling.name, "delivery", entry->attempts);
	traces_add(&span);
}
