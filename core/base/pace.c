/* The slowest of the last minute: a ring of spans, written over when old. */
#include "base/pace.h"

#include <stddef.h>

void pace_note(struct pace *pace, int64_t now_us, int64_t took_us)
{
	int64_t number = now_us / PACE_SPAN_US;
	size_t place = (size_t)(number % PACE_SPANS);

	if (pace->spans[place].number != number) {
		pace->spans[place].number = number;
		pace->spans[place].longest_us = 0;
	}
	if (took_us > pace->spans[place].longest_us)
		pace->spans[place].longest_us = took_us;
}

int64_t pace_longest_us(const struct pace *pace, int64_t now_us)
{
	int64_t number = now_us / PACE_SPAN_US, longest_us = 0;

	for (size_t i = 0; i < PACE_SPANS; i++) {
		if (number - pace->spans[i].number < PACE_SPANS &&
			pace->spans[i].longest_us > longest_us)
			longest_us = pace->spans[i].longest_us;
	}
	return longest_us;
}
