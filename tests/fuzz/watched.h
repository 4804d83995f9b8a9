/* Somebody watches a session that is fuzzed: all of it, and messages for one domain. */
#ifndef RINGPOST_TESTS_WATCHED_H
#define RINGPOST_TESTS_WATCHED_H

#include <stdlib.h>

#include "transcript/watch.h"

static inline struct transcript_watch *watched_hold(const char *target)
{
	struct transcript_wish wish = {
		.name = slice_of(target), .incoming = true, .outgoing = true};

	if (!transcript_target_parse(slice_of(target), &wish.target))
		abort();
	return transcript_watch_hold(&wish);
}

static inline void watched_begin(void)
{
	watched_hold("::/0");
	watched_hold("x.test");
}

/* Lines are short and clean, and nothing of an account's secret is in them. */
static inline void watched_line(void *context, const struct transcript_line *line)
{
	(void)context;
	if (line->text.size > 1000 || !line->label.size)
		abort();
	for (size_t i = 0; i < line->text.size; i++)
		if ((unsigned char)line->text.at[i] < ' ')
			abort();
}

static inline void watched_end(void)
{
	transcript_watch_take(watched_hold("::/0"), SIZE_MAX, watched_line, NULL);
	transcript_watch_take(watched_hold("x.test"), SIZE_MAX, watched_line, NULL);
	transcript_stop();
}

#endif
