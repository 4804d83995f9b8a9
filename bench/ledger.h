/*
 * Ledgers: what became of every message, a line each, appended to a file.
 *
 * Lines collect in memory and are written with one write(2) when this turn's
 * fibers have run: before the worker waits, and before anything it sends in
 * this turn leaves. A line that ledger_commit returned for is in the file
 * whatever happens to this process (and, with SYNC, to the machine). Several
 * processes may append to one file: each write is whole lines.
 */
#ifndef RINGPOST_BENCH_LEDGER_H
#define RINGPOST_BENCH_LEDGER_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/failure.h"
#include "run/fiber.h"
#include "run/worker.h"

/* Unwritten lines: beyond this the ledger has failed. */
#define LEDGER_PENDING_MAX (64u << 20)

/* One for each worker; zeroed, with fd, is a ledger that is not opened yet. */
struct ledger {
	int fd;	     /* -1: none, lines go nowhere */
	bool synced; /* the file was opened to be durable */
	struct buffer pending;
	struct turn_hook hook;
	struct condition changed; /* added to (for the writer), or written */
	uint64_t added, written;  /* lines */
	bool writing, closing, failed;
	struct failure why;
};

/* A descriptor of PATH to append to; -1 with FAILURE_FILE. */
int ledger_open_file(const char *path, bool synced);
/* On the worker that will use it; SCOPE: where its writer lives (synced). */
bool ledger_open(struct ledger *ledger, int fd, bool synced, struct scope *scope);
bool ledger_is_open(const struct ledger *ledger);
/* The place to append exactly one whole line to, LF and all. */
struct buffer *ledger_line(struct ledger *ledger);
/* The line is complete. */
void ledger_line_end(struct ledger *ledger);
/* Waits until all lines so far are written; false when they cannot be. */
bool ledger_commit(struct ledger *ledger, struct deadline deadline);
/* Writes what is left, and lets the writer end. The descriptor stays. */
void ledger_close(struct ledger *ledger, struct deadline deadline);

#endif
