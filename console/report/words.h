/* Figures as a person reads them, and columns that stand in line. */
#ifndef RINGPOST_REPORT_WORDS_H
#define RINGPOST_REPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

#define WORDS_SIZE 48

/* "0 s", "42 s", "3 min", "5 h", "2 days": the largest unit, rounded down;
 * negative times as 0. Returns TEXT. */
const char *words_duration(int64_t ms, char text[WORDS_SIZE]);
/* "512 B", "1.5 KiB", "23 MiB". */
const char *words_size(uint64_t bytes, char text[WORDS_SIZE]);
/* "1,234,567". */
const char *words_number(uint64_t number, char text[WORDS_SIZE]);
/* In local time: "14:03:07" today, else "Nov 21 14:03", with the year where it
 * is another. "-" for 0. */
const char *words_time(int64_t wall_ms, int64_t now_ms, char text[WORDS_SIZE]);
/* "in 5 min", "now", "5 min ago". */
const char *words_when(int64_t wall_ms, int64_t now_ms, char text[WORDS_SIZE]);
/* "3 messages", "1 message". */
const char *words_count(
	uint64_t count, const char *one, const char *many, char text[WORDS_SIZE]);

/*
 * Columns: cells are added row by row; printed, each column is as wide as its
 * widest cell, but for the last, which is cut where WIDTH ends (0: never).
 */
#define TABLE_COLUMNS_MAX 12

struct table {
	size_t columns;
	bool right[TABLE_COLUMNS_MAX]; /* numbers stand on the right */
	struct buffer cells;	       /* each ended by NUL */
	size_t count;
};

/* Control bytes become '?'. */
void table_add(struct table *table, struct slice cell);
void table_add_text(struct table *table, const char *cell);
void table_print(const struct table *table, size_t width, struct buffer *into);
void table_finish(struct table *table);

/* Columns that TEXT takes on a terminal: its characters, as UTF-8. */
size_t words_width(struct slice text);
/* As many whole characters as fit into WIDTH; an ellipsis tells of the rest. */
void words_cut(struct slice text, size_t width, struct buffer *into);
/* TEXT broken into lines of at most WIDTH between words, each with INDENT
 * spaces in front; ends in a newline. */
void words_wrap(struct slice text, size_t indent, size_t width, struct buffer *into);
/* How wide the terminal of standard output is; 0: it is none. */
size_t words_terminal_width(void);

#endif
