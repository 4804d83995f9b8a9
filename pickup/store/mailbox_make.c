/* Mailboxes made, in a transaction: with the levels above them, their UIDVALIDITY, and
 * what those above say of rights. */
#include "store/mailbox_make.h"

#include "base/clock.h"
#include "store/acl_core.h"
#include "store/first.h"

/* Seconds since 1970, and above every one given before in this account. */
static bool next_uidvalidity(struct database *database, uint32_t *uidvalidity_r)
{
	struct query *query = database_query(database,
		"UPDATE meta SET value = max(value + 1, ?) WHERE key = 'uidvalidity' "
		"RETURNING value");

	query_number(query, 1, clock_wall_ms() / 1000);
	if (query_row(query))
		*uidvalidity_r = (uint32_t)query_number_of(query, 0);
	return query_end(query);
}

/* What was given at the mailbox above, where there is one. */
static bool inherit(struct database *database, struct slice name)
{
	int64_t id = database_last_id(database), above = 0;
	size_t end = slice_index_last(name, '/');
	bool there, selectable;

	if (end == name.size)
		return true;
	return mailbox_look_up(database, slice_part(name, 0, end), &there, &selectable,
		       &above) &&
	       (!there || acl_inherit(database, id, above));
}

bool mailbox_insert(struct database *database, struct slice name, enum mailbox_use use)
{
	struct query *query;
	uint32_t uidvalidity = 0;

	if (!next_uidvalidity(database, &uidvalidity))
		return false;
	/* One that only was above others is another one from now on, with its number.
	 */
	query = database_query(
		database, "DELETE FROM mailbox WHERE name = ? AND selectable = 0");
	query_text(query, 1, name);
	if (!query_run(query))
		return false;
	query = database_query(database,
		"INSERT INTO mailbox (name, use, uidvalidity) VALUES (?, ?, ?)");
	query_text(query, 1, name);
	query_number(query, 2, use);
	query_number(query, 3, uidvalidity);
	return query_run(query) && inherit(database, name);
}

/* Whether there is a mailbox NAME, and one with messages. */
bool mailbox_look_up(struct database *database, struct slice name, bool *there_r,
	bool *selectable_r, int64_t *id_r)
{
	struct query *query = database_query(
		database, "SELECT selectable, id FROM mailbox WHERE name = ?");

	query_text(query, 1, name);
	*there_r = query_row(query);
	*selectable_r = *there_r && query_number_of(query, 0);
	if (*there_r)
		*id_r = query_number_of(query, 1);
	return query_end(query);
}

bool mailbox_inbox(struct operation *operation, struct database *database)
{
	bool there, selectable;
	int64_t id;

	return mailbox_look_up(database, SLICE("INBOX"), &there, &selectable, &id) &&
	       (there || (mailbox_insert(database, SLICE("INBOX"), MAILBOX_NO_USE) &&
				 first_make(operation, database)));
}

bool mailbox_check_count(struct operation *operation, struct database *database)
{
	struct query *query = database_query(database, "SELECT count(*) FROM mailbox");
	int64_t count = query_row(query) ? query_number_of(query, 0) : 0;

	if (!query_end(query))
		return false;
	return count < MAILBOXES_MAX ||
	       operation_refuse(operation, STORE_LIMIT,
		       "There are %d mailboxes already", MAILBOXES_MAX);
}

/* Those above NAME that are not there. */
bool mailbox_make_above(struct database *database, struct slice name)
{
	for (size_t i = 1; i < name.size; i++) {
		bool there, selectable;
		int64_t id;
		struct slice above = slice_part(name, 0, i);

		if (name.at[i] != '/')
			continue;
		if (!mailbox_look_up(database, above, &there, &selectable, &id) ||
			(!there && !mailbox_insert(database, above, MAILBOX_NO_USE)))
			return false;
	}
	return true;
}

/* One mailbox for each use (RFC 6154 3). */
bool mailbox_check_use(
	struct operation *operation, struct database *database, enum mailbox_use use)
{
	struct query *query = database_query(
		database, "SELECT 1 FROM mailbox WHERE use = ? AND selectable = 1");
	bool taken;

	query_number(query, 1, use);
	taken = query_row(query);
	if (!query_end(query))
		return false;
	return !taken || !use ||
	       operation_refuse(
		       operation, STORE_CANNOT, "Another mailbox is for that already");
}

bool mailbox_ensure(
	struct operation *operation, struct database *database, struct slice name)
{
	bool there, selectable;
	int64_t id;
	struct query *query;

	if (!mailbox_look_up(database, name, &there, &selectable, &id))
		return false;
	if (selectable)
		return true;
	if (!mailbox_check_count(operation, database) ||
		!mailbox_make_above(database, name) ||
		!mailbox_insert(database, name, MAILBOX_NO_USE))
		return false;
	query = database_query(
		database, "INSERT OR IGNORE INTO subscription (name) VALUES (?)");
	query_text(query, 1, name);
	return query_run(query);
}

bool mailbox_check_above(
	struct operation *operation, struct database *database, struct slice name)
{
	bool there = false, selectable;
	unsigned rights = 0;
	int64_t id;
	size_t end;

	if (operation_is_own(operation))
		return true;
	while (!there && (end = slice_index_last(name, '/')) < name.size) {
		name = slice_part(name, 0, end);
		if (!mailbox_look_up(database, name, &there, &selectable, &id))
			return false;
	}
	if (there && !acl_rights(operation, database, id, &rights))
		return false;
	return rights & RIGHT_CREATE || operation_refuse(operation, STORE_NOPERM,
						"You may not make mailboxes there");
}

bool mailbox_check_name(struct operation *operation, struct slice name)
{
	return mailbox_name_prepare(name, &operation->arena, &name) ||
	       operation_refuse(
		       operation, STORE_CANNOT, "No mailbox can have that name");
}
