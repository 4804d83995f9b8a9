/* Sets of UIDs as ranges; see uid_set.h. */
#include "state/uid_set.h"

#include <string.h>

/* The first range whose end is not before UID. */
static size_t find(const struct uid_set *set, uint32_t uid)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->at[middle].last < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void make_room(struct uid_set *set, struct arena *arena)
{
	size_t room = set->room ? set->room * 2 : 8;
	struct uid_range *more;

	if (set->count < set->room)
		return;
	more = arena_take_array(arena, room, sizeof(*more));
	if (set->count)
		memcpy(more, set->at, set->count * sizeof(*more));
	set->at = more;
	set->room = room;
}

void uid_set_add(
	struct uid_set *set, struct arena *arena, uint32_t first, uint32_t last)
{
	struct uid_range range = first < last ? (struct uid_range){first, last}
					      : (struct uid_range){last, first};
	/* One that ends right before it is joined, too. */
	size_t from = find(set, range.first ? range.first - 1 : 0), to = from;

	while (to < set->count &&
		(uint64_t)set->at[to].first <= (uint64_t)range.last + 1) {
		if (set->at[to].first < range.first)
			range.first = set->at[to].first;
		if (set->at[to].last > range.last)
			range.last = set->at[to].last;
		to++;
	}
	if (to == from) {
		make_room(set, arena);
		memmove(&set->at[from + 1], &set->at[from],
			(set->count - from) * sizeof(*set->at));
		set->count++;
	} else {
		memmove(&set->at[from + 1], &set->at[to],
			(set->count - to) * sizeof(*set->at));
		set->count -= to - from - 1;
	}
	set->at[from] = range;
}

bool uid_set_has(const struct uid_set *set, uint32_t uid)
{
	size_t at = find(set, uid);

	return at < set->count && set->at[at].first <= uid;
}

uint64_t uid_set_size(const struct uid_set *set)
{
	uint64_t size = 0;

	for (size_t i = 0; i < set->count; i++)
		size += (uint64_t)set->at[i].last - set->at[i].first + 1;
	return size;
}

uint32_t uid_set_nth(const struct uid_set *set, uint64_t n)
{
	for (size_t i = 0; i < set->count; i++) {
		uint64_t here = (uint64_t)set->at[i].last - set->at[i].first + 1;

		if (n < here)
			return (uint32_t)(set->at[i].first + n);
		n -= here;
	}
	return 0;
}

void uid_set_write(const struct uid_set *set, struct buffer *out)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct uid_range *range = &set->at[i];

		buffer_append_format(out, i ? ",%u" : "%u", range->first);
		if (range->last > range->first)
			buffer_append_format(out, ":%u", range->last);
	}
}

/* A number from 1 on, or '*'. */
static bool read_number(struct slice text, uint32_t largest, uint32_t *number_r)
{
	uint64_t number;

	if (slice_equal(text, SLICE("*"))) {
		*number_r = largest ? largest : 1;
		return true;
	}
	if (!slice_to_u64(text, &number) || !number || number > UINT32_MAX ||
		text.at[0] == '0')
		return false;
	*number_r = (uint32_t)number;
	return true;
}

bool uid_set_read(
	struct slice text, uint32_t largest, struct arena *arena, struct uid_set *set_r)
{
	*set_r = (struct uid_set){.count = 0};
	if (!text.size)
		return false;
	while (text.at) {
		struct slice range = slice_cut(&text, ','), first;
		uint32_t from, to;

		first = slice_cut(&range, ':');
		if (!read_number(first, largest, &from) ||
			(range.at && !read_number(range, largest, &to)) ||
			set_r->count >= UID_RANGES_MAX)
			return false;
		uid_set_add(set_r, arena, from, range.at ? to : from);
	}
	return true;
}
