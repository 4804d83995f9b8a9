/* Makes an account's database and its files agree again; see inspect.h. */
#include "store/inspect.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "store/acl.h"
#include "store/change.h"
#include "store/draft_core.h"

struct repairing {
	struct operation operation;
	const uint64_t *lost;
	size_t lost_count;
	struct change *changes; /* of each mailbox that lost something */
	int64_t *ids;		/* of all mailboxes */
	size_t change_count, id_count;
};

static bool run_all(struct database *database, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!query_run(database_query(database, list[i])))
			return false;
	}
	return true;
}

/* Rows of files that are not there, in a table for the queries that follow. */
static bool name_lost(struct repairing *repairing, struct database *database)
{
	static const char *const tables[] = {
		"CREATE TEMP TABLE IF NOT EXISTS lost (id INTEGER PRIMARY KEY)",
		"CREATE TEMP TABLE IF NOT EXISTS shown (id INTEGER PRIMARY KEY, count)",
		"DELETE FROM temp.lost",
		"DELETE FROM temp.shown",
	};

	if (!run_all(database, tables, ARRAY_COUNT(tables)))
		return false;
	for (size_t i = 0; i < repairing->lost_count; i++) {
		struct query *query = database_query(
			database, "INSERT OR IGNORE INTO temp.lost VALUES (?)");

		query_number(query, 1, (int64_t)repairing->lost[i]);
		if (!query_run(query))
			return false;
	}
	return true;
}

static bool list_mailboxes(struct repairing *repairing, struct database *database)
{
	struct query *query = database_query(database, "SELECT id FROM mailbox");
	size_t count = 0;

	repairing->ids = arena_take_array(&repairing->operation.arena,
		MAILBOXES_MAX + MAILBOX_LEVELS_MAX, sizeof(*repairing->ids));
	while (count < MAILBOXES_MAX + MAILBOX_LEVELS_MAX && query_row(query))
		repairing->ids[count++] = query_number_of(query, 0);
	repairing->id_count = count;
	return query_end(query);
}

/* Whether MAILBOX shows something that is not there. */
static bool has_lost(struct database *database, int64_t mailbox, bool *has_r)
{
	struct query *query = database_query(database,
		"SELECT 1 FROM message WHERE mailbox = ? AND (file IN (SELECT id FROM "
		"temp.lost) OR file NOT IN (SELECT id FROM file)) LIMIT 1");

	query_number(query, 1, mailbox);
	*has_r = query_row(query);
	return query_end(query);
}

static bool is_lost(struct database *database, uint64_t file, bool *lost_r)
{
	struct query *query = database_query(database,
		"SELECT ?1 IN (SELECT id FROM temp.lost) OR ?1 NOT IN (SELECT id FROM "
		"file)");

	query_number(query, 1, (int64_t)file);
	*lost_r = query_row(query) && query_number_of(query, 0);
	return query_end(query);
}

static bool remove_lost(void *context, const struct record *record)
{
	struct change *change = context;
	bool lost;

	return is_lost(change->database, record->file, &lost) &&
	       (!lost || change_remove(change, record));
}

static bool repair_mailbox(
	struct repairing *repairing, struct database *database, int64_t id)
{
	struct query *query = database_query(
		database, "SELECT uidnext, modseq FROM mailbox WHERE id = ?");
	struct change *change = &repairing->changes[repairing->change_count++];
	struct mailbox_row row = {.id = id};

	query_number(query, 1, id);
	if (query_row(query)) {
		row.uidnext = (uint32_t)query_number_of(query, 0);
		row.modseq = (uint64_t)query_number_of(query, 1);
	}
	if (!query_end(query))
		return false;
	change_begin(change, &repairing->operation, database, &row);
	return change_each(change, NULL, remove_lost, change) && change_end(change);
}

