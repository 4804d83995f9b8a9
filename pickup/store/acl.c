/* Lists of who may do what with mailboxes: read and changed; see acl.h. */
#include "store/acl.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/acl_core.h"
#include "store/shares.h"

/* --- In a transaction --- */

bool operation_is_own(const struct operation *operation)
{
	const char *who = operation->port->who;

	return !who || strcmp(who, operation->account->name) == 0;
}

struct slice operation_who(const struct operation *operation)
{
	return operation_is_own(operation) ? SLICE_EMPTY
					   : slice_of(operation->port->who);
}

bool acl_read(struct database *database, int64_t mailbox, struct arena *arena,
	struct grants *grants_r)
{
	struct query *query = database_query(
		database, "SELECT who, rights FROM acl WHERE mailbox = ? ORDER BY who");
	struct grant *list = NULL;
	size_t count = 0;

	query_number(query, 1, mailbox);
	while (query_row(query)) {
		list = arena_grow(arena, list, count, sizeof(*list));
		list[count++] = (struct grant){
			arena_copy(arena, query_bytes_of(query, 0)),
			(unsigned)query_number_of(query, 1) & RIGHTS_ALL};
	}
	*grants_r = (struct grants){list, count};
	return query_end(query);
}

bool acl_rights(struct operation *operation, struct database *database, int64_t mailbox,
	unsigned *rights_r)
{
	struct grants grants;

	*rights_r = RIGHTS_ALL;
	if (operation_is_own(operation))
		return true;
	if (!acl_read(database, mailbox, &operation->arena, &grants))
		return false;
	*rights_r = rights_of(grants.at, grants.count, operation_who(operation));
	return true;
}

bool acl_demand(struct operation *operation, struct database *database, int64_t mailbox,
	unsigned rights, unsigned *rights_r)
{
	unsigned has;

	if (!acl_rights(operation, database, mailbox, &has))
		return false;
	if ((has & rights) != rights)
		return has & RIGHT_LOOKUP
			       ? operation_refuse(operation, STORE_NOPERM,
					 "You may not do that with this mailbox")
			       : operation_refuse(operation, STORE_NONEXISTENT,
					 "There is no such mailbox");
	if (rights_r)
		*rights_r = has;
	return true;
}

bool acl_inherit(struct database *database, int64_t mailbox, int64_t above)
{
	struct query *query = database_query(database,
		"INSERT INTO acl SELECT ?1, who, rights FROM acl WHERE mailbox = ?2");

	query_number(query, 1, mailbox);
	query_number(query, 2, above);
	return query_run(query);
}

/* --- In memory --- */

struct grants grants_copy(const struct grants *grants)
{
	struct grant *list = NULL;

	if (grants->count)
		list = memory_allocate_array(grants->count, sizeof(*list));
	for (size_t i = 0; i < grants->count; i++) {
		struct slice who = grants->at[i].who;

		list[i] = (struct grant){slice_make(memory_copy_text(who), who.size),
			grants->at[i].rights};
	}
	return (struct grants){list, grants->count};
}

void grants_free(struct grants *grants)
{
	for (size_t i = 0; i < grants->count; i++)
		memory_free((char *)(uintptr_t)grants->at[i].who.at);
	memory_free((struct grant *)(uintptr_t)grants->at);
	*grants = (struct grants){0};
}

unsigned view_rights(const struct view *view)
{
	const struct mailbox *mailbox = view->mailbox;
	unsigned rights = RIGHTS_ALL;

	if (!view->guest)
		return rights;
	pthread_mutex_lock(&view->account->lock);
	rights = rights_of(
		mailbox->grants.at, mailbox->grants.count, slice_of(view->port->who));
	pthread_mutex_unlock(&view->account->lock);
	return rights;
}

/* --- Asked for --- */

struct granting {
	struct operation operation;
	struct slice name;
	enum grant_how how;
	struct grant grant;
	int64_t mailbox;
	unsigned rights;
	struct grants grants; /* as they are in the end */
	bool any_left;	      /* somewhere in the account, for grant.who */
};

