/*
 * A bounded table shared by workers: sets of a few places, each key at home in
 * one of them.
 */
#include "account/table.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/siphash.h"

#define PLACES	  8  /* of a set */
#define LOCKS	  64 /* sets share them */
#define TEXTS_MAX 4

struct record {
	struct table_key key; /* zero: nobody's */
	int64_t used_us;
	_Alignas(8) char bytes[];
};

struct table {
	struct siphash_key keys[2];
	size_t set_count; /* a power of two */
	size_t record_size;
	char *records;
	pthread_mutex_t locks[LOCKS];
};

static struct record *record_at(const struct table *table, size_t set, size_t place);

struct table *table_create(size_t records_max, size_t record_size)
{
	struct table *table = NEW(struct table);

	assert(records_max > 0 && record_size > 0);
	random_fill(table->keys, sizeof(table->keys));
	table->record_size = (sizeof(struct record) + record_size + 7) & ~(size_t)7;
	table->set_count = 1;
	while (table->set_count * PLACES < records_max)
		table->set_count *= 2;
	table->records = memory_allocate_array(
		table->set_count * PLACES, table->record_size);
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_init(&table->locks[i], NULL);
	return table;
}

void table_destroy(struct table **table)
{
	struct table *old = *table;

	*table = NULL;
	if (!old)
		return;
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_destroy(&old->locks[i]);
	memory_free(old->records);
	memory_wipe(old, sizeof(*old));
	memory_free(old);
}

struct table_key table_key(
	const struct table *table, const struct slice *texts, size_t count)
{
	uint64_t hashes[2 * TEXTS_MAX];
	struct table_key key;

	assert(count > 0 && count <= TEXTS_MAX);
	for (size_t i = 0; i < count; i++) {
		hashes[2 * i] = siphash_24(table->keys[0], texts[i]);
		hashes[2 * i + 1] = siphash_24(table->keys[1], texts[i]);
	}
	key.low = siphash_24(
		table->keys[0], slice_make(hashes, 2 * count * sizeof(hashes[0])));
	key.high = siphash_24(
		table->keys[1], slice_make(hashes, 2 * count * sizeof(hashes[0])));
	key.low |= key.low == 0;
	return key;
}

void *table_lock(struct table *table, struct table_key key, int64_t now_us, bool create)
{
	size_t set = (size_t)key.high & (table->set_count - 1);
	struct record *oldest = record_at(table, set, 0);

	pthread_mutex_lock(&table->locks[set % LOCKS]);
	for (size_t place = 0; place < PLACES; place++) {
		struct record *record = record_at(table, set, place);

		if (record->key.low == key.low && record->key.high == key.high) {
			record->used_us = now_us;
			return record->bytes;
		}
		if (record->key.low == 0)
			oldest = oldest->key.low == 0 ? oldest : record;
		else if (oldest->key.low != 0 && record->used_us < oldest->used_us)
			oldest = record;
	}
	if (!create)
		return NULL;
	memset(oldest, 0, table->record_size);
	oldest->key = key;
	oldest->used_us = now_us;
	return oldest->bytes;
}

void table_unlock(struct table *table, struct table_key key)
{
	size_t set = (size_t)key.high & (table->set_count - 1);

	pthread_mutex_unlock(&table->locks[set % LOCKS]);
}

static struct record *record_at(const struct table *table, size_t set, size_t place)
{
	char *at = table->records + (set * PLACES + place) * table->record_size;

	return (struct record *)(void *)at;
}
