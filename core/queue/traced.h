/*
 * Messages that are traced (traces/traces.h): which ones, and the spans of their way
 * in. A comparison each where nothing is traced.
 */
#ifndef RINGPOST_QUEUE_TRACED_H
#define RINGPOST_QUEUE_TRACED_H

#include "metrics/timing.h"
#include "queue/message.h"
#include "traces/traces.h"

/* The slow half of message_is_traced. */
bool traced_decide(struct message *message);

/* Whether MESSAGE, which has its id, is traced. */
static inline bool message_is_traced(struct message *message)
{
	return traces_wanted() &&
	       (message->traced == TRACED_UNKNOWN ? traced_decide(message)
						  : message->traced == TRACED);
}

/* Its trace. */
static inline struct trace message_trace(const struct message *message)
{
	return trace_of(
		message_id_slice(&message->envelope.id), message->envelope.caller);
}

/* From now on its steps are kept, if it is traced; with its id, before it is known
 * to anybody else. */
void traced_begin(struct message *message);

/* What is said of its way in. */
struct traced_accept {
	int64_t began_us;     /* worker_now_us at MAIL */
	const char *protocol; /* "smtp", "http"; NULL: it is ours */
	struct slice tls;     /* version; empty: none */
	size_t recipients;
	bool failed; /* it could not be made safe */
};
/* Its way in is over: that, and the steps that were kept, as spans. */
void traced_accepted(const struct message *message, const struct traced_accept *accept);
/* Its trace's id as a field of EVENT, if it is traced. */
struct event;
void traced_tell(struct event *event, struct message *message);
/* STEPS as children of PARENT; what of them was before NOT_BEFORE_US is left out. */
void traced_add_steps(const struct timing_steps *steps, const struct span *parent,
	int64_t not_before_us);

#endif