static struct granting *granting_of(void *operation)
{
	return CONTAINER_OF(operation, struct granting, operation);
}

static bool find(struct granting *granting, struct database *database)
{
	struct operation *operation = &granting->operation;
	struct mailbox_row row;

	if (!mailbox_inbox(operation, database) ||
		!mailbox_row_read(operation, database, granting->name, false, &row))
		return false;
	granting->mailbox = row.id;
	return acl_rights(operation, database, row.id, &granting->rights);
}

static bool run_rights(struct operation *operation, struct database *database)
{
	return find(granting_of(operation), database);
}

static bool run_grants(struct operation *operation, struct database *database)
{
	struct granting *granting = granting_of(operation);

	return find(granting, database) &&
	       acl_demand(operation, database, granting->mailbox, RIGHT_ADMINISTER,
		       NULL) &&
	       acl_read(database, granting->mailbox, &operation->arena,
		       &granting->grants);
}

static unsigned changed(const struct granting *granting)
{
	unsigned has = 0, more = granting->grant.rights;

	for (size_t i = 0; i < granting->grants.count; i++) {
		if (slice_equal(granting->grants.at[i].who, granting->grant.who))
			has = granting->grants.at[i].rights;
	}
	return granting->how == GRANT_SET   ? more
	       : granting->how == GRANT_ADD ? has | more
					    : has & ~more;
}

static bool write_grant(
	struct granting *granting, struct database *database, unsigned rights)
{
	struct query *query;

	if (rights && granting->grants.count >= GRANTS_MAX)
		return operation_refuse(&granting->operation, STORE_LIMIT,
			"The list has %d entries", GRANTS_MAX);
	query = database_query(
		database, rights ? "INSERT OR REPLACE INTO acl VALUES (?1, ?2, ?3)"
				 : "DELETE FROM acl WHERE mailbox = ?1 AND who = ?2 "
				   "AND ?3 = 0");
	query_number(query, 1, granting->mailbox);
	query_text(query, 2, granting->grant.who);
	query_number(query, 3, rights);
	return query_run(query);
}

static bool look_for_others(struct granting *granting, struct database *database)
{
	struct query *query = database_query(
		database, "SELECT 1 FROM acl WHERE who = ? LIMIT 1");

	query_text(query, 1, granting->grant.who);
	granting->any_left = query_row(query);
	return query_end(query);
}

static bool run_grant(struct operation *operation, struct database *database)
{
	struct granting *granting = granting_of(operation);

	return run_grants(operation, database) &&
	       write_grant(granting, database, changed(granting)) &&
	       look_for_others(granting, database) &&
	       acl_read(database, granting->mailbox, &operation->arena,
		       &granting->grants);
}

/* Who looks at it has other rights from now on, and looks whether he has any. */
static void publish_grant(struct operation *operation)
{
	struct granting *granting = granting_of(operation);
	struct store_account *account = operation->account;
	struct mailbox *mailbox = mailbox_take(account, granting->mailbox);

	if (!mailbox)
		return;
	pthread_mutex_lock(&account->lock);
	grants_free(&mailbox->grants);
	mailbox->grants = grants_copy(&granting->grants);
	mailbox_call(mailbox);
	pthread_mutex_unlock(&account->lock);
	mailbox_give(&mailbox, NULL);
}

static struct granting *begin(struct store_port *port, struct store_account *account,
	struct slice name,
	bool (*run)(struct operation *operation, struct database *database))
{
	struct granting *granting = operation_create(sizeof(*granting), port, account);

	granting->operation.run = run;
	granting->name = arena_copy(&granting->operation.arena, name);
	return granting;
}

static bool perform(
	struct granting *granting, enum store_fault *fault_r, struct deadline deadline)
{
	bool good = operation_perform(&granting->operation, deadline);

	*fault_r = !good && granting->operation.is_done ? granting->operation.fault
							: STORE_NO_FAULT;
	return good;
}

