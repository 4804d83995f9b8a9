/* Histograms of durations, filled by several threads. */
#include "../check.h"

#include <pthread.h>

#include "metrics/timing.h"

CASE("each has a name and a meaning; bounds grow")
{
	for (enum timing timing = 0; timing < TIMINGS; timing++)
		CHECK(timing_name(timing) && timing_meaning(timing));
	for (size_t i = 1; i < TIMING_BOUNDS; i++)
		CHECK(timing_bounds_us[i] > timing_bounds_us[i - 1]);
}

CASE("a bound belongs to the bucket below it; less than nothing is nothing")
{
	struct timing_figures figures;

	timing_record(TIMING_DNS, 100);
	timing_record(TIMING_DNS, 101);
	timing_record(TIMING_DNS, -5);
	timing_record(TIMING_DNS, INT64_C(1) << 50);
	timing_read(TIMING_DNS, &figures);
	CHECK_NUMBER(figures.buckets[0], 2);
	CHECK_NUMBER(figures.buckets[1], 1);
	CHECK_NUMBER(figures.buckets[TIMING_BOUNDS], 1);
	CHECK_NUMBER(figures.count, 4);
	CHECK_NUMBER(figures.sum_us, (INT64_C(1) << 50) + 201);
}

static void *record(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10000; i++)
		timing_record(TIMING_REDIS, i % 700);
	return NULL;
}

CASE("what threads counted stays when they end, and adds up")
{
	struct timing_figures figures;

	for (int round = 0; round < 3; round++) {
		pthread_t threads[4];

		for (int i = 0; i < 4; i++)
			CHECK(pthread_create(&threads[i], NULL, record, NULL) == 0);
		timing_read(TIMING_REDIS, &figures); /* while they count */
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
	}
	timing_read(TIMING_REDIS, &figures);
	CHECK_NUMBER(figures.count, 120000);
}

CHECK_MAIN()
