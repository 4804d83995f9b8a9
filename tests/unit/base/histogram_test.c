/* Histograms: errors below 1.6 %, quantiles, merging. */
#include "check.h"

#include "base/histogram.h"

static struct histogram one, two;

static void clear(void)
{
	memset(&one, 0, sizeof(one));
	memset(&two, 0, sizeof(two));
}

CASE("an empty one")
{
	clear();
	CHECK_NUMBER(histogram_quantile(&one, 0.5), 0);
	CHECK(histogram_mean(&one) == 0);
	histogram_add(&two, &one);
	CHECK_NUMBER(two.count, 0);
}

CASE("small values are exact")
{
	clear();
	for (uint64_t v = 0; v < 128; v++)
		histogram_record(&one, v);
	CHECK_NUMBER(one.count, 128);
	CHECK_NUMBER(one.minimum, 0);
	CHECK_NUMBER(one.maximum, 127);
	CHECK(histogram_mean(&one) == 63.5);
	CHECK_NUMBER(histogram_quantile(&one, 0), 0);
	CHECK_NUMBER(histogram_quantile(&one, 0.25), 31);
	CHECK_NUMBER(histogram_quantile(&one, 0.5), 63);
	CHECK_NUMBER(histogram_quantile(&one, 0.75), 95);
	CHECK_NUMBER(histogram_quantile(&one, 1), 127);
	CHECK_NUMBER(histogram_quantile(&one, 2), 127);
	CHECK_NUMBER(histogram_quantile(&one, -1), 0);
}

/* A second, larger record keeps the maximum from hiding the bucket's edge. */
CASE("every value up to 2^40 is found again within 1.6 %")
{
	for (uint64_t v = 1; v <= (uint64_t)1 << 40; v += v / 50 + 1) {
		uint64_t found;

		clear();
		histogram_record(&one, v);
		histogram_record(&one, UINT64_MAX / 4);
		found = histogram_quantile(&one, 0.5);
		if (!CHECK(found >= v && (double)(found - v) <= 0.016 * (double)v))
			break;
	}
}

CASE("values beyond share the last bucket, and the maximum tells")
{
	clear();
	histogram_record(&one, UINT64_MAX / 2);
	histogram_record(&one, UINT64_MAX / 2);
	CHECK_NUMBER(one.buckets[HISTOGRAM_BUCKETS - 1], 2);
	CHECK(histogram_quantile(&one, 0.99) == UINT64_MAX / 2);
}

CASE("one value is every quantile")
{
	clear();
	histogram_record(&one, 1000000);
	CHECK_NUMBER(histogram_quantile(&one, 0.001), 1000000);
	CHECK_NUMBER(histogram_quantile(&one, 0.5), 1000000);
	CHECK_NUMBER(histogram_quantile(&one, 1), 1000000);
}

CASE("merged as if recorded in one")
{
	static struct histogram both;

	clear();
	memset(&both, 0, sizeof(both));
	for (uint64_t i = 1; i < 10000; i++) {
		uint64_t v = i * i * 31 % 1000003;

		histogram_record(i % 3 ? &one : &two, v);
		histogram_record(&both, v);
	}
	histogram_add(&one, &two);
	CHECK(memcmp(&one, &both, sizeof(both)) == 0);
	memset(&two, 0, sizeof(two));
	histogram_add(&two, &both);
	CHECK(memcmp(&two, &both, sizeof(both)) == 0);
}

CHECK_MAIN()
