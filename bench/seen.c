/* Keys seen before, and when first: open addressing, slots taken by CAS. */
#include "bench/seen.h"

#include "base/memory.h"

#define PLACES (SEEN_MAX * 2)

void seen_init(struct seen *seen)
{
	if (!seen->places)
		seen->places = memory_allocate_array(PLACES, sizeof(*seen->places));
}

void seen_finish(struct seen *seen)
{
	memory_free(seen->places);
	seen->places = NULL;
}

int64_t seen_since(struct seen *seen, uint64_t key, int64_t now_us)
{
	uint32_t at = (uint32_t)(key >> 32) % PLACES;

	key += key == 0;
	for (;; at = (at + 1) % PLACES) {
		struct seen_place *place = &seen->places[at];
		uint64_t there = atomic_load(&place->key);
		int64_t first_us;

		if (there == 0) {
			if (atomic_load(&seen->count) >= SEEN_MAX)
				return INT64_MAX;
			if (atomic_compare_exchange_strong(&place->key, &there, key)) {
				atomic_store(&place->first_us, now_us);
				atomic_fetch_add(&seen->count, 1);
				return 0;
			}
		}
		if (there != key)
			continue;
		first_us = atomic_load(&place->first_us);
		return first_us && now_us > first_us ? now_us - first_us : 1;
	}
}
