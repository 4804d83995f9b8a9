/*
 * Clocks: one of the three link-time seams (ring, clock, random); tests link
 * a clock they wind themselves.
 */
#ifndef RINGPOST_BASE_CLOCK_H
#define RINGPOST_BASE_CLOCK_H

#include <stdint.h>

#include "base/slice.h"

/* Microseconds since boot: for deadlines and durations. Never goes back. */
int64_t clock_monotonic_us(void);
/* Milliseconds since 1970 UTC: for what is stored and shown. */
int64_t clock_wall_ms(void);
/* CPU time of the calling thread in microseconds. */
int64_t clock_thread_cpu_us(void);

#define CLOCK_TEXT_SIZE 40

/* "2026-11-21T07:32:47.123Z" into TEXT; returns it as a slice. */
struct slice clock_format_iso(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]);
/* RFC 5322 3.3: "Sat, 21 Nov 2026 07:32:47 +0000", in UTC. */
struct slice clock_format_mail(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]);

#endif
