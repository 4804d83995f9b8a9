/*
 * Figures as Prometheus reads them: the text format, version 0.0.4.
 *
 *	exposition_family(&out, "ringpost_queue_entries", EXPOSITION_GAUGE,
 *		"Entries of the queue by state");
 *	exposition_begin(&out, "ringpost_queue_entries");
 *	exposition_label(&out, "state", SLICE("held"));
 *	exposition_end(&out, 12);
 *
 * gives
 *
 *	# HELP ringpost_queue_entries Entries of the queue by state
 *	# TYPE ringpost_queue_entries gauge
 *	ringpost_queue_entries{state="held"} 12
 */
#ifndef RINGPOST_METRICS_EXPOSITION_H
#define RINGPOST_METRICS_EXPOSITION_H

#include <stdint.h>

#include "base/buffer.h"
#include "metrics/timing.h"

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum exposition_kind { EXPOSITION_COUNTER, EXPOSITION_GAUGE, EXPOSITION_HISTOGRAM };

struct exposition {
	struct buffer *text;
	unsigned labels; /* of the sample under way */
};

void exposition_family(struct exposition *out, const char *name,
	enum exposition_kind kind, const char *help);
/* A sample: its name, its labels, its value. Values of labels may be anything; what is
 * no UTF-8 becomes U+FFFD. */
void exposition_begin(struct exposition *out, const char *name);
void exposition_label(struct exposition *out, const char *name, struct slice value);
void exposition_end(struct exposition *out, uint64_t value);
/* … in seconds, from microseconds. */
void exposition_end_us(struct exposition *out, int64_t us);
/* A family with one sample, without labels. */
void exposition_single(struct exposition *out, const char *name,
	enum exposition_kind kind, const char *help, uint64_t value);

/* All of timing.h, as one histogram with the label "stage". */
void exposition_timings(struct exposition *out);

#endif
