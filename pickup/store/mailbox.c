/* Makes, removes and renames mailboxes; see mailbox.h. */
#include "store/mailbox.h"

#include "base/memory.h"
#include "store/acl_core.h"
#include "store/change.h"
#include "store/mailbox_make.h"

struct naming {
	struct operation operation;
	struct slice name, to;
	enum mailbox_use use;
	bool subscribe;
	struct change change, there; /* of INBOX, when its messages go */
	int64_t removed;	     /* a mailbox that is gone */
};

static struct naming *naming_of(void *operation)
{
	return CONTAINER_OF(operation, struct naming, operation);
}

static bool run_create(struct operation *operation, struct database *database)
{
	struct naming *naming = naming_of(operation);
	bool there, selectable;
	int64_t id;

	if (!mailbox_check_name(operation, naming->name) ||
		!mailbox_inbox(operation, database) ||
		!mailbox_check_above(operation, database, naming->name) ||
		!mailbox_look_up(database, naming->name, &there, &selectable, &id))
		return false;
	if (selectable)
		return operation_refuse(operation, STORE_ALREADYEXISTS,
			"There is a mailbox %.*s already", SLICE_PRINT(naming->name));
	return mailbox_check_count(operation, database) &&
	       mailbox_check_use(operation, database, naming->use) &&
	       mailbox_make_above(database, naming->name) &&
	       mailbox_insert(database, naming->name, naming->use);
}

static bool remove_each(void *context, const struct record *record)
{
	return change_remove(context, record);
}

/* Whether others are below NAME. */
static bool has_below(struct database *database, struct slice name, bool *below_r)
{
	struct query *query = database_query(database,
		"SELECT 1 FROM mailbox WHERE name > ?1 || '/' AND name < ?1 "
		"|| '0' LIMIT 1");

	query_text(query, 1, name);
	*below_r = query_row(query);
	return query_end(query);
}

static bool delete_row(struct database *database, int64_t id, bool below)
{
	static const char *const others[] = {
		"DELETE FROM keyword_set WHERE mailbox = ?",
		"DELETE FROM vanished WHERE mailbox = ?",
		"DELETE FROM acl WHERE mailbox = ?",
		"DELETE FROM seen WHERE mailbox = ?",
		"DELETE FROM metadata WHERE mailbox = ?",
	};
	struct query *query = database_query(database,
		below ? "UPDATE mailbox SET selectable = 0, use = 0 WHERE id = ?"
		      : "DELETE FROM mailbox WHERE id = ?");

	query_number(query, 1, id);
	if (!query_run(query))
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
		query = database_query(database, others[i]);
		query_number(query, 1, id);
		if (!query_run(query))
			return false;
	}
	return true;
}

static bool run_remove(struct operation *operation, struct database *database)
{
	struct naming *naming = naming_of(operation);
	struct mailbox_row row;
	bool below;

	if (slice_equal(naming->name, SLICE("INBOX")))
		return operation_refuse(
			operation, STORE_CANNOT, "INBOX cannot be removed");
	if (!mailbox_row_read(operation, database, naming->name, false, &row) ||
		!acl_demand(operation, database, row.id, RIGHT_REMOVE, NULL) ||
		!has_below(database, naming->name, &below))
		return false;
	if (!row.selectable)
		return operation_refuse(
			operation, STORE_HASCHILDREN, "There are mailboxes below it");
	change_begin(&naming->change, operation, database, &row);
	naming->removed = row.id;
	return change_each(&naming->change, NULL, remove_each, &naming->change) &&
	       change_end(&naming->change) && delete_row(database, row.id, below);
}

static void publish_remove(struct operation *operation)
{
	struct naming *naming = naming_of(operation);
	struct store_account *account = operation->account;
	struct mailbox *mailbox;

	change_publish(account, &naming->change);
	mailbox = mailbox_take(account, naming->removed);
	if (!mailbox)
		return;
	pthread_mutex_lock(&account->lock);
	mailbox_forget(mailbox);
	pthread_mutex_unlock(&account->lock);
	mailbox_give(&mailbox, NULL);
}

/* RFC 9051 6.3.6: INBOX's messages go to a new mailbox. */
static bool move_each(void *context, const struct record *record)
{
	struct naming *naming = context;
	struct record new = *record;
	struct slice words;

	return change_words_of(&naming->change, record->keywords, &words) &&
	       change_add(&naming->there, &new, words) &&
	       change_remove(&naming->change, record);
}

static bool rename_inbox(struct naming *naming, struct database *database)
{
	struct operation *operation = &naming->operation;
	struct mailbox_row row, target;

	if (!mailbox_make_above(database, naming->to) ||
		!mailbox_insert(database, naming->to, MAILBOX_NO_USE) ||
		!mailbox_row_read(operation, database, naming->name, true, &row) ||
		!mailbox_row_read(operation, database, naming->to, true, &target))
		return false;
	change_begin(&naming->change, operation, database, &row);
	change_begin(&naming->there, operation, database, &target);
	return change_each(&naming->change, NULL, move_each, naming) &&
	       change_end(&naming->there) && change_end(&naming->change);
}

/* NAME and all below it; subscriptions stay with their names (RFC 9051 6.3.7). */
static bool rename_rows(struct naming *naming, struct database *database)
{
	struct query *query = database_query(database,
		"UPDATE mailbox SET name = ?2 || substr(name, length(?1) + 1) "
		"WHERE name = ?1 OR (name > ?1 || '/' AND name < ?1 || '0')");

	query_text(query, 1, naming->name);
	query_text(query, 2, naming->to);
	return query_run(query);
}

