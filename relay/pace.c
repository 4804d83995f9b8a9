/* How many messages went through of late. */
#include "relay/pace.h"

#include <string.h>

void pace_add(struct pace *pace, size_t count, int64_t now_us)
{
	int64_t slot = now_us / PACE_SLOT_US;

	if (!count)
		return;
	if (slot - pace->slot >= PACE_SLOTS) {
		memset(pace->counts, 0, sizeof(pace->counts));
		pace->since_us = now_us;
	} else {
		while (pace->slot < slot)
			pace->counts[++pace->slot % PACE_SLOTS] = 0;
	}
	pace->slot = slot;
	pace->counts[slot % PACE_SLOTS] += (uint32_t)count;
}

uint64_t pace_look(const struct pace *pace, int64_t now_us, int64_t *period_us_r)
{
	int64_t newest = now_us / PACE_SLOT_US;
	/* The one that is not over yet, and the eleven before; the machine may have
	 * begun just now. */
	int64_t oldest = newest < PACE_SLOTS ? 0 : newest - PACE_SLOTS + 1;
	int64_t from_us = oldest * PACE_SLOT_US;
	uint64_t count = 0;

	for (int64_t slot = oldest; slot <= pace->slot; slot++)
		if (slot > pace->slot - PACE_SLOTS)
			count += pace->counts[slot % PACE_SLOTS];
	if (from_us < pace->since_us)
		from_us = pace->since_us;
	*period_us_r = now_us - from_us;
	return count;
}
