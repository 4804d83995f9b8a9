/* Notes about mailboxes: the table metadata; see metadata.h. */
#include "store/metadata.h"

#include "store/acl_core.h"

struct noting {
	struct operation operation;
	struct slice name;
	int64_t mailbox; /* 0: the account */
	struct slice who;
	struct metadata list; /* to be set, or what was read */
};

static struct noting *noting_of(void *operation)
{
	return CONTAINER_OF(operation, struct noting, operation);
}

static bool is_private(struct slice entry)
{
	return slice_starts(entry, SLICE("/private/"));
}

/* Where the notes are, and whether who asks may look at them, or write what is shared
 * (RFC 5464 3.3). */
static bool find(struct noting *noting, struct database *database, bool writes)
{
	const unsigned any = RIGHT_READ | RIGHT_SEEN | RIGHT_WRITE | RIGHT_INSERT |
			     RIGHT_POST;
	struct operation *operation = &noting->operation;
	struct mailbox_row row = {0};
	unsigned rights;

	if (!noting->name.size)
		return operation_is_own(operation) ||
		       operation_refuse(
			       operation, STORE_NOPERM, "This is another's account");
	if (!mailbox_inbox(operation, database) ||
		!mailbox_row_read(operation, database, noting->name, false, &row) ||
		!acl_demand(operation, database, row.id,
			RIGHT_LOOKUP | (writes ? RIGHT_WRITE : 0), &rights))
		return false;
	noting->mailbox = row.id;
	return rights & any || operation_refuse(operation, STORE_NOPERM,
				       "You may not do that with this mailbox");
}

static bool run_read(struct operation *operation, struct database *database)
{
	struct noting *noting = noting_of(operation);
	struct metadata_entry *list = NULL;
	struct query *query;
	size_t count = 0;

	if (!find(noting, database, false))
		return false;
	query = database_query(database,
		"SELECT entry, value FROM metadata WHERE mailbox = ? AND who IN ('', "
		"?) ORDER BY entry");
	query_number(query, 1, noting->mailbox);
	query_text(query, 2, noting->who);
	while (query_row(query)) {
		list = arena_grow(&operation->arena, list, count, sizeof(*list));
		list[count] = (struct metadata_entry){
			arena_copy(&operation->arena, query_bytes_of(query, 0)),
			arena_copy(&operation->arena, query_bytes_of(query, 1))};
		if (!list[count].value.size)
			list[count].value = SLICE("");
		count++;
	}
	noting->list = (struct metadata){list, count};
	return query_end(query);
}

static bool write_one(
	struct noting *noting, struct database *database, struct metadata_entry entry)
{
	struct query *query = database_query(
		database, entry.value.at ? "INSERT OR REPLACE INTO metadata (mailbox, "
					   "who, entry, value) VALUES (?, ?, ?, ?)"
					 : "DELETE FROM metadata WHERE mailbox = ? AND "
					   "who = ? AND entry = ?");

	query_number(query, 1, noting->mailbox);
	query_text(query, 2, is_private(entry.entry) ? noting->who : SLICE_EMPTY);
	query_text(query, 3, entry.entry);
	if (entry.value.at)
		query_bytes(query, 4, entry.value);
	return query_run(query);
}

static bool check_sums(struct noting *noting, struct database *database)
{
	struct query *query = database_query(database,
		"SELECT count(*), coalesce(sum(length(entry) + length(value)), 0) FROM "
		"metadata WHERE mailbox = ?");
	bool good;

	query_number(query, 1, noting->mailbox);
	good = query_row(query) && query_number_of(query, 0) <= METADATA_ENTRIES_MAX &&
	       query_number_of(query, 1) <= (int64_t)METADATA_BYTES_MAX;
	return query_end(query) &&
	       (good || operation_refuse(&noting->operation, STORE_LIMIT,
				"There are too many entries, or they are too long"));
}

static bool run_write(struct operation *operation, struct database *database)
{
	struct noting *noting = noting_of(operation);
	bool shared = false;

	for (size_t i = 0; i < noting->list.count; i++) {
		shared = shared || !is_private(noting->list.at[i].entry);
		if (noting->list.at[i].value.size > METADATA_VALUE_MAX)
			return operation_refuse(operation, STORE_LIMIT,
				"A value may have %d bytes", METADATA_VALUE_MAX);
	}
	if (!find(noting, database, shared))
		return false;
	for (size_t i = 0; i < noting->list.count; i++) {
		if (!write_one(noting, database, noting->list.at[i]))
			return false;
	}
	return check_sums(noting, database);
}

static struct noting *begin(struct store_port *port, struct store_account *account,
	struct slice name,
	bool (*run)(struct operation *operation, struct database *database))
{
	struct noting *noting = operation_create(sizeof(*noting), port, account);
	struct arena *arena = &noting->operation.arena;

	noting->operation.run = run;
	noting->name = arena_copy(arena, name);
	noting->who = arena_copy(arena, operation_is_own(&noting->operation)
						? store_account_name(account)
						: operation_who(&noting->operation));
	return noting;
}

static struct metadata copy(struct arena *arena, const struct metadata *list)
{
	struct metadata_entry *at = arena_take_array(
		arena, list->count + 1, sizeof(*at));

	for (size_t i = 0; i < list->count; i++) {
		struct slice value = list->at[i].value;

		at[i].entry = arena_copy(arena, list->at[i].entry);
		if (value.at)
			at[i].value = value.size ? arena_copy(arena, value) : SLICE("");
	}
	return (struct metadata){at, list->count};
}

static bool perform(
	struct noting *noting, enum store_fault *fault_r, struct deadline deadline)
{
	bool good = operation_perform(&noting->operation, deadline);

	*fault_r = !good && noting->operation.is_done ? noting->operation.fault
						      : STORE_NO_FAULT;
	return good;
}

bool mailbox_metadata(struct store_port *port, struct store_account *account,
	struct slice name, struct arena *arena, struct metadata *list_r,
	enum store_fault *fault_r, struct deadline deadline)
{
	struct noting *noting = begin(port, account, name, run_read);
	bool good = perform(noting, fault_r, deadline);

	if (good)
		*list_r = copy(arena, &noting->list);
	operation_destroy(noting);
	return good;
}

bool mailbox_set_metadata(struct store_port *port, struct store_account *account,
	struct slice name, const struct metadata *list, enum store_fault *fault_r,
	struct deadline deadline)
{
	struct noting *noting = begin(port, account, name, run_write);
	bool good;

	noting->list = copy(&noting->operation.arena, list);
	good = perform(noting, fault_r, deadline);
	operation_destroy(noting);
	return good;
}
