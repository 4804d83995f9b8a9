/* Messages changed, added and removed in a transaction; see change.h. */
#include "store/change.h"

#include <string.h>

#include "base/clock.h"
#include "base/failure.h"

void change_begin(struct change *change, struct operation *operation,
	struct database *database, const struct mailbox_row *row)
{
	change->operation = operation;
	change->arena = &operation->arena;
	change->database = database;
	change->mailbox = row->id;
	change->uidnext = row->uidnext;
	change->modseq = row->modseq + 1;
	change->now_ms = clock_wall_ms();
}

static void note_put(struct change *change, const struct record *record)
{
	change->put = arena_grow(
		change->arena, change->put, change->put_count, sizeof(*change->put));
	change->put[change->put_count++] = *record;
}

static bool find_set(struct change *change, struct slice words, uint32_t *set_r)
{
	if (!keyword_set_number(change->database, change->mailbox, words, set_r))
		return false;
	if (!words.size)
		return true;
	if (!*set_r || *set_r > KEYWORD_SETS_MAX)
		return operation_refuse(change->operation, STORE_LIMIT,
			"The mailbox has too many keywords");
	for (size_t i = 0; i < change->words_count; i++) {
		if (change->words[i].set == *set_r)
			return true;
	}
	change->words = arena_grow(change->arena, change->words, change->words_count,
		sizeof(*change->words));
	change->words[change->words_count++] = (struct change_words){
		*set_r, arena_copy(change->arena, words)};
	return true;
}

bool change_words_of(struct change *change, uint32_t set, struct slice *words_r)
{
	struct query *query;

	*words_r = SLICE_EMPTY;
	if (!set)
		return true;
	for (size_t i = 0; i < change->words_count; i++) {
		if (change->words[i].set == set) {
			*words_r = change->words[i].words;
			return true;
		}
	}
	query = database_query(change->database,
		"SELECT words FROM keyword_set WHERE mailbox = ? AND id = ?");
	query_number(query, 1, change->mailbox);
	query_number(query, 2, set);
	if (query_row(query))
		*words_r = arena_copy(change->arena, query_bytes_of(query, 0));
	return query_end(query);
}

/* RECORD is one more, or (BY -1) one less. */
static void sum(struct change *change, const struct record *record, int by)
{
	change->messages += by;
	change->bytes += by * (int64_t)record->size;
	change->unseen += record->flags & MESSAGE_SEEN ? 0 : by;
	change->deleted += record->flags & MESSAGE_DELETED ? by : 0;
}

bool change_set_flags(struct change *change, const struct record *record, uint8_t flags,
	struct slice words)
{
	struct record changed = *record;
	struct query *query;

	changed.flags = flags;
	changed.modseq = change->modseq;
	if (!find_set(change, words, &changed.keywords))
		return false;
	query = database_query(change->database,
		"UPDATE message SET flags = ?, keywords = ?, modseq = ? "
		"WHERE mailbox = ? AND uid = ?");
	query_number(query, 1, changed.flags);
	query_number(query, 2, changed.keywords);
	query_number(query, 3, (int64_t)changed.modseq);
	query_number(query, 4, change->mailbox);
	query_number(query, 5, changed.uid);
	note_put(change, &changed);
	sum(change, record, -1);
	sum(change, &changed, 1);
	return query_run(query);
}

static bool refer(struct change *change, uint64_t file, int by)
{
	struct query *query = database_query(
		change->database, "UPDATE file SET refs = refs + ? WHERE id = ?");

	query_number(query, 1, by);
	query_number(query, 2, (int64_t)file);
	return query_run(query);
}

