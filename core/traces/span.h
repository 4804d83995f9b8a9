/* A span as OTLP has it in JSON (opentelemetry-proto, trace/v1, its JSON mapping). */
#ifndef RINGPOST_TRACES_SPAN_H
#define RINGPOST_TRACES_SPAN_H

#include "base/buffer.h"
#include "traces/trace.h"

#define SPAN_TEXT_MAX 255 /* bytes of an attribute */

/* Their numbers are OTLP's. */
enum span_kind {
	SPAN_INTERNAL = 1,
	SPAN_SERVER = 2,
	SPAN_CLIENT = 3,
	SPAN_PRODUCER = 4,
};

struct span_attribute {
	const char *name; /* NULL: it is left out */
	enum { SPAN_TEXT, SPAN_NUMBER, SPAN_TRUTH } type;
	struct slice text;
	int64_t number;
};

/* An empty text, a number of 0 and what is not true are left out. */
static inline struct span_attribute span_text(const char *name, struct slice text)
{
	return (struct span_attribute){text.size ? name : NULL, SPAN_TEXT, text, 0};
}

static inline struct span_attribute span_number(const char *name, int64_t number)
{
	return (struct span_attribute){
		number ? name : NULL, SPAN_NUMBER, SLICE_EMPTY, number};
}

static inline struct span_attribute span_truth(const char *name, bool truth)
{
	return (struct span_attribute){
		truth ? name : NULL, SPAN_TRUTH, SLICE_EMPTY, truth};
}

struct span {
	const struct trace *trace;
	uint64_t id, parent; /* parent 0: none */
	const char *name;
	enum span_kind kind;
	int64_t began_us, ended_us; /* since 1970 */
	const char *error;	    /* what failed, in few words; NULL: nothing */
	const struct span_attribute *attributes;
	size_t attribute_count;
	struct slice link; /* a message this one is the cause of; or empty */
};

/* One object. What ends before it began has no length. */
void span_write(const struct span *span, struct buffer *out);
/* What stands in front of a batch of spans, and behind. */
void span_begin_batch(struct slice hostname, struct buffer *out);
void span_end_batch(struct buffer *out);

#endif
