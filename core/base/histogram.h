/*
 * Latency histograms: log-linear buckets (64 per power of two, error below
 * 1.6 %), for values up to 2^40. Recording is a few instructions, no lock; one
 * writer each, merged for reports.
 */
#ifndef RINGPOST_BASE_HISTOGRAM_H
#define RINGPOST_BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS (64 * 36)

struct histogram {
	uint64_t count, sum, minimum, maximum;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Zeroed memory is an empty histogram. */
void histogram_record(struct histogram *histogram, uint64_t value);
void histogram_add(struct histogram *to, const struct histogram *from);
/* The value below which QUANTILE (0 … 1) of the records lie; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *histogram, double quantile);
double histogram_mean(const struct histogram *histogram);

#endif
