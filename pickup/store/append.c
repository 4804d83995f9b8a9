/* Places in mailboxes for messages whose files are on the disk; see draft.h. */
#include <stdio.h>

#include "store/acl_core.h"
#include "store/change.h"
#include "store/changing.h"
#include "store/draft_core.h"

struct appending {
	struct operation operation;
	struct slice name;
	struct change change;
	size_t count;
	struct appended {
		char *name;
		struct slice path, facts, keywords;
		uint64_t size;
		int64_t internal_ms;
		uint8_t flags;
	} * list;
	uint32_t uidvalidity, first_uid;
};

bool draft_insert_file(struct database *database, struct slice path, uint64_t size,
	struct slice facts, uint64_t *file_r)
{
	struct query *query = database_query(database,
		"INSERT INTO file (path, size, refs, facts) VALUES (?, ?, 0, ?)");

	query_text(query, 1, path);
	query_number(query, 2, (int64_t)size);
	query_bytes(query, 3, facts);
	if (!query_run(query))
		return false;
	*file_r = (uint64_t)database_last_id(database);
	return true;
}

/* RFC 4314 4: flags that may not be set are left out. */
static bool append_one(struct appending *appending, struct database *database,
	const struct appended *appended, unsigned rights)
{
	struct change *change = &appending->change;
	uint8_t flags = appended->flags & view_flags_allowed(rights);
	bool his = flags & MESSAGE_SEEN && !operation_is_own(&appending->operation);
	struct record record = {
		.flags = his ? flags & (uint8_t)~MESSAGE_SEEN : flags,
		.size = (uint32_t)appended->size,
		.internal_ms = appended->internal_ms,
		.saved_ms = change->now_ms,
	};

	return draft_insert_file(database, appended->path, appended->size,
		       appended->facts, &record.file) &&
	       change_add(change, &record,
		       rights & RIGHT_WRITE ? appended->keywords : SLICE_EMPTY) &&
	       (!his || change_set_seen(change, record.uid, true));
}

static bool run_append(struct operation *operation, struct database *database)
{
	struct appending *appending = CONTAINER_OF(
		operation, struct appending, operation);
	struct mailbox_row row;
	unsigned rights;

	if (!mailbox_inbox(operation, database) ||
		!mailbox_row_read(operation, database, appending->name, true, &row) ||
		!acl_demand(operation, database, row.id, RIGHT_INSERT, &rights))
		return false;
	change_begin(&appending->change, operation, database, &row);
	appending->uidvalidity = row.uidvalidity;
	appending->first_uid = row.uidnext;
	for (size_t i = 0; i < appending->count; i++) {
		if (!append_one(appending, database, &appending->list[i], rights))
			return false;
	}
	return change_end(&appending->change) &&
	       change_check_quota(operation, database);
}

static void publish_append(struct operation *operation)
{
	struct appending *appending = CONTAINER_OF(
		operation, struct appending, operation);

	change_publish(operation->account, &appending->change);
	for (size_t i = 0; i < appending->count; i++)
		draft_unlink(operation->account, appending->list[i].name, false);
}

/* Of one that was left behind, nobody else cleans up. */
static void finish_append(struct operation *operation)
{
	struct appending *appending = CONTAINER_OF(
		operation, struct appending, operation);

	for (size_t i = 0; i < appending->count && operation->left && !operation->good;
		i++)
		draft_unlink(operation->account, appending->list[i].name, true);
}

static void take(struct appending *appending, size_t at, const struct append *append)
{
	struct arena *arena = &appending->operation.arena;

	appending->list[at] = (struct appended){
		.name = arena_copy_text(arena, slice_of(append->draft->name)),
		.path = arena_format(arena, "cur/%s", append->draft->name),
		.facts = arena_copy(arena, buffer_contents(&append->draft->facts)),
		.keywords = keywords_prepare(
			arena, arena_copy(arena, append->keywords)),
		.size = append->draft->written,
		.internal_ms = append->internal_ms,
		.flags = append->flags,
	};
}

bool mailbox_append(struct store_port *port, struct store_account *account,
	struct slice name, const struct append *list, size_t count,
	uint32_t *uidvalidity_r, uint32_t *first_uid_r, enum store_fault *fault_r,
	struct deadline deadline)
{
	struct appending *appending = operation_create(
		sizeof(*appending), port, account);
	struct arena *arena = &appending->operation.arena;
	bool good, known;

	*fault_r = STORE_NO_FAULT;
	appending->operation.run = run_append;
	appending->operation.publish = publish_append;
	appending->operation.finish = finish_append;
	appending->operation.names_files = true;
	appending->name = arena_copy(arena, name);
	appending->count = count;
	appending->list = arena_take_array(arena, count + 1, sizeof(*appending->list));
	for (size_t i = 0; i < count; i++)
		take(appending, i, &list[i]);
	good = operation_perform(&appending->operation, deadline);
	known = appending->operation.is_done;
	if (good) {
		*uidvalidity_r = appending->uidvalidity;
		*first_uid_r = appending->first_uid;
	} else if (known) {
		*fault_r = appending->operation.fault;
	}
	for (size_t i = 0; i < count; i++)
		list[i].draft->kept = good || !known;
	operation_destroy(appending);
	return good;
}
