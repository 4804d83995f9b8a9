/*
 * A bounded table of small records that all workers of a process share: who
 * failed to log in, which passwords were verified, who sent how much.
 *
 * Keys are keyed hashes of 128 bits, records have one size, the memory is
 * taken once (and touched only where used). When a part of the table is full,
 * the record there that was not used for the longest time makes room.
 *
 * Between workers there is a lock for a few records, held from table_lock to
 * table_unlock: for a handful of instructions, and never across a wait.
 */
#ifndef RINGPOST_ACCOUNT_TABLE_H
#define RINGPOST_ACCOUNT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct table;

struct table_key {
	uint64_t low, high;
};

/* For RECORDS_MAX records of RECORD_SIZE bytes each. */
struct table *table_create(size_t records_max, size_t record_size);
void table_destroy(struct table **table);

/* The key of COUNT texts together; the same for the life of the table, not
 * to be guessed from outside. */
struct table_key table_key(
	const struct table *table, const struct slice *texts, size_t count);
/*
 * The record of KEY, to be read and written until table_unlock, which must
 * follow also after NULL: there is none, and CREATE did not ask for a new one,
 * which is zeroed.
 */
void *table_lock(
	struct table *table, struct table_key key, int64_t now_us, bool create);
void table_unlock(struct table *table, struct table_key key);

#endif
