/* A reaction in force, as text. */
#include "report/report.h"
#include "report/words.h"

#define LABEL "  %-12s "

void report_reaction(const struct value *reaction, int64_t now_ms, struct buffer *into)
{
	char when[WORDS_SIZE];
	int64_t until = value_get_number(reaction, "suspended_until_ms");
	int64_t next = value_get_number(reaction, "next_ms");

	buffer_append_format(into, LABEL "%.*s %.*s: %.*s", "reaction",
		SLICE_PRINT(value_get_text(reaction, "scope")),
		SLICE_PRINT(value_get_text(reaction, "name")),
		SLICE_PRINT(value_get_text(reaction, "now")));
	if (until)
		buffer_append_format(
			into, ", ends %s", words_when(until, now_ms, when));
	else if (next)
		buffer_append_format(
			into, ", next step %s", words_when(next, now_ms, when));
	buffer_append_format(into, "\n" LABEL "rule %.*s (%.*s) heard: %.*s\n", "",
		SLICE_PRINT(value_get_text(reaction, "rule")),
		SLICE_PRINT(value_get_text(reaction, "place")),
		SLICE_PRINT(value_get_text(reaction, "reply")));
}