/* First what numbers depend on, then what is lost, then sums. */
static bool repair_numbers(struct database *database)
{
	static const char *const list[] = {
		"UPDATE mailbox SET uidnext = max(uidnext, 1 + coalesce((SELECT "
		"max(uid) FROM message WHERE mailbox = mailbox.id), 0), 1 + coalesce("
		"(SELECT max(last) FROM vanished WHERE mailbox = mailbox.id), 0)), "
		"modseq = max(modseq, coalesce((SELECT max(modseq) FROM message WHERE "
		"mailbox = mailbox.id), 0), coalesce((SELECT max(modseq) FROM vanished "
		"WHERE mailbox = mailbox.id), 0))",
	};

	return run_all(database, list, ARRAY_COUNT(list));
}

static bool repair_sums(struct database *database)
{
	static const char *const list[] = {
		"INSERT INTO temp.shown SELECT file, count(*) FROM message GROUP BY "
		"file",
		"UPDATE file SET refs = coalesce((SELECT count FROM temp.shown WHERE "
		"temp.shown.id = file.id), 0)",
		"INSERT OR IGNORE INTO pending_unlink SELECT path FROM file WHERE refs "
		"= 0",
		"DELETE FROM file WHERE refs = 0",
		"UPDATE mailbox SET (messages, bytes, unseen, deleted) = (SELECT "
		"count(*), coalesce(sum(size), 0), coalesce(sum(flags & 1 = 0), 0), "
		"coalesce(sum(flags & 8 <> 0), 0) FROM message WHERE mailbox = "
		"mailbox.id)",
		"UPDATE meta SET value = (SELECT coalesce(sum(size), 0) FROM message) "
		"WHERE key = 'bytes'",
		"UPDATE meta SET value = (SELECT count(*) FROM message) WHERE key = "
		"'messages'",
		"DELETE FROM temp.shown",
		"DELETE FROM temp.lost",
	};

	return run_all(database, list, ARRAY_COUNT(list));
}

static bool run_repair(struct operation *operation, struct database *database)
{
	struct repairing *repairing = CONTAINER_OF(
		operation, struct repairing, operation);

	if (!name_lost(repairing, database) || !repair_numbers(database) ||
		!list_mailboxes(repairing, database))
		return false;
	repairing->changes = arena_take_array(&operation->arena,
		repairing->id_count + 1, sizeof(*repairing->changes));
	for (size_t i = 0; i < repairing->id_count; i++) {
		bool has;

		if (!has_lost(database, repairing->ids[i], &has) ||
			(has && !repair_mailbox(
					repairing, database, repairing->ids[i])))
			return false;
	}
	return repair_sums(database);
}

static void publish_repair(struct operation *operation)
{
	struct repairing *repairing = CONTAINER_OF(
		operation, struct repairing, operation);

	for (size_t i = 0; i < repairing->change_count; i++)
		change_publish(operation->account, &repairing->changes[i]);
}

static bool repair_database(struct store_port *port, struct store_account *account,
	const struct findings *findings, struct deadline deadline)
{
	struct repairing *repairing = operation_create(
		sizeof(*repairing), port, account);
	uint64_t *lost = arena_take_array(
		&repairing->operation.arena, findings->lost_count + 1, sizeof(*lost));
	bool good;

	for (size_t i = 0; i < findings->lost_count; i++)
		lost[i] = findings->lost_files[i];
	repairing->lost = lost;
	repairing->lost_count = findings->lost_count;
	repairing->operation.run = run_repair;
	repairing->operation.publish = publish_repair;
	good = operation_perform(&repairing->operation, deadline);
	operation_destroy(repairing);
	return good;
}

/* --- Strange files --- */

static bool recover_one(struct store_port *port, struct store_account *account,
	struct slice name, struct deadline deadline)
{
	struct append append = {.internal_ms = clock_wall_ms()};
	enum store_fault fault;
	uint32_t uidvalidity, uid;
	uint64_t stamp;
	bool good;

	append.draft = draft_of_file(port, account, name, deadline);
	if (!append.draft)
		return false;
	/* Ours begin with the time they were made. */
	if (slice_to_u64(slice_part(name, 0, slice_index(name, '.')), &stamp) &&
		stamp > 1000000000000 && stamp < (uint64_t)append.internal_ms)
		append.internal_ms = (int64_t)stamp;
	good = mailbox_append(port, account, SLICE(MAILBOX_RECOVERED), &append, 1,
		&uidvalidity, &uid, &fault, deadline);
	draft_discard(&append.draft);
	return good;
}

