/* Pages of bits; see id_set.h. */
#include "index/id_set.h"

#include <string.h>

#include "base/memory.h"

#define PAGE_IDS ((size_t)1 << 15)

bool id_set_add(struct id_set *set, uint64_t id)
{
	size_t page = (size_t)(id / PAGE_IDS), bit = (size_t)(id % PAGE_IDS);

	if (id >= ID_SET_MAX)
		return false;
	if (page >= set->page_count) {
		set->pages = memory_resize(
			set->pages, (page + 1) * sizeof(*set->pages));
		memset(set->pages + set->page_count, 0,
			(page + 1 - set->page_count) * sizeof(*set->pages));
		set->page_count = page + 1;
	}
	if (!set->pages[page])
		set->pages[page] = memory_allocate(PAGE_IDS / 8);
	set->pages[page][bit / 64] |= UINT64_C(1) << (bit % 64);
	return true;
}

bool id_set_has(const struct id_set *set, uint64_t id)
{
	size_t page = (size_t)(id / PAGE_IDS), bit = (size_t)(id % PAGE_IDS);

	return page < set->page_count && set->pages[page] &&
	       set->pages[page][bit / 64] >> (bit % 64) & 1;
}

void id_set_finish(struct id_set *set)
{
	for (size_t i = 0; i < set->page_count; i++)
		memory_free(set->pages[i]);
	memory_free(set->pages);
	*set = (struct id_set){0};
}
