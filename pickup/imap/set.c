/* Reads and orders sets of numbers; see set.h. */
#include "imap/set.h"

#include <stdlib.h>

static bool read_number(struct slice *text, uint32_t *number_r)
{
	uint64_t number = 0;
	size_t size = 0;

	if (slice_starts(*text, SLICE("*"))) {
		*text = slice_from(*text, 1);
		*number_r = IMAP_STAR;
		return true;
	}
	for (; size < text->size && ascii_is_digit(text->at[size]); size++) {
		number = number * 10 + (uint64_t)(text->at[size] - '0');
		if (number > UINT32_MAX)
			return false;
	}
	if (!size || text->at[0] == '0')
		return false;
	*text = slice_from(*text, size);
	*number_r = (uint32_t)number;
	return true;
}

bool imap_set_read(struct arena *arena, struct slice text, struct imap_set *set_r)
{
	struct uid_range *ranges = NULL;
	size_t count = 0;

	if (slice_equal(text, SLICE("$"))) {
		*set_r = (struct imap_set){.saved = true};
		return true;
	}
	do {
		struct uid_range range;

		if (!read_number(&text, &range.first))
			return false;
		range.last = range.first;
		if (slice_starts(text, SLICE(":"))) {
			text = slice_from(text, 1);
			if (!read_number(&text, &range.last))
				return false;
		}
		ranges = arena_grow(arena, ranges, count, sizeof(*ranges));
		ranges[count++] = range;
		if (text.size && text.at[0] != ',')
			return false;
		if (!text.size)
			break;
		text = slice_from(text, 1);
	} while (true);
	*set_r = (struct imap_set){.at = ranges, .count = count};
	return true;
}

static int by_first(const void *a, const void *b)
{
	const struct uid_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

struct uid_set imap_set_resolve(
	struct arena *arena, const struct imap_set *set, uint32_t largest)
{
	struct uid_range *ranges = arena_take_array(arena, set->count, sizeof(*ranges));
	struct uid_set resolved = {0};
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct uid_range range = set->at[i];
		bool star = range.first == IMAP_STAR || range.last == IMAP_STAR;

		if (star && !largest)
			continue;
		range.first = range.first == IMAP_STAR ? largest : range.first;
		range.last = range.last == IMAP_STAR ? largest : range.last;
		if (range.first > range.last)
			range = (struct uid_range){range.last, range.first};
		ranges[count++] = range;
	}
	/* In order each goes to the end. */
	if (count)
		qsort(ranges, count, sizeof(*ranges), by_first);
	for (size_t i = 0; i < count; i++)
		uid_set_add(&resolved, arena, ranges[i].first, ranges[i].last);
	return resolved;
}
