/* The seams: a test's own clock and randomness take the real ones' place. */
#include "check.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "clock_virtual.h"
#include "random_seeded.h"

CASE("the virtual clock moves only when told")
{
	clock_virtual_set(5, 1000);
	usleep(3000);
	CHECK_NUMBER(clock_monotonic_us(), 5);
	CHECK_NUMBER(clock_wall_ms(), 1000);
	clock_virtual_advance_us(1500);
	CHECK_NUMBER(clock_monotonic_us(), 1505);
	CHECK_NUMBER(clock_wall_ms(), 1001);
	clock_virtual_advance_us(500);
	CHECK_NUMBER(clock_wall_ms(), 1002);
	CHECK_NUMBER(clock_thread_cpu_us(), 0);
	clock_virtual_spend_us(7);
	CHECK_NUMBER(clock_thread_cpu_us(), 7);
	CHECK_NUMBER(clock_monotonic_us(), 2005);
}

CASE("seeded randomness repeats")
{
	uint64_t first, second;

	random_seeded_set(1);
	first = random_u64();
	second = random_u64();
	CHECK(first != second);
	random_seeded_set(2);
	CHECK(random_u64() != first);
	random_seeded_set(1);
	CHECK(random_u64() == first && random_u64() == second);
	for (int i = 0; i < 1000; i++)
		CHECK(random_below(7) < 7);
}

CHECK_MAIN()
