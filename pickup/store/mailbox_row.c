/* Rows of mailboxes and of sets of keywords, in a transaction. */
#include <stdlib.h>
#include <string.h>

#include "store/mailbox_core.h"

#define ROW                                                                      \
	"SELECT id, uidvalidity, uidnext, recent_from, modseq, use, selectable " \
	"FROM mailbox "

static bool read_row(struct query *query, bool *found_r, struct mailbox_row *row_r)
{
	*found_r = query_row(query);
	if (*found_r)
		*row_r = (struct mailbox_row){
			.id = query_number_of(query, 0),
			.uidvalidity = (uint32_t)query_number_of(query, 1),
			.uidnext = (uint32_t)query_number_of(query, 2),
			.recent_from = (uint32_t)query_number_of(query, 3),
			.modseq = (uint64_t)query_number_of(query, 4),
			.use = (enum mailbox_use)query_number_of(query, 5),
			.selectable = query_number_of(query, 6) != 0,
		};
	return query_end(query);
}

bool mailbox_row_of(struct operation *operation, struct database *database, int64_t id,
	struct mailbox_row *row_r)
{
	struct query *query = database_query(database, ROW "WHERE id = ?");
	bool found;

	query_number(query, 1, id);
	if (!read_row(query, &found, row_r))
		return false;
	return found ||
	       operation_refuse(operation, STORE_NONEXISTENT, "The mailbox is gone");
}

bool mailbox_row_read(struct operation *operation, struct database *database,
	struct slice name, bool selectable, struct mailbox_row *row_r)
{
	struct query *query = database_query(database, ROW "WHERE name = ?");
	bool found;

	query_text(query, 1, name);
	if (!read_row(query, &found, row_r))
		return false;
	if (!found || (selectable && !row_r->selectable))
		return operation_refuse(operation, STORE_NONEXISTENT,
			"There is no mailbox %.*s", SLICE_PRINT(name));
	return true;
}

bool keyword_set_number(struct database *database, int64_t mailbox, struct slice words,
	uint32_t *number_r)
{
	struct query *query;
	int64_t number = 0;

	*number_r = 0;
	if (!words.size)
		return true;
	query = database_query(database, "SELECT id FROM keyword_set WHERE mailbox = ? "
					 "AND words = ?");
	query_number(query, 1, mailbox);
	query_text(query, 2, words);
	if (query_row(query))
		number = query_number_of(query, 0);
	if (!query_end(query))
		return false;
	*number_r = (uint32_t)number;
	if (number)
		return true;
	query = database_query(database,
		"INSERT INTO keyword_set SELECT ?1, coalesce(max(id), 0) + 1, ?2 "
		"FROM keyword_set WHERE mailbox = ?1 "
		"HAVING total(length(words)) + length(?2) <= ?3 RETURNING id");
	query_number(query, 1, mailbox);
	query_text(query, 2, words);
	query_number(query, 3, KEYWORD_SETS_BYTES);
	if (query_row(query))
		*number_r = (uint32_t)query_number_of(query, 0);
	return query_end(query);
}

/* Whatever their case: "$Junk" and "$junk" are one. */
static int compare(const void *a, const void *b)
{
	struct slice x = *(const struct slice *)a, y = *(const struct slice *)b;

	for (size_t i = 0; i < x.size && i < y.size; i++) {
		int difference = (unsigned char)ascii_lower(x.at[i]) -
				 (unsigned char)ascii_lower(y.at[i]);

		if (difference)
			return difference;
	}
	return x.size < y.size ? -1 : x.size > y.size;
}

struct slice keywords_prepare(struct arena *arena, struct slice words)
{
	struct slice *list = arena_take_array(arena, words.size / 2 + 1, sizeof(*list));
	char *text = arena_take(arena, words.size + 1);
	size_t count = 0, size = 0;

	while (words.at) {
		struct slice word = slice_cut(&words, ' ');

		if (word.size)
			list[count++] = word;
	}
	qsort(list, count, sizeof(*list), compare);
	for (size_t i = 0; i < count; i++) {
		if (i && slice_equal_nocase(list[i], list[i - 1]))
			continue;
		if (size)
			text[size++] = ' ';
		memcpy(text + size, list[i].at, list[i].size);
		size += list[i].size;
	}
	return slice_make(text, size);
}

struct record record_of(const struct query *query)
{
	return (struct record){
		.uid = (uint32_t)query_number_of(query, 0),
		.file = (uint64_t)query_number_of(query, 1),
		.flags = (uint8_t)query_number_of(query, 2),
		.keywords = (uint32_t)query_number_of(query, 3),
		.modseq = (uint64_t)query_number_of(query, 4),
		.size = (uint32_t)query_number_of(query, 5),
		.internal_ms = query_number_of(query, 6),
		.saved_ms = query_number_of(query, 7),
	};
}