/* What is below a mailbox gets longer names, too. */
static bool check_names(struct operation *operation, struct database *database)
{
	struct query *query = database_query(database,
		"SELECT max(length(CAST(name AS BLOB))), max(length(name) - "
		"length(replace(name, '/', ''))) FROM mailbox");
	bool good = !query_row(query) ||
		    (query_number_of(query, 0) <= MAILBOX_NAME_MAX &&
			    query_number_of(query, 1) < MAILBOX_LEVELS_MAX);

	return query_end(query) &&
	       (good || operation_refuse(operation, STORE_LIMIT,
				"A mailbox below it would have too long a name"));
}

static bool run_rename(struct operation *operation, struct database *database)
{
	struct naming *naming = naming_of(operation);
	struct mailbox_row row;
	struct buffer below = {0};
	bool there, selectable, inside;
	int64_t id;

	buffer_append_format(&below, "%.*s/", SLICE_PRINT(naming->name));
	inside = slice_starts(naming->to, buffer_contents(&below));
	buffer_finish(&below);
	if (!mailbox_check_name(operation, naming->to) ||
		!mailbox_inbox(operation, database) ||
		!mailbox_row_read(operation, database, naming->name, false, &row) ||
		!acl_demand(operation, database, row.id, RIGHT_REMOVE, NULL) ||
		!mailbox_check_above(operation, database, naming->to) ||
		!mailbox_look_up(database, naming->to, &there, &selectable, &id))
		return false;
	if (there)
		return operation_refuse(operation, STORE_ALREADYEXISTS,
			"There is a mailbox %.*s already", SLICE_PRINT(naming->to));
	if (slice_equal(naming->name, SLICE("INBOX")) && !operation_is_own(operation))
		return operation_refuse(operation, STORE_CANNOT,
			"Another one's INBOX cannot be renamed");
	if (slice_equal(naming->name, SLICE("INBOX")))
		return rename_inbox(naming, database);
	if (inside)
		return operation_refuse(operation, STORE_CANNOT,
			"A mailbox cannot be put below itself");
	return mailbox_make_above(database, naming->to) &&
	       rename_rows(naming, database) && check_names(operation, database) &&
	       mailbox_check_count(operation, database);
}

static void publish_rename(struct operation *operation)
{
	struct naming *naming = naming_of(operation);

	if (!naming->there.mailbox)
		return;
	change_publish(operation->account, &naming->there);
	change_publish(operation->account, &naming->change);
}

static bool check_subscriptions(struct operation *operation, struct database *database)
{
	struct query *query = database_query(
		database, "SELECT count(*) FROM subscription");
	bool full = query_row(query) && query_number_of(query, 0) >= MAILBOXES_MAX;

	return query_end(query) &&
	       (!full || operation_refuse(operation, STORE_LIMIT,
				 "There are %d subscriptions already", MAILBOXES_MAX));
}

static bool run_subscribe(struct operation *operation, struct database *database)
{
	struct naming *naming = naming_of(operation);
	struct query *query;

	if (naming->subscribe && (!mailbox_check_name(operation, naming->name) ||
					 !check_subscriptions(operation, database)))
		return false;
	query = database_query(database,
		naming->subscribe ? "INSERT OR IGNORE INTO subscription VALUES (?)"
				  : "DELETE FROM subscription WHERE name = ?");
	query_text(query, 1, naming->name);
	return query_run(query);
}

static struct naming *begin(struct store_port *port, struct store_account *account,
	struct slice name,
	bool (*run)(struct operation *operation, struct database *database))
{
	struct naming *naming = operation_create(sizeof(*naming), port, account);

	naming->operation.run = run;
	naming->name = arena_copy(&naming->operation.arena, name);
	return naming;
}

static bool perform(
	struct naming *naming, enum store_fault *fault_r, struct deadline deadline)
{
	bool good = operation_perform(&naming->operation, deadline);

	*fault_r = !good && naming->operation.is_done ? naming->operation.fault
						      : STORE_NO_FAULT;
	operation_destroy(naming);
	return good;
}

bool mailbox_create(struct store_port *port, struct store_account *account,
	struct slice name, enum mailbox_use use, enum store_fault *fault_r,
	struct deadline deadline)
{
	struct naming *naming = begin(port, account, name, run_create);

	naming->use = use;
	return perform(naming, fault_r, deadline);
}

bool mailbox_remove(struct store_port *port, struct store_account *account,
	struct slice name, enum store_fault *fault_r, struct deadline deadline)
{
	struct naming *naming = begin(port, account, name, run_remove);

	naming->operation.publish = publish_remove;
	return perform(naming, fault_r, deadline);
}

bool mailbox_rename(struct store_port *port, struct store_account *account,
	struct slice from, struct slice to, enum store_fault *fault_r,
	struct deadline deadline)
{
	struct naming *naming = begin(port, account, from, run_rename);

	naming->operation.publish = publish_rename;
	naming->to = arena_copy(&naming->operation.arena, to);
	return perform(naming, fault_r, deadline);
}

bool mailbox_subscribe(struct store_port *port, struct store_account *account,
	struct slice name, bool subscribe, enum store_fault *fault_r,
	struct deadline deadline)
{
	struct naming *naming = begin(port, account, name, run_subscribe);

	naming->subscribe = subscribe;
	return perform(naming, fault_r, deadline);
}
