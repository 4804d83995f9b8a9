/*
 * Places for one message in several mailboxes, in one transaction; see placement.h.
 */
#include "store/placement.h"

#include <assert.h>

#include "base/clock.h"
#include "store/change.h"
#include "store/draft_core.h"

struct placing {
	struct operation operation;
	char *name; /* of the draft's file */
	struct slice path, facts, key;
	uint64_t size;
	int64_t internal_ms;
	struct place *places;
	size_t count;
	struct change *changes;
	size_t change_count;
	bool again;
};

static struct placing *placing_of(struct operation *operation)
{
	return CONTAINER_OF(operation, struct placing, operation);
}

/* What is too old to be asked about goes. */
static bool note(struct placing *placing, struct database *database)
{
	int64_t now_ms = clock_wall_ms();
	struct query *query = database_query(
		database, "DELETE FROM placed WHERE at_ms < ?");

	query_number(query, 1, now_ms - PLACEMENT_KEPT_MS);
	if (!query_run(query))
		return false;
	query = database_query(database,
		"INSERT INTO placed (key, at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING");
	query_text(query, 1, placing->key);
	query_number(query, 2, now_ms);
	if (!query_run(query))
		return false;
	placing->again = database_changes(database) == 0;
	return true;
}

/* The mailbox of that name in whatever case: "lists" is "Lists". Empty: none. */
static bool find_nocase(struct operation *operation, struct database *database,
	struct slice name, struct slice *name_r)
{
	struct query *query = database_query(database,
		"SELECT name FROM mailbox WHERE selectable = 1 AND name = ?1 COLLATE "
		"NOCASE ORDER BY name = ?1 DESC LIMIT 1");

	*name_r = SLICE_EMPTY;
	query_text(query, 1, name);
	if (query_row(query))
		*name_r = arena_copy(&operation->arena, query_bytes_of(query, 0));
	return query_end(query);
}

static bool find_mailbox(struct operation *operation, struct database *database,
	const struct place *place, struct mailbox_row *row_r)
{
	struct slice name = place->mailbox, found;

	if (place->if_there) {
		if (!find_nocase(operation, database, name, &found))
			return false;
		name = found.size ? found : SLICE("INBOX");
	}
	return mailbox_ensure(operation, database, name) &&
	       mailbox_row_read(operation, database, name, true, row_r);
}

static bool is_there(const struct placing *placing, int64_t mailbox)
{
	for (size_t i = 0; i < placing->change_count; i++)
		if (placing->changes[i].mailbox == mailbox)
			return true;
	return false;
}

static bool put(struct placing *placing, struct database *database,
	const struct place *place, uint64_t file)
{
	struct record record = {.file = file,
		.flags = place->flags & MESSAGE_FLAGS,
		.size = (uint32_t)placing->size,
		.internal_ms = placing->internal_ms};
	struct mailbox_row row;
	struct change *change;

	if (!find_mailbox(&placing->operation, database, place, &row))
		return false;
	if (is_there(placing, row.id))
		return true;
	change = &placing->changes[placing->change_count++];
	change_begin(change, &placing->operation, database, &row);
	record.saved_ms = change->now_ms;
	return change_add(change, &record, place->keywords) && change_end(change);
}

static bool run_place(struct operation *operation, struct database *database)
{
	struct placing *placing = placing_of(operation);
	uint64_t file;

	placing->change_count = 0;
	if (!note(placing, database))
		return false;
	if (placing->again)
		return true;
	if (!mailbox_inbox(operation, database) ||
		!draft_insert_file(
			database, placing->path, placing->size, placing->facts, &file))
		return false;
	for (size_t i = 0; i < placing->count; i++)
		if (!put(placing, database, &placing->places[i], file))
			return false;
	return change_check_quota(operation, database);
}

static void publish_place(struct operation *operation)
{
	struct placing *placing = placing_of(operation);

	for (size_t i = 0; i < placing->change_count; i++)
		change_publish(operation->account, &placing->changes[i]);
	if (!placing->again)
		draft_unlink(operation->account, placing->name, false);
}

/* Of one that was left behind, nobody else cleans up. */
static void finish_place(struct operation *operation)
{
	const struct placing *placing = placing_of(operation);

	if (operation->left && (!operation->good || placing->again))
		draft_unlink(operation->account, placing->name, true);
}

static struct placing *prepare(struct store_port *port, struct store_account *account,
	const struct placement *placement)
{
	struct placing *placing = operation_create(sizeof(*placing), port, account);
	struct arena *arena = &placing->operation.arena;
	const struct draft *draft = placement->draft;

	placing->operation.run = run_place;
	placing->operation.publish = publish_place;
	placing->operation.finish = finish_place;
	placing->operation.names_files = true;
	placing->name = arena_copy_text(arena, slice_of(draft->name));
	placing->path = arena_format(arena, "cur/%s", draft->name);
	placing->facts = arena_copy(arena, buffer_contents(&draft->facts));
	placing->key = arena_copy(arena, placement->key);
	placing->size = draft->written;
	placing->internal_ms = placement->internal_ms;
	placing->count = placement->count;
	placing->places = arena_take_array(
		arena, placing->count, sizeof(*placing->places));
	placing->changes = arena_take_array(
		arena, placing->count, sizeof(*placing->changes));
	for (size_t i = 0; i < placing->count; i++) {
		const struct place *place = &placement->places[i];

		placing->places[i] = *place;
		placing->places[i].mailbox = arena_copy(arena, place->mailbox);
		placing->places[i].keywords = keywords_prepare(
			arena, arena_copy(arena, place->keywords));
	}
	return placing;
}

bool mailbox_place(struct store_port *port, struct store_account *account,
	const struct placement *placement, bool *again_r, enum store_fault *fault_r,
	struct deadline deadline)
{
	struct placing *placing;
	bool good, known, again = false;

	assert(placement->count && placement->count <= PLACES_MAX);
	placing = prepare(port, account, placement);
	*fault_r = STORE_NO_FAULT;
	good = operation_perform(&placing->operation, deadline);
	known = placing->operation.is_done;
	if (good)
		*again_r = again = placing->again;
	else if (known)
		*fault_r = placing->operation.fault;
	placement->draft->kept = (good && !again) || !known;
	operation_destroy(placing);
	return good;
}
