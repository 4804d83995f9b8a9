/* Open addressing with linear probing; what is removed leaves no tombstone. */
#include "feedback/suppression_table.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/memory.h"

#define ROOM_FIRST 16

struct slot {
	uint64_t hash; /* 0: free */
	struct suppression_mark mark;
};

struct part {
	pthread_mutex_t lock;
	struct slot *slots;
	size_t room, count, domains; /* room: a power of two, or 0 */
};

struct suppression_table {
	_Atomic size_t count, domains; /* of all parts */
	struct part parts[SUPPRESSION_TABLE_PARTS];
};

struct suppression_table *suppression_table_create(void)
{
	struct suppression_table *table = NEW(struct suppression_table);

	for (unsigned i = 0; i < SUPPRESSION_TABLE_PARTS; i++)
		pthread_mutex_init(&table->parts[i].lock, NULL);
	return table;
}

void suppression_table_destroy(struct suppression_table **table)
{
	struct suppression_table *old = *table;

	*table = NULL;
	if (!old)
		return;
	for (unsigned i = 0; i < SUPPRESSION_TABLE_PARTS; i++) {
		pthread_mutex_destroy(&old->parts[i].lock);
		memory_free(old->parts[i].slots);
	}
	memory_free(old);
}

/* The part by the upper bits, the slot by the lower; never 0. */
static struct part *part_of(const struct suppression_table *table, uint64_t *hash)
{
	if (*hash == 0)
		*hash = 1;
	return (struct part *)&table->parts[*hash >> 58];
}

/* Where HASH is, or would be. There is a free one. */
static struct slot *look(const struct part *part, uint64_t hash)
{
	size_t at = hash & (part->room - 1);

	while (part->slots[at].hash && part->slots[at].hash != hash)
		at = (at + 1) & (part->room - 1);
	return &part->slots[at];
}

static void grow(struct part *part)
{
	struct part larger = *part;

	larger.room = part->room ? 2 * part->room : ROOM_FIRST;
	larger.slots = memory_allocate_array(larger.room, sizeof(struct slot));
	for (size_t i = 0; i < part->room; i++)
		if (part->slots[i].hash)
			*look(&larger, part->slots[i].hash) = part->slots[i];
	memory_free(part->slots);
	part->slots = larger.slots;
	part->room = larger.room;
}

static bool is_domain(struct suppression_mark mark)
{
	return (mark.facts & SUPPRESSION_MARK_DOMAIN) != 0;
}

void suppression_table_set(
	struct suppression_table *table, uint64_t hash, struct suppression_mark mark)
{
	struct part *part = part_of(table, &hash);
	struct slot *slot;

	pthread_mutex_lock(&part->lock);
	if (part->count >= part->room / 4 * 3)
		grow(part);
	slot = look(part, hash);
	if (!slot->hash) {
		slot->hash = hash;
		part->count++;
		part->domains += is_domain(mark);
		atomic_fetch_add(&table->count, 1);
		atomic_fetch_add(&table->domains, is_domain(mark));
	}
	slot->mark = mark;
	pthread_mutex_unlock(&part->lock);
}

/* What stands behind it moves up, where it may. */
static void take_out(
	struct suppression_table *table, struct part *part, struct slot *slot)
{
	size_t mask = part->room - 1, hole = (size_t)(slot - part->slots);

	part->count--;
	part->domains -= is_domain(slot->mark);
	atomic_fetch_sub(&table->count, 1);
	atomic_fetch_sub(&table->domains, is_domain(slot->mark));
	for (size_t at = (hole + 1) & mask; part->slots[at].hash;
		at = (at + 1) & mask) {
		size_t home = part->slots[at].hash & mask;

		/* Its way from home to here does not lead over the hole. */
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		part->slots[hole] = part->slots[at];
		hole = at;
	}
	part->slots[hole] = (struct slot){0};
}

void suppression_table_remove(struct suppression_table *table, uint64_t hash)
{
	struct part *part = part_of(table, &hash);
	struct slot *slot;

	pthread_mutex_lock(&part->lock);
	slot = part->room ? look(part, hash) : NULL;
	if (slot && slot->hash)
		take_out(table, part, slot);
	pthread_mutex_unlock(&part->lock);
}

bool suppression_table_find(const struct suppression_table *table, uint64_t hash,
	struct suppression_mark *mark_r)
{
	struct part *part;
	struct slot *slot;
	bool found;

	if (suppression_table_count(table) == 0)
		return false;
	part = part_of(table, &hash);
	pthread_mutex_lock(&part->lock);
	slot = part->room ? look(part, hash) : NULL;
	found = slot && slot->hash;
	if (found)
		*mark_r = slot->mark;
	pthread_mutex_unlock(&part->lock);
	return found;
}

void suppression_table_expire(
	struct suppression_table *table, unsigned number, uint32_t now_s)
{
	struct part *part = &table->parts[number % SUPPRESSION_TABLE_PARTS];

	pthread_mutex_lock(&part->lock);
	for (size_t i = 0; i < part->room; i++) {
		struct slot *slot = &part->slots[i];

		/* Another one may have moved up to here. */
		while (slot->hash && slot->mark.until_s && slot->mark.until_s <= now_s)
			take_out(table, part, slot);
	}
	pthread_mutex_unlock(&part->lock);
}

void suppression_table_become(
	struct suppression_table *into, struct suppression_table **from)
{
	for (unsigned i = 0; i < SUPPRESSION_TABLE_PARTS; i++) {
		struct part *to = &into->parts[i], *by = &(*from)->parts[i], old;

		pthread_mutex_lock(&to->lock);
		old = *to;
		to->slots = by->slots;
		to->room = by->room;
		to->count = by->count;
		to->domains = by->domains;
		by->slots = old.slots;
		/* Before the lock is given up: who looks finds what it counts. */
		atomic_fetch_add(&into->count, to->count - old.count);
		atomic_fetch_add(&into->domains, to->domains - old.domains);
		pthread_mutex_unlock(&to->lock);
	}
	suppression_table_destroy(from);
}

size_t suppression_table_count(const struct suppression_table *table)
{
	return atomic_load_explicit(&table->count, memory_order_relaxed);
}

size_t suppression_table_domains(const struct suppression_table *table)
{
	return atomic_load_explicit(&table->domains, memory_order_relaxed);
}

size_t suppression_table_bytes(const struct suppression_table *table)
{
	size_t bytes = sizeof(*table);

	for (unsigned i = 0; i < SUPPRESSION_TABLE_PARTS; i++) {
		struct part *part = (struct part *)&table->parts[i];

		pthread_mutex_lock(&part->lock);
		bytes += part->room * sizeof(struct slot);
		pthread_mutex_unlock(&part->lock);
	}
	return bytes;
}
