/*
 * Traces: where the time of a sampled message went, as spans sent to a collector
 * (OpenTelemetry, OTLP over HTTP).
 *
 * A span is written into memory of the worker, nothing more; a fiber sends what has
 * gathered there, and sends it again where that helps. What finds no room, or is not
 * taken, is counted and gone: mail never waits for it. Where no collector is
 * configured all of it is one comparison.
 */
#ifndef RINGPOST_TRACES_TRACES_H
#define RINGPOST_TRACES_TRACES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "run/fiber.h"
#include "traces/span.h"

#define TRACES_MEMORY	   (8u << 20) /* of a worker, while the collector is away */
#define TRACES_BATCH_BYTES (256u << 10)

struct dns;
struct traces; /* a worker's */

/* This worker's, NULL where no collector is configured: for the functions below. */
extern _Thread_local struct traces *traces_here;

static inline bool traces_wanted(void)
{
	return traces_here != NULL;
}

/* The trace of MESSAGE (see trace_of). False: it is not among those sampled. */
bool traces_sample(struct slice message, struct slice caller, struct trace *trace_r);
/* What worker_now_us said, or will, as the time since 1970. */
int64_t traces_wall_us(int64_t now_us);
/* Never waits, never fails. Everything in it is read at once. */
void traces_add(const struct span *span);

/* In a worker; sends only as long as CONFIG, which it holds, names a collector. */
struct traces *traces_open(struct config *config, struct dns *dns);
/* Puts CONFIG in force for what is sent from now on. */
void traces_reload(struct traces *traces, struct config *config);
/* Sends the rest, once, until DEADLINE. */
void traces_close(struct traces **traces, struct deadline deadline);

/* Of all workers, since the start. */
struct traces_figures {
	uint64_t made;	   /* spans */
	uint64_t sent;	   /* the collector has them */
	uint64_t dropped;  /* no room: the collector is away, or too slow */
	uint64_t refused;  /* by the collector */
	uint64_t failures; /* requests that were not answered well */
	uint64_t waiting_bytes;
};
struct traces_figures traces_figures(void);

#endif
