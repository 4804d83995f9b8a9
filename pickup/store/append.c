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
	/* What goes with it; none: 0. */
	int64_t replaced_in;
	struct uid_range replaced;
	struct change gone; /* of that mailbox, if it is another one */
	bool any_gone;
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

static bool remove_one(void *context, const struct record *record)
{
	struct appending *appending = context;

	appending->any_gone = true;
	return change_remove(
		appending->gone.mailbox ? &appending->gone : &appending->change,
		record);
}

/* Into the same mailbox: what is added and what is removed are one change of it. */
static bool remove_replaced(struct appending *appending, struct database *database)
{
	struct operation *operation = &appending->operation;
	struct uid_set uids = {.at = &appending->replaced, .count = 1};
	struct mailbox_row row;

	if (!mailbox_row_of(operation, database, appending->replaced_in, &row) ||
		!acl_demand(operation, database, row.id, RIGHT_DELETE | RIGHT_EXPUNGE,
			NULL))
		return false;
	if (row.id != appending->change.mailbox)
		change_begin(&appending->gone, operation, database, &row);
	if (!change_each(
		    appending->gone.mailbox ? &appending->gone : &appending->change,
		    &uids, remove_one, appending))
		return false;
	return appending->any_gone || operation_refuse(operation, STORE_EXPUNGED,
					      "The message is gone already");
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
	if (appending->replaced_in && !remove_replaced(appending, database))
		return false;
	return change_end(&appending->change) &&
	       (!appending->gone.mailbox || change_end(&appending->gone)) &&
	       change_check_quota(operation, database);
}

static void publish_append(struct operation *operation)
{
	struct appending *appending = CONTAINER_OF(
		operation, struct appending, operation);

	change_publish(operation->account, &appending->change);
	if (appending->gone.mailbox)
		change_publish(operation->account, &appending->gone);
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

static struct appending *begin(struct store_port *port, struct store_account *account,
	struct slice name, const struct append *list, size_t count)
{
	struct appending *appending = operation_create(
		sizeof(*appending), port, account);
	struct arena *arena = &appending->operation.arena;

	appending->operation.run = run_append;
	appending->operation.publish = publish_append;
	appending->operation.finish = finish_append;
	appending->operation.names_files = true;
	appending->name = arena_copy(arena, name);
	appending->count = count;
	appending->list = arena_take_array(arena, count + 1, sizeof(*appending->list));
	for (size_t i = 0; i < count; i++)
		take(appending, i, &list[i]);
	return appending;
}

bool mailbox_append(struct store_port *port, struct store_account *account,
	struct slice name, const struct append *list, size_t count,
	uint32_t *uidvalidity_r, uint32_t *first_uid_r, enum store_fault *fault_r,
	struct deadline deadline)
{
	struct appending *appending = begin(port, account, name, list, count);
	bool good, known;

	*fault_r = STORE_NO_FAULT;
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

bool view_replace(struct view *view, uint32_t uid, struct slice name,
	const struct append *append, struct replaced *replaced_r,
	struct deadline deadline)
{
	struct appending *appending = begin(view->port, view->account, name, append, 1);
	bool good, known;

	appending->replaced_in = (int64_t)view_mailbox_id(view);
	appending->replaced = (struct uid_range){uid, uid};
	good = operation_perform(&appending->operation, deadline);
	known = appending->operation.is_done;
	*replaced_r = (struct replaced){.fault = STORE_NO_FAULT};
	if (good)
		*replaced_r = (struct replaced){.uidvalidity = appending->uidvalidity,
			.uid = appending->first_uid};
	else if (known)
		replaced_r->fault = appending->operation.fault;
	append->draft->kept = good || !known;
	operation_destroy(appending);
	return good;
}
