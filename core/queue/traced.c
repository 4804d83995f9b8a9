/* Messages that are traced: who is, and what is told of their way in. */
#include "queue/traced.h"

#include "base/encode.h"
#include "base/event.h"
#include "run/worker.h"

_Static_assert(CALLER_SIZE == TRACE_CALLER_SIZE, "a caller's trace has one size");

bool traced_decide(struct message *message)
{
	const struct envelope *envelope = &message->envelope;
	struct trace trace;
	bool chosen = traces_sample(
		message_id_slice(&envelope->id), envelope->caller, &trace);

	message->traced = chosen ? TRACED : TRACED_NOT;
	return chosen;
}

void traced_begin(struct message *message)
{
	if (message_is_traced(message) && !message->steps)
		message->steps = ARENA_NEW(&message->arena, struct timing_steps);
}

void traced_tell(struct event *event, struct message *message)
{
	char text[2 * TRACE_ID_SIZE];
	struct trace trace;

	if (!message_is_traced(message))
		return;
	trace = message_trace(message);
	hex_encode(slice_make((const char *)trace.id, TRACE_ID_SIZE), text);
	event_text(event, "trace", slice_make(text, sizeof(text)));
}

/* A refusal is worth a colour. */
static const char *trouble_of(const struct timing_step *step)
{
	return step->code >= 400 ? "refused" : NULL;
}

void traced_add_steps(const struct timing_steps *steps, const struct span *parent,
	int64_t not_before_us)
{
	for (unsigned i = 0; steps && i < steps->count; i++) {
		const struct timing_step *step = &steps->list[i];
		const char *name = timing_name(step->timing);
		int64_t began_us = traces_wall_us(step->began_us);
		struct span_attribute code = span_number(
			"ringpost.reply.code", step->code);
		struct span span = {.trace = parent->trace,
			.id = trace_child(parent->id, name, i),
			.parent = parent->id,
			.name = name,
			.kind = SPAN_INTERNAL,
			.began_us = began_us > not_before_us ? began_us : not_before_us,
			.ended_us = traces_wall_us(step->ended_us),
			.error = trouble_of(step),
			.attributes = &code,
			.attribute_count = 1};

		if (span.ended_us >= not_before_us)
			traces_add(&span);
	}
}

void traced_accepted(const struct message *message, const struct traced_accept *accept)
{
	const struct envelope *envelope = &message->envelope;
	struct slice id = message_id_slice(&envelope->id);
	struct trace trace = message_trace(message);
	const struct span_attribute attributes[] = {
		span_text("messaging.system", SLICE("ringpost")),
		span_text("messaging.message.id", id),
		span_number("messaging.message.body.size", (int64_t)envelope->size),
		span_text("network.protocol.name", slice_of(accept->protocol)),
		span_text("tls.protocol.version", accept->tls),
		span_text("client.address", envelope->client),
		span_text("ringpost.tenant", envelope->tenant),
		span_text("ringpost.stream", envelope->stream),
		span_number("ringpost.recipients", (int64_t)accept->recipients),
		span_number("ringpost.steps.lost",
			message->steps ? message->steps->lost : 0),
	};
	struct span span = {.trace = &trace,
		.id = trace_root(id),
		.parent = trace.caller,
		.name = "accept",
		.kind = SPAN_SERVER,
		.began_us = traces_wall_us(accept->began_us),
		.ended_us = traces_wall_us(worker_now_us()),
		.error = accept->failed ? "not safe" : NULL,
		.attributes = attributes,
		.attribute_count = sizeof(attributes) / sizeof(*attributes)};

	traces_add(&span);
	traced_add_steps(message->steps, &span, 0);
}
