/*
 * Bytes of a file as they are read, looked through for lines that have something in
 * them. Pure.
 */
#ifndef RINGPOST_REPORT_LINE_SCAN_H
#define RINGPOST_REPORT_LINE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

#define LINE_SCAN_MAX (64u << 10) /* what is longer may be passed over */

struct line_scan {
	struct slice wanted;
	/* A line that has it somewhere, without its end. False: it was not taken, and
	 * nothing more is visited. */
	bool (*visit)(void *context, struct slice line);
	void *context;
	uint64_t offset; /* in the file: all lines ahead of it are done with */
	bool passes;	 /* it may be amid a line, which is passed over */
	/* The caller's to fill, with the file's bytes behind what it has; not looked
	 * through yet. */
	struct buffer part;
};

/* Looks through the whole lines there are. False: one was not taken; `offset` is
 * where it begins. */
bool line_scan_run(struct line_scan *scan);
/* On with another file, at OFFSET of it. */
void line_scan_move(struct line_scan *scan, uint64_t offset);
void line_scan_finish(struct line_scan *scan);

#endif
