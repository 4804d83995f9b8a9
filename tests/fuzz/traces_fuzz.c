/* What callers say of their traces, what collectors answer, and spans of any text:
 * read and written within bounds. */
#include <stdlib.h>
#include <string.h>

#include "traces/partial.h"
#include "traces/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void write(const struct trace *trace, struct slice text)
{
	struct span_attribute attribute = span_text("text", text);
	struct span span = {.trace = trace,
		.id = 1,
		.name = "x",
		.kind = SPAN_INTERNAL,
		.attributes = &attribute,
		.attribute_count = 1,
		.link = slice_part(text, 0, 16)};
	struct buffer out = {0};
	struct slice written;

	span_write(&span, &out);
	written = buffer_contents(&out);
	for (size_t i = 0; i < written.size; i++)
		HOLD((unsigned char)written.at[i] >= ' ');
	HOLD(slice_ends(written, SLICE("}")));
	buffer_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	char caller[TRACE_CALLER_SIZE];
	struct trace trace = trace_of(text, SLICE_EMPTY);
	char why[PARTIAL_WHY_SIZE] = "";

	HOLD(!trace.caller && trace_root(text));
	if (trace_caller_read(text, caller)) {
		trace = trace_of(text, slice_make(caller, sizeof(caller)));
		HOLD(trace.caller);
		HOLD(trace_is_among(&trace, 0) == trace.chosen);
	}
	write(&trace, text);
	HOLD(partial_read(text, 7, why) <= 7 && strlen(why) < sizeof(why));
	return 0;
}