static bool recover_strange(struct store_port *port, struct store_account *account,
	const struct findings *findings, struct deadline deadline)
{
	enum store_fault fault;

	if (findings->strange_count &&
		!mailbox_create(port, account, SLICE(MAILBOX_RECOVERED), MAILBOX_NO_USE,
			&fault, deadline) &&
		fault != STORE_ALREADYEXISTS)
		return false;
	for (size_t i = 0; i < findings->strange_count; i++) {
		if (!recover_one(port, account, findings->strange_names[i], deadline))
			return false;
	}
	return true;
}

/* By the writer, as all files go. */
struct removing {
	struct operation operation;
	struct slice *names;
	size_t count;
};

static bool run_removing(struct operation *operation, struct database *database)
{
	struct removing *removing = CONTAINER_OF(operation, struct removing, operation);

	for (size_t i = 0; i < removing->count; i++) {
		struct slice path = arena_format(
			&operation->arena, "cur/%.*s", SLICE_PRINT(removing->names[i]));
		struct query *query = database_query(database,
			"INSERT OR IGNORE INTO pending_unlink SELECT ?1 WHERE ?1 NOT "
			"IN "
			"(SELECT path FROM file)");

		query_text(query, 1, path);
		if (!query_run(query))
			return false;
	}
	return true;
}

static bool remove_strange(struct store_port *port, struct store_account *account,
	const struct findings *findings, struct deadline deadline)
{
	struct removing *removing = operation_create(sizeof(*removing), port, account);
	struct arena *arena = &removing->operation.arena;
	bool good;

	removing->count = findings->strange_count;
	removing->names = arena_take_array(
		arena, removing->count + 1, sizeof(*removing->names));
	for (size_t i = 0; i < removing->count; i++)
		removing->names[i] = arena_copy(arena, findings->strange_names[i]);
	removing->operation.run = run_removing;
	good = operation_perform(&removing->operation, deadline);
	operation_destroy(removing);
	return good;
}

bool store_repair(struct store_port *port, struct store_account *account,
	const struct findings *findings, enum strange_files strange,
	struct deadline deadline)
{
	if (findings->damaged)
		return fail(FAILURE_DATA,
			"the database is damaged (%.*s): a backup is needed",
			SLICE_PRINT(findings->damage));
	if (!repair_database(port, account, findings, deadline) ||
		!store_share_again(port, account, deadline))
		return false;
	switch (strange) {
	case STRANGE_RECOVER:
		return recover_strange(port, account, findings, deadline);
	case STRANGE_REMOVE:
		return remove_strange(port, account, findings, deadline);
	case STRANGE_LEAVE:
		break;
	}
	return true;
}

struct aside {
	const char *folder;
	struct failure failure; /* none: good */
};

static void set_aside(void *arg)
{
	static const char *const ends[] = {"-wal", "-shm", ""};
	struct aside *aside = arg;
	long long now_ms = (long long)clock_wall_ms();

	for (size_t i = 0; i < ARRAY_COUNT(ends) && !aside->failure.kind; i++) {
		char *from = memory_format("%s/mail.db%s", aside->folder, ends[i]);
		char *to = memory_format(
			"%s/mail.db.damaged-%lld%s", aside->folder, now_ms, ends[i]);

		if (rename(from, to) && errno != ENOENT) {
			fail_errno(FAILURE_STORE, errno, "rename %s", from);
			aside->failure = *failure_last();
		}
		memory_free(from);
		memory_free(to);
	}
}

bool store_set_database_aside(
	const struct store_account *account, struct deadline deadline)
{
	struct aside aside = {.folder = account->folder};

	return offload(set_aside, &aside, deadline) &&
	       (!aside.failure.kind || fail_again(&aside.failure));
}
