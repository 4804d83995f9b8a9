/* The screen of `ringpost top` while it is put together: for the files that do. */
#ifndef RINGPOST_REPORT_TOP_SCREEN_H
#define RINGPOST_REPORT_TOP_SCREEN_H

#include "report/top.h"
#include "report/words.h"

struct top_screen {
	const struct value *before, *now;
	const struct top_view *view;
	struct buffer *into;
	struct buffer line;
	size_t lines;
};

/* top.c: screen->line is a line, cut where the screen ends. */
void top_end_line(struct top_screen *screen);
const char *top_count(
	const struct value *object, const char *name, char text[WORDS_SIZE]);
/* Milliseconds between two answers; thousandths a second. */
int64_t top_time_between(const struct value *before, const struct value *now);
int64_t top_rate(int64_t before, int64_t now, int64_t ms);
const char *top_print_rate(int64_t thousandths, char text[WORDS_SIZE]);

/* top_sites.c */
void top_add_sites(struct top_screen *screen);

#endif
