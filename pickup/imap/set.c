/* Reads, orders and writes sets of numbers; see set.h. */
#include "imap/set.h"

#include <inttypes.h>
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
	struct imap_range *ranges = NULL;
	size_t count = 0;

	if (slice_equal(text, SLICE("$"))) {
		*set_r = (struct imap_set){.saved = true};
		return true;
	}
	do {
		struct imap_range range;

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
	const struct imap_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* Ranges in order; those that touch become one. */
static size_t merge(struct imap_range *ranges, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct imap_range *last = kept ? &ranges[kept - 1] : NULL;

		if (!last || ranges[i].first > (uint64_t)last->last + 1)
			ranges[kept++] = ranges[i];
		else if (ranges[i].last > last->last)
			last->last = ranges[i].last;
	}
	return kept;
}

struct imap_set imap_set_resolve(
	struct arena *arena, const struct imap_set *set, uint32_t largest)
{
	struct imap_range *ranges = arena_take_array(
		arena, set->count, sizeof(*ranges));
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct imap_range range = set->at[i];
		bool star = range.first == IMAP_STAR || range.last == IMAP_STAR;

		if (star && !largest)
			continue;
		range.first = range.first == IMAP_STAR ? largest : range.first;
		range.last = range.last == IMAP_STAR ? largest : range.last;
		if (range.first > range.last)
			range = (struct imap_range){range.last, range.first};
		ranges[count++] = range;
	}
	if (count)
		qsort(ranges, count, sizeof(*ranges), by_first);
	return (struct imap_set){.at = ranges, .count = merge(ranges, count)};
}

bool imap_set_has(const struct imap_set *set, uint32_t number)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->at[middle].last < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->count && set->at[low].first <= number;
}

uint64_t imap_set_size(const struct imap_set *set)
{
	uint64_t size = 0;

	for (size_t i = 0; i < set->count; i++)
		size += (uint64_t)set->at[i].last - set->at[i].first + 1;
	return size;
}

void imap_set_add(struct arena *arena, struct imap_set *set, uint32_t number)
{
	struct imap_range *ranges = (struct imap_range *)(uintptr_t)set->at;

	if (set->count && ranges[set->count - 1].last + 1 == number) {
		ranges[set->count - 1].last = number;
		return;
	}
	ranges = arena_grow(arena, ranges, set->count, sizeof(*ranges));
	ranges[set->count++] = (struct imap_range){number, number};
	set->at = ranges;
}

void imap_set_write(struct buffer *out, const struct imap_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (i)
			buffer_append_byte(out, ',');
		buffer_append_number(out, set->at[i].first);
		if (set->at[i].last != set->at[i].first)
			buffer_append_format(out, ":%" PRIu32, set->at[i].last);
	}
}
