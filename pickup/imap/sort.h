/*
 * Messages in the order SORT asks for (RFC 5256, RFC 5957). Each becomes a key
 * whose bytes compare as the messages do, made once.
 */
#ifndef RINGPOST_IMAP_SORT_H
#define RINGPOST_IMAP_SORT_H

#include "imap/search.h"

struct sort;

/* KEYS are used as long as the sort is. */
struct sort *sort_create(const struct imap_sort_key *keys, size_t count);
void sort_destroy(struct sort **sort);
/* Whether sort_add is to have facts: not by arrival and size. */
bool sort_needs_facts(const struct sort *sort);
/* NUMBER stands for the message in the answer; FACTS NULL: it has none. Those that
 * are equal stay in the order of their sequence numbers. */
void sort_add(struct sort *sort, uint32_t number, const struct search_record *record,
	const struct facts *facts);
/* Numbers in their order; valid until the sort is destroyed. */
const uint32_t *sort_numbers(struct sort *sort, size_t *count_r);

#endif