bool mailbox_rights(struct store_port *port, struct store_account *account,
	struct slice name, unsigned *rights_r, enum store_fault *fault_r,
	struct deadline deadline)
{
	struct granting *granting = begin(port, account, name, run_rights);
	bool good = perform(granting, fault_r, deadline);

	if (good)
		*rights_r = granting->rights;
	operation_destroy(granting);
	return good;
}

bool mailbox_grants(struct store_port *port, struct store_account *account,
	struct slice name, struct arena *arena, struct grants *grants_r,
	enum store_fault *fault_r, struct deadline deadline)
{
	struct granting *granting = begin(port, account, name, run_grants);
	bool good = perform(granting, fault_r, deadline);
	struct grant *list;

	if (good) {
		list = arena_take_array(
			arena, granting->grants.count + 1, sizeof(*list));
		for (size_t i = 0; i < granting->grants.count; i++) {
			list[i] = granting->grants.at[i];
			list[i].who = arena_copy(arena, list[i].who);
		}
		*grants_r = (struct grants){list, granting->grants.count};
	}
	operation_destroy(granting);
	return good;
}

/*
 * The index of who shares with whom has each pair that is, and maybe some that are
 * not: a pair comes before its grant, and goes behind it, if it did not come again.
 */
bool mailbox_grant(struct store_port *port, struct store_account *account,
	struct slice name, enum grant_how how, const struct grant *grant,
	enum store_fault *fault_r, struct deadline deadline)
{
	struct shares *shares = port->store->shares;
	struct share share = {.who = grant->who, .owner = store_account_name(account)};
	bool takes = grant->who.size && grant->who.at[0] == GRANT_NOT, good;
	bool gives = !takes && grant->rights && how != GRANT_REMOVE;
	struct slice bare = takes ? slice_from(grant->who, 1) : grant->who;
	struct granting *granting;

	*fault_r = STORE_NO_FAULT;
	if (slice_equal(bare, share.owner)) {
		*fault_r = STORE_CANNOT;
		return fail(FAILURE_DATA, "The owner has all rights, always");
	}
	share.serial = shares_serial(shares, &share);
	if (gives && !shares_add(shares, &share, deadline))
		return false;
	granting = begin(port, account, name, run_grant);
	granting->operation.publish = publish_grant;
	granting->how = how;
	granting->grant = (struct grant){
		arena_copy(&granting->operation.arena, grant->who), grant->rights};
	good = perform(granting, fault_r, deadline);
	if (good && gives)
		(void)shares_add(shares, &share, deadline);
	else if ((good && !takes && !granting->any_left) ||
		 (*fault_r != STORE_NO_FAULT && share.is_new))
		(void)shares_remove(shares, &share, deadline);
	operation_destroy(granting);
	return good;
}

/* All who were given anything, each once. */
static bool run_names(struct operation *operation, struct database *database)
{
	struct granting *granting = granting_of(operation);
	struct query *query = database_query(database,
		"SELECT DISTINCT who FROM acl WHERE substr(who, 1, 1) <> '-' LIMIT ?");
	struct grant *list = NULL;
	size_t count = 0;

	query_number(query, 1, SHARES_MAX);
	while (query_row(query)) {
		list = arena_grow(&operation->arena, list, count, sizeof(*list));
		list[count++].who = arena_copy(
			&operation->arena, query_bytes_of(query, 0));
	}
	granting->grants = (struct grants){list, count};
	return query_end(query);
}

bool store_share_again(struct store_port *port, struct store_account *account,
	struct deadline deadline)
{
	struct granting *granting = begin(port, account, SLICE_EMPTY, run_names);
	enum store_fault fault;
	bool good = perform(granting, &fault, deadline);

	for (size_t i = 0; good && i < granting->grants.count; i++) {
		struct share share = {.who = granting->grants.at[i].who,
			.owner = store_account_name(account)};

		good = shares_add(port->store->shares, &share, deadline);
	}
	operation_destroy(granting);
	return good;
}
