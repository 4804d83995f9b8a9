/* Latency histograms with log-linear buckets. */
#include "base/histogram.h"

#include <stddef.h>

#define STEPS_BITS 6 /* 64 buckets per power of two */
#define STEPS	   (1u << STEPS_BITS)

/*
 * One thread writes and others may read at any time: each member is read and
 * written whole, and their sums may differ by what is just being recorded.
 */
static uint64_t get(const uint64_t *from)
{
	return __atomic_load_n(from, __ATOMIC_RELAXED);
}

static void put(uint64_t *to, uint64_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELAXED);
}

/* Values below 64 have a bucket each; from there each power of two has 64. */
static size_t bucket_of(uint64_t value)
{
	unsigned shift;
	size_t bucket;

	if (value < STEPS)
		return (size_t)value;
	shift = 63 - (unsigned)__builtin_clzll(value) - STEPS_BITS;
	bucket = (size_t)(value >> shift) + (size_t)STEPS * shift;
	return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

static uint64_t highest_in(size_t bucket)
{
	size_t shift;

	if (bucket < STEPS)
		return bucket;
	shift = bucket / STEPS - 1;
	return ((bucket - STEPS * shift + 1) << shift) - 1;
}

static void widen(struct histogram *histogram, uint64_t minimum, uint64_t maximum)
{
	if (get(&histogram->count) == 0 || minimum < get(&histogram->minimum))
		put(&histogram->minimum, minimum);
	if (maximum > get(&histogram->maximum))
		put(&histogram->maximum, maximum);
}

void histogram_record(struct histogram *histogram, uint64_t value)
{
	uint64_t *bucket = &histogram->buckets[bucket_of(value)];

	widen(histogram, value, value);
	put(bucket, get(bucket) + 1);
	put(&histogram->sum, get(&histogram->sum) + value);
	put(&histogram->count, get(&histogram->count) + 1);
}

void histogram_add(struct histogram *to, const struct histogram *from)
{
	uint64_t count = get(&from->count);

	if (count == 0)
		return;
	widen(to, get(&from->minimum), get(&from->maximum));
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		put(&to->buckets[i], get(&to->buckets[i]) + get(&from->buckets[i]));
	put(&to->sum, get(&to->sum) + get(&from->sum));
	put(&to->count, get(&to->count) + count);
}

static uint64_t clamp(const struct histogram *histogram, uint64_t value)
{
	uint64_t minimum = get(&histogram->minimum), maximum = get(&histogram->maximum);

	return value < minimum ? minimum : value > maximum ? maximum : value;
}

uint64_t histogram_quantile(const struct histogram *histogram, double quantile)
{
	uint64_t count = get(&histogram->count);
	double wanted = quantile * (double)count;
	uint64_t seen = 0;

	if (count == 0)
		return 0;
	if (!(quantile > 0))
		return get(&histogram->minimum);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
		seen += get(&histogram->buckets[i]);
		if (seen && (double)seen >= wanted)
			return clamp(histogram, highest_in(i));
	}
	return get(&histogram->maximum);
}

double histogram_mean(const struct histogram *histogram)
{
	uint64_t count = get(&histogram->count);

	return count ? (double)get(&histogram->sum) / (double)count : 0;
}
