/*
 * Timers: a binary heap ordered by time, then by the order of starting.
 *
 * Most are stopped before they are due (each wait has one), and most start
 * later than all others, which a heap takes at its end without moving any.
 */
#include "run/timer.h"

#include <assert.h>

#include "base/memory.h"

static bool is_before(const struct timer_entry *a, const struct timer_entry *b);
static void put(struct timer_heap *heap, size_t place, struct timer_entry entry);
static void move_up(struct timer_heap *heap, size_t place, struct timer_entry entry);
static void move_down(struct timer_heap *heap, size_t place, struct timer_entry entry);

void timer_heap_add(struct timer_heap *heap, struct timer *timer)
{
	struct timer_entry entry = {
		.at_us = timer->at_us,
		.sequence = heap->sequence++,
		.timer = timer,
	};

	assert(timer->heap_place == 0);
	if (heap->count + 1 >= heap->capacity) {
		heap->capacity = heap->capacity ? heap->capacity * 2 : 64;
		heap->entries = memory_resize(
			heap->entries, heap->capacity * sizeof(*heap->entries));
	}
	heap->count++;
	move_up(heap, heap->count, entry);
}

void timer_heap_remove(struct timer_heap *heap, struct timer *timer)
{
	size_t place = timer->heap_place;
	struct timer_entry last = heap->entries[heap->count];

	assert(place >= 1 && place <= heap->count);
	assert(heap->entries[place].timer == timer);
	timer->heap_place = 0;
	heap->count--;
	if (place > heap->count)
		return;
	if (place > 1 && is_before(&last, &heap->entries[place / 2]))
		move_up(heap, place, last);
	else
		move_down(heap, place, last);
}

int64_t timer_heap_next_us(const struct timer_heap *heap)
{
	return heap->count ? heap->entries[1].at_us : INT64_MAX;
}

void timer_heap_run(struct timer_heap *heap, int64_t now_us)
{
	uint64_t started_before = heap->sequence;

	while (heap->count && heap->entries[1].at_us <= now_us &&
		heap->entries[1].sequence < started_before) {
		struct timer *timer = heap->entries[1].timer;

		timer_heap_remove(heap, timer);
		timer->run(timer);
	}
}

void timer_heap_finish(struct timer_heap *heap)
{
	for (size_t i = 1; i <= heap->count; i++)
		heap->entries[i].timer->heap_place = 0;
	memory_free(heap->entries);
	*heap = (struct timer_heap){0};
}

static bool is_before(const struct timer_entry *a, const struct timer_entry *b)
{
	if (a->at_us != b->at_us)
		return a->at_us < b->at_us;
	return a->sequence < b->sequence;
}

static void put(struct timer_heap *heap, size_t place, struct timer_entry entry)
{
	heap->entries[place] = entry;
	entry.timer->heap_place = place;
}

static void move_up(struct timer_heap *heap, size_t place, struct timer_entry entry)
{
	while (place > 1 && is_before(&entry, &heap->entries[place / 2])) {
		put(heap, place, heap->entries[place / 2]);
		place /= 2;
	}
	put(heap, place, entry);
}

static void move_down(struct timer_heap *heap, size_t place, struct timer_entry entry)
{
	for (;;) {
		size_t child = place * 2;

		if (child > heap->count)
			break;
		if (child < heap->count &&
			is_before(&heap->entries[child + 1], &heap->entries[child]))
			child++;
		if (!is_before(&heap->entries[child], &entry))
			break;
		put(heap, place, heap->entries[child]);
		place = child;
	}
	put(heap, place, entry);
}
