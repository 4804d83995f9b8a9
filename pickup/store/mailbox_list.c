/* Lists mailboxes; see mailbox.h. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "store/acl_core.h"
#include "store/guest.h"

struct listing {
	struct operation operation;
	struct slice only; /* this one; empty: all */
	bool counts;
	struct mailbox_entry *list;
	size_t count;
};

static struct mailbox_entry *add(struct listing *listing, struct slice name)
{
	struct arena *arena = &listing->operation.arena;
	struct mailbox_entry *entry;

	listing->list = arena_grow(
		arena, listing->list, listing->count, sizeof(*listing->list));
	entry = &listing->list[listing->count++];
	entry->name = arena_copy(arena, name);
	return entry;
}

static bool read_mailboxes(struct listing *listing, struct database *database)
{
	struct query *query = database_query(database,
		"SELECT name, id, use, selectable, uidvalidity, uidnext, modseq, "
		"recent_from, messages, bytes, unseen, deleted FROM mailbox "
		"WHERE ?1 = '' OR name = ?1");

	query_text(query, 1, listing->only);
	while (query_row(query)) {
		struct mailbox_entry *entry = add(listing, query_bytes_of(query, 0));

		entry->there = true;
		entry->rights = RIGHTS_ALL;
		entry->id = (uint64_t)query_number_of(query, 1);
		entry->use = (enum mailbox_use)query_number_of(query, 2);
		entry->selectable = query_number_of(query, 3) != 0;
		entry->uidvalidity = (uint32_t)query_number_of(query, 4);
		entry->uidnext = (uint32_t)query_number_of(query, 5);
		entry->highest_modseq = (uint64_t)query_number_of(query, 6);
		if (!listing->counts)
			continue;
		entry->recent = (uint32_t)query_number_of(query, 7);
		entry->messages = (uint32_t)query_number_of(query, 8);
		entry->size = (uint64_t)query_number_of(query, 9);
		entry->unseen = (uint32_t)query_number_of(query, 10);
		entry->deleted = (uint32_t)query_number_of(query, 11);
	}
	return query_end(query);
}

/* What is not to be seen goes. */
static bool keep_visible(struct listing *listing, struct database *database)
{
	struct operation *operation = &listing->operation;
	size_t kept = 0;

	if (operation_is_own(operation))
		return true;
	for (size_t i = 0; i < listing->count; i++) {
		struct mailbox_entry *entry = &listing->list[i];
		unsigned wanted = listing->only.size ? RIGHT_READ : RIGHT_LOOKUP;

		if (!acl_rights(
			    operation, database, (int64_t)entry->id, &entry->rights))
			return false;
		if (entry->rights & (wanted | RIGHT_LOOKUP))
			listing->list[kept++] = *entry;
	}
	listing->count = kept;
	return true;
}

/* From memory, if it is open. `recent` holds recent_from so far. */
static bool count_open(struct listing *listing, struct mailbox_entry *entry)
{
	struct store_account *account = listing->operation.account;
	struct mailbox *mailbox = mailbox_take(account, (int64_t)entry->id);
	const struct state *state;

	if (!mailbox)
		return false;
	state = mailbox->state;
	entry->messages = state->count;
	entry->unseen = state->unseen;
	entry->deleted = state->deleted;
	entry->size = state->size;
	pthread_mutex_lock(&account->lock);
	entry->recent = state->count + 1 - state_from(state, mailbox->recent_from);
	pthread_mutex_unlock(&account->lock);
	mailbox_give(&mailbox, NULL);
	return true;
}

/* The row's sums stand already; what is \Recent is counted. */
static bool count_rows(struct mailbox_entry *entry, struct database *database)
{
	struct query *query = database_query(database,
		"SELECT count(*) FROM message WHERE mailbox = ? AND uid >= ?");

	query_number(query, 1, (int64_t)entry->id);
	query_number(query, 2, entry->recent);
	entry->recent = query_row(query) ? (uint32_t)query_number_of(query, 0) : 0;
	return query_end(query);
}

int mailbox_compare(const void *a, const void *b)
{
	const struct mailbox_entry *x = a, *y = b;
	struct slice inbox = SLICE("INBOX");
	bool first = slice_equal(x->name, inbox), second = slice_equal(y->name, inbox);

	return first != second ? (first ? -1 : 1) : slice_compare(x->name, y->name);
}

