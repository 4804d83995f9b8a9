/*
 * What is said while a run goes on and at its end: a progress line each second
 * on a terminal, a table, and the same as JSON.
 */
#ifndef RINGPOST_BENCH_REPORT_H
#define RINGPOST_BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/tally.h"

/* Seconds of which the messages are kept, one number each. */
#define REPORT_SECONDS_MAX 86400

/* What there was in one second. */
struct report_second {
	uint64_t done; /* messages */
	uint64_t busy; /* connections that brought one (sink) */
	uint64_t open; /* connections, at its end */
};

/* Zeroed, with the first members filled in, is a report before its start. */
struct report {
	const char *program; /* "source" */
	const char *done;    /* what became of messages done: "acked", "taken" */
	char **arguments;    /* the command line, for the JSON */
	bool progress;	     /* a line each second, to stderr */
	struct tally *const *tallies;
	size_t tally_count;

	int64_t began_us;
	struct report_second *per_second;
	size_t seconds;
	uint64_t shown_done, shown_bytes, shown_busy;
	bool line_open;	     /* the progress line is not ended yet */
	struct tally *total; /* from report_close on */
};

void report_open(struct report *report);
/* Each second; ARG is the report. */
void report_tick(void *arg);
/* When every worker has ended: adds up. */
void report_close(struct report *report);
void report_print(const struct report *report, FILE *to);
void report_finish(struct report *report);

/* Messages a second between the first one's begin and the last one's end. */
double report_rate(const struct report *report);
double report_seconds(const struct report *report);
double report_cpu_seconds(void);
/* Texts counted, most often first, at most MOST of them, into AT. */
size_t report_texts(
	const struct report *report, const struct tally_text **at, size_t most);
/* "message", "connect", … */
const char *report_time_name(enum tally_time time);

/* report_json.c: to PATH, "-": standard output. False with FAILURE_FILE. */
bool report_write_json(const struct report *report, const char *path);

#endif