bool change_add(struct change *change, struct record *record, struct slice words)
{
	struct query *query;

	if (change->uidnext == UINT32_MAX)
		return fail(FAILURE_LIMIT, "the mailbox has no UIDs left");
	record->uid = change->uidnext++;
	record->modseq = change->modseq;
	if (!find_set(change, words, &record->keywords))
		return false;
	query = database_query(change->database,
		"INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
	query_number(query, 1, change->mailbox);
	query_number(query, 2, record->uid);
	query_number(query, 3, (int64_t)record->file);
	query_number(query, 4, record->flags);
	query_number(query, 5, record->keywords);
	query_number(query, 6, (int64_t)record->modseq);
	query_number(query, 7, record->size);
	query_number(query, 8, record->internal_ms);
	query_number(query, 9, record->saved_ms);
	note_put(change, record);
	sum(change, record, 1);
	change->operation->account->added = true;
	return query_run(query) && refer(change, record->file, 1);
}

/* A file that nothing refers to any more is unlinked behind the commit. */
static bool drop_file(struct change *change, uint64_t file)
{
	struct query *query = database_query(change->database,
		"INSERT INTO pending_unlink SELECT path FROM file WHERE id = ? AND "
		"refs = 0");

	query_number(query, 1, (int64_t)file);
	if (!query_run(query))
		return false;
	query = database_query(
		change->database, "DELETE FROM file WHERE id = ? AND refs = 0");
	query_number(query, 1, (int64_t)file);
	return query_run(query);
}

bool change_remove(struct change *change, const struct record *record)
{
	struct query *query = database_query(
		change->database, "DELETE FROM message WHERE mailbox = ? AND uid = ?");

	query_number(query, 1, change->mailbox);
	query_number(query, 2, record->uid);
	if (!query_run(query))
		return false;
	change->removed = arena_grow(change->arena, change->removed,
		change->removed_count, sizeof(*change->removed));
	change->removed[change->removed_count++] = record->uid;
	sum(change, record, -1);
	return refer(change, record->file, -1) && drop_file(change, record->file);
}

static bool insert_vanished(struct change *change, uint32_t first, uint32_t last)
{
	struct query *query = database_query(
		change->database, "INSERT INTO vanished VALUES (?, ?, ?, ?)");

	query_number(query, 1, change->mailbox);
	query_number(query, 2, (int64_t)change->modseq);
	query_number(query, 3, first);
	query_number(query, 4, last);
	return query_run(query);
}

/* What was removed, in ranges. */
static bool note_vanished(struct change *change)
{
	const uint32_t *list = change->removed;
	size_t first = 0;

	for (size_t i = 1; i <= change->removed_count; i++) {
		if (i < change->removed_count && list[i] == list[i - 1] + 1)
			continue;
		if (!insert_vanished(change, list[first], list[i - 1]))
			return false;
		first = i;
	}
	return true;
}

static bool write_row(struct change *change)
{
	struct query *query = database_query(change->database,
		"UPDATE mailbox SET uidnext = ?, modseq = ?, messages = messages + ?, "
		"bytes = bytes + ?, unseen = unseen + ?, deleted = deleted + ? "
		"WHERE id = ?");

	query_number(query, 1, change->uidnext);
	query_number(query, 2, (int64_t)change->modseq);
	query_number(query, 3, change->messages);
	query_number(query, 4, change->bytes);
	query_number(query, 5, change->unseen);
	query_number(query, 6, change->deleted);
	query_number(query, 7, change->mailbox);
	return query_run(query);
}

/* The account's: what quotas count. */
static bool write_sums(struct change *change)
{
	struct query *query;

	if (!change->messages && !change->bytes)
		return true;
	query = database_query(change->database,
		"UPDATE meta SET value = value + CASE key WHEN 'bytes' THEN ?1 ELSE ?2 "
		"END WHERE key IN ('bytes', 'messages')");
	query_number(query, 1, change->bytes);
	query_number(query, 2, change->messages);
	return query_run(query);
}

bool change_set_seen(struct change *change, uint32_t uid, bool seen)
{
	struct guest_row row = {.uid = uid, .seen = seen, .modseq = change->modseq};

	change->seen = arena_grow(
		change->arena, change->seen, change->seen_count, sizeof(*change->seen));
	change->seen[change->seen_count++] = row;
	return guest_write(change->operation, change->database, change->mailbox, &row);
}

bool change_end(struct change *change)
{
	if (!change->put_count && !change->removed_count && !change->seen_count)
		return true;
	return note_vanished(change) && write_row(change) && write_sums(change);
}

/* Of a range, LIMIT at most (-1: all) are read before the first is changed. */
static bool read_range(struct change *change, const struct uid_range *range,
	int64_t limit, struct record **list_r, size_t *count_r)
{
	struct query *query = database_query(change->database,
		"SELECT " RECORD_COLUMNS
		" FROM message WHERE mailbox = ? AND uid BETWEEN ? AND ? "
		"ORDER BY uid LIMIT ?");
	struct record *list = NULL;
	size_t count = 0;

	query_number(query, 1, change->mailbox);
	query_number(query, 2, range->first);
	query_number(query, 3, range->last);
	query_number(query, 4, limit);
	while (query_row(query)) {
		list = arena_grow(change->arena, list, count, sizeof(*list));
		list[count++] = record_of(query);
	}
	*list_r = list;
	*count_r = count;
	return query_end(query);
}

bool change_each(struct change *change, const struct uid_set *uids,
	bool (*each)(void *context, const struct record *record), void *context)
{
	static const struct uid_range all = {1, UINT32_MAX};
	const struct uid_range *ranges = uids ? uids->at : &all;
	size_t count = uids ? uids->count : 1;

	for (size_t i = 0; i < count; i++) {
		struct record *list;
		size_t found;

		if (!read_range(change, &ranges[i], -1, &list, &found))
			return false;
		for (size_t j = 0; j < found; j++) {
			if (!each(context, &list[j]))
				return false;
		}
	}
	return true;
}

bool change_from(struct change *change, uint32_t first, size_t limit,
	bool (*each)(void *context, const struct record *record), void *context,
	uint32_t *next_r)
{
	struct record *list;
	size_t found;

	if (!read_range(change, &(struct uid_range){first, UINT32_MAX}, (int64_t)limit,
		    &list, &found))
		return false;
	for (size_t i = 0; i < found; i++) {
		if (!each(context, &list[i]))
			return false;
	}
	*next_r = found == limit ? list[found - 1].uid + 1 : 0;
	return true;
}
