/*
 * Keeps what is remembered of expunged UIDs small: of very many ranges the older half
 * becomes one list without modseqs of its own. Whoever asks since then hears of some
 * UIDs again that he knew to be gone, which RFC 7162 3.2.10 allows.
 */
#include "store/mailbox_core.h"
#include "state/uid_set.h"

#define RANGES_MAX 20000

/* The modseq of the range in the middle; 0: there are few. */
static bool find_middle(struct database *database, int64_t mailbox, int64_t *modseq_r)
{
	struct query *query = database_query(database,
		"SELECT modseq FROM vanished WHERE mailbox = ?1 AND (SELECT count(*) "
		"FROM vanished WHERE mailbox = ?1) > ?2 ORDER BY modseq "
		"LIMIT 1 OFFSET ?2 / 2");

	query_number(query, 1, mailbox);
	query_number(query, 2, RANGES_MAX);
	*modseq_r = query_row(query) ? query_number_of(query, 0) : 0;
	return query_end(query);
}

static bool read_older(struct database *database, int64_t mailbox, int64_t modseq,
	struct arena *arena, struct uid_set *set)
{
	struct query *query = database_query(database,
		"SELECT first, last FROM vanished WHERE mailbox = ? AND modseq <= ? "
		"ORDER BY first");

	query_number(query, 1, mailbox);
	query_number(query, 2, modseq);
	while (query_row(query))
		uid_set_add(set, arena, (uint32_t)query_number_of(query, 0),
			(uint32_t)query_number_of(query, 1));
	return query_end(query);
}

/* Where no message is left between two ranges, they are one. */
static bool has_between(struct database *database, int64_t mailbox, uint32_t after,
	uint32_t before, bool *between_r)
{
	struct query *query = database_query(database,
		"SELECT 1 FROM message WHERE mailbox = ? AND uid > ? AND uid < ? "
		"LIMIT 1");

	query_number(query, 1, mailbox);
	query_number(query, 2, after);
	query_number(query, 3, before);
	*between_r = query_row(query);
	return query_end(query);
}

static bool insert(struct database *database, int64_t mailbox, int64_t modseq,
	const struct uid_range *range)
{
	struct query *query = database_query(
		database, "INSERT INTO vanished VALUES (?, ?, ?, ?)");

	query_number(query, 1, mailbox);
	query_number(query, 2, modseq);
	query_number(query, 3, range->first);
	query_number(query, 4, range->last);
	return query_run(query);
}

static bool write_joined(struct database *database, int64_t mailbox, int64_t modseq,
	const struct uid_set *set)
{
	struct uid_range range = {0};

	for (size_t i = 0; i < set->count; i++) {
		bool between = true;

		if (i && !has_between(database, mailbox, range.last, set->at[i].first,
				 &between))
			return false;
		if (!between) {
			range.last = set->at[i].last;
			continue;
		}
		if (i && !insert(database, mailbox, modseq, &range))
			return false;
		range = set->at[i];
	}
	return !set->count || insert(database, mailbox, modseq, &range);
}

bool vanished_shrink(
	struct operation *operation, struct database *database, int64_t mailbox)
{
	struct uid_set set = {0};
	struct query *query;
	int64_t modseq;

	if (!find_middle(database, mailbox, &modseq))
		return false;
	if (!modseq)
		return true;
	if (!read_older(database, mailbox, modseq, &operation->arena, &set))
		return false;
	query = database_query(
		database, "DELETE FROM vanished WHERE mailbox = ? AND modseq <= ?");
	query_number(query, 1, mailbox);
	query_number(query, 2, modseq);
	return query_run(query) && write_joined(database, mailbox, modseq, &set);
}
