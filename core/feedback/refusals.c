/* Refusals counted, in a slot for each ten minutes of the day. */
#include "feedback/refusals.h"

#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "feedback/refusal_totals.h"

#define TENANT_MAX 255
#define KEY_MAX	   (2 + TENANT_MAX + 1 + REFUSALS_NAME_MAX)

struct cell {
	struct refusal_count told; /* its slices lie in `names` */
	char names[];
};

struct slot {
	int64_t number; /* of its ten minutes since 1970 */
	struct map cells;
};

struct refusals {
	struct slot slots[REFUSALS_SLOTS];
	size_t cells; /* of all slots */
	struct refusal_totals totals;
};

struct refusals *refusals_create(void)
{
	return NEW(struct refusals);
}

static void empty(struct refusals *refusals, struct slot *slot)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *cell;

	refusals->cells -= slot->cells.count;
	while (map_next(&slot->cells, &cursor, &key, &cell))
		memory_free(cell);
	map_finish(&slot->cells);
	slot->cells = (struct map){0};
}

void refusals_destroy(struct refusals **refusals)
{
	struct refusals *old = *refusals;

	*refusals = NULL;
	if (!old)
		return;
	for (size_t i = 0; i < REFUSALS_SLOTS; i++)
		empty(old, &old->slots[i]);
	refusal_totals_finish(&old->totals);
	memory_free(old);
}

/* The first of ten minutes makes room: its own slot's of a day ago, and whatever
 * else is older. */
static struct slot *slot_of(struct refusals *refusals, int64_t now_ms)
{
	int64_t number = now_ms / REFUSALS_SLOT_MS;
	struct slot *slot = &refusals->slots[number % REFUSALS_SLOTS];

	if (slot->number == number)
		return slot;
	for (size_t i = 0; i < REFUSALS_SLOTS; i++)
		if (refusals->slots[i].number <= number - REFUSALS_SLOTS)
			empty(refusals, &refusals->slots[i]);
	empty(refusals, slot); /* of later: the clock was set back */
	slot->number = number;
	return slot;
}

/* "category, whether it is the rest, tenant, NUL, site" */
static struct slice make_key(const struct refusal_count *count, char key[KEY_MAX])
{
	size_t used = 0;

	key[used++] = (char)count->category;
	key[used++] = count->rest;
	memcpy(key + used, count->tenant.size ? count->tenant.at : "",
		count->tenant.size);
	used += count->tenant.size;
	key[used++] = '\0';
	memcpy(key + used, count->site.size ? count->site.at : "", count->site.size);
	return slice_make(key, used + count->site.size);
}

static struct cell *make_cell(const struct refusal_count *count)
{
	struct cell *cell = memory_allocate(
		sizeof(*cell) + count->tenant.size + count->site.size);
	char *site = cell->names + count->tenant.size;

	cell->told = *count;
	if (count->tenant.size)
		memcpy(cell->names, count->tenant.at, count->tenant.size);
	if (count->site.size)
		memcpy(site, count->site.at, count->site.size);
	cell->told.tenant = slice_make(cell->names, count->tenant.size);
	cell->told.site = slice_make(site, count->site.size);
	return cell;
}

static struct cell *find_or_make(
	struct refusals *refusals, struct slot *slot, struct refusal_count *count)
{
	char key[KEY_MAX];
	struct cell *cell = map_find(&slot->cells, make_key(count, key));

	if (cell)
		return cell;
	if (refusals->cells >= REFUSALS_CELLS_MAX && !count->rest) {
		*count = (struct refusal_count){
			.category = count->category, .rest = true};
		cell = map_find(&slot->cells, make_key(count, key));
	}
	if (cell)
		return cell;
	cell = make_cell(count);
	map_set(&slot->cells, make_key(count, key), cell);
	refusals->cells++;
	return cell;
}

void refusals_add(struct refusals *refusals, enum refusal_kind kind,
	enum category category, struct slice site, struct slice tenant, int64_t now_ms)
{
	struct refusal_count count = {
		.category = category,
		.site = slice_part(site, 0, REFUSALS_NAME_MAX),
		.tenant = slice_part(tenant, 0, TENANT_MAX),
	};

	if (now_ms < 0)
		now_ms = 0;
	find_or_make(refusals, slot_of(refusals, now_ms), &count)->told.counts[kind]++;
}

void refusals_each(const struct refusals *refusals, int64_t since_ms, int64_t now_ms,
	void (*visit)(void *context, const struct refusal_count *count), void *context)
{
	int64_t first = since_ms / REFUSALS_SLOT_MS, last = now_ms / REFUSALS_SLOT_MS;

	if (first <= last - REFUSALS_SLOTS)
		first = last - REFUSALS_SLOTS + 1;
	for (size_t i = 0; i < REFUSALS_SLOTS; i++) {
		const struct slot *slot = &refusals->slots[i];
		struct map_cursor cursor = {0};
		struct slice key;
		void *cell;

		if (slot->number < first || slot->number > last)
			continue;
		while (map_next(&slot->cells, &cursor, &key, &cell))
			visit(context, &((const struct cell *)cell)->told);
	}
}

void refusals_add_total(struct refusals *refusals, enum refusal_kind kind,
	enum category category, struct slice provider)
{
	refusal_totals_add(
		&refusals->totals, &(struct refusal_total){.provider = provider,
					   .category = category,
					   .kind = kind,
					   .count = 1});
}

void refusals_each_total(const struct refusals *refusals,
	void (*visit)(void *context, const struct refusal_total *total), void *context)
{
	refusal_totals_each(&refusals->totals, visit, context);
}
