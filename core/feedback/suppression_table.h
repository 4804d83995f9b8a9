/*
 * The suppression list in memory: for each entry a keyed hash of whom it is about
 * and eight bytes more, in open addressing. No address is kept: two of them would
 * have to have the same 64 bits under a key nobody knows, which for ten million
 * entries happens once in 10^12 questions.
 *
 * Thread safe: parts with a lock each, held for one look. Between 21 and 43 bytes
 * an entry.
 */
#ifndef RINGPOST_FEEDBACK_SUPPRESSION_TABLE_H
#define RINGPOST_FEEDBACK_SUPPRESSION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUPPRESSION_TABLE_PARTS 64
#define SUPPRESSION_MARK_DOMAIN 0x80000000u /* in facts: of a whole domain */

struct suppression_mark {
	uint32_t until_s; /* 0: for good */
	uint32_t facts;	  /* hours since 1970, reason, SUPPRESSION_MARK_DOMAIN */
};

struct suppression_table;
struct suppression_table *suppression_table_create(void);
void suppression_table_destroy(struct suppression_table **table);

void suppression_table_set(
	struct suppression_table *table, uint64_t hash, struct suppression_mark mark);
void suppression_table_remove(struct suppression_table *table, uint64_t hash);
/* Also what is over by now. */
bool suppression_table_find(const struct suppression_table *table, uint64_t hash,
	struct suppression_mark *mark_r);
/* Takes what is over at NOW_S out of one of the parts. */
void suppression_table_expire(
	struct suppression_table *table, unsigned part, uint32_t now_s);
/* INTO holds what FROM held, part by part; FROM is destroyed. */
void suppression_table_become(
	struct suppression_table *into, struct suppression_table **from);

size_t suppression_table_count(const struct suppression_table *table);
size_t suppression_table_domains(const struct suppression_table *table);
size_t suppression_table_bytes(const struct suppression_table *table);

#endif