/* Those that are only subscribed to; marks the others. */
static bool read_subscriptions(struct listing *listing, struct database *database)
{
	struct query *query = database_query(
		database, "SELECT name FROM subscription WHERE ?1 = '' OR name = ?1");
	struct map names = {0};

	for (size_t i = 0; i < listing->count; i++)
		map_set(&names, listing->list[i].name, (void *)(uintptr_t)(i + 1));
	query_text(query, 1, listing->only);
	while (query_row(query)) {
		struct slice name = query_bytes_of(query, 0);
		size_t at = (size_t)(uintptr_t)map_find(&names, name);
		struct mailbox_entry *entry = at ? &listing->list[at - 1]
						 : add(listing, name);

		entry->subscribed = true;
	}
	map_finish(&names);
	return query_end(query);
}

/* Sorted by bytes, what is below a mailbox does not always follow it ("a", "a b",
 * "a/b"): so each name says it to those above it. */
static void note_children(struct listing *listing)
{
	struct map names = {0};

	for (size_t i = 0; i < listing->count; i++)
		map_set(&names, listing->list[i].name, &listing->list[i]);
	for (size_t i = 0; i < listing->count; i++) {
		struct slice name = listing->list[i].name;
		struct mailbox_entry *above;
		size_t at;

		if (!listing->list[i].there)
			continue;
		while ((at = slice_index_last(name, '/')) < name.size) {
			name = slice_part(name, 0, at);
			above = map_find(&names, name);
			if (above)
				above->has_children = true;
		}
	}
	map_finish(&names);
}

static bool run_listing(struct operation *operation, struct database *database)
{
	struct listing *listing = CONTAINER_OF(operation, struct listing, operation);

	if (!mailbox_inbox(operation, database) || !read_mailboxes(listing, database) ||
		!keep_visible(listing, database) ||
		(operation_is_own(operation) && !read_subscriptions(listing, database)))
		return false;
	note_children(listing);
	for (size_t i = 0; i < listing->count && listing->counts; i++) {
		struct mailbox_entry *entry = &listing->list[i];

		if (!entry->there || !entry->selectable)
			continue;
		if (!count_open(listing, entry) && !count_rows(entry, database))
			return false;
		/* The owner's, so far. */
		if (!operation_is_own(operation) &&
			!guest_unseen(operation, database, (int64_t)entry->id,
				&entry->unseen))
			return false;
	}
	if (listing->count)
		qsort(listing->list, listing->count, sizeof(*listing->list),
			mailbox_compare);
	return true;
}

bool mailbox_list(struct store_port *port, struct store_account *account, bool counts,
	struct arena *arena, const struct mailbox_entry **list_r, size_t *count_r,
	struct deadline deadline)
{
	struct listing *listing = operation_create(sizeof(*listing), port, account);
	struct mailbox_entry *list;
	bool good;

	listing->operation.run = run_listing;
	listing->counts = counts;
	good = operation_perform(&listing->operation, deadline);
	if (good) {
		*count_r = listing->count;
		*list_r = list = arena_take_array(
			arena, listing->count + 1, sizeof(*list));
		for (size_t i = 0; i < listing->count; i++) {
			list[i] = listing->list[i];
			list[i].name = arena_copy(arena, list[i].name);
		}
	}
	operation_destroy(listing);
	return good;
}

bool mailbox_status(struct store_port *port, struct store_account *account,
	struct slice name, struct mailbox_entry *entry_r, enum store_fault *fault_r,
	struct deadline deadline)
{
	struct listing *listing = operation_create(sizeof(*listing), port, account);
	bool good;

	*fault_r = STORE_NO_FAULT;
	listing->operation.run = run_listing;
	listing->counts = true;
	listing->only = arena_copy(&listing->operation.arena, name);
	good = operation_perform(&listing->operation, deadline);
	if (good && listing->count && !(listing->list[0].rights & RIGHT_READ) &&
		listing->list[0].there) {
		*fault_r = STORE_NOPERM;
		good = fail(FAILURE_DATA, "You may not do that with this mailbox");
	} else if (good && listing->count && listing->list[0].selectable) {
		*entry_r = listing->list[0];
		entry_r->name = name;
	} else if (good) {
		*fault_r = STORE_NONEXISTENT;
		good = fail(
			FAILURE_DATA, "There is no mailbox %.*s", SLICE_PRINT(name));
	}
	operation_destroy(listing);
	return good;
}
