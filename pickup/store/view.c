/* What sessions see of mailboxes; see view.h. */
#include "store/view.h"

#include <string.h>

#include "base/memory.h"
#include "store/acl_core.h"
#include "store/change.h"

/* Opens a mailbox: found among the open ones, or read from the database. */
struct opening {
	struct operation operation;
	struct slice name;
	bool read_only;
	bool sparing; /* nothing is written that could be left: the disk may be full */
	struct mailbox_row row;
	struct mailbox *made;  /* read; not among the open ones yet */
	struct mailbox *found; /* held */
	struct guest_rows rows;
	struct guest *guest; /* held, of the one found */
};

static bool read_keywords(struct database *database, struct mailbox *mailbox)
{
	struct query *query = database_query(database,
		"SELECT id, words FROM keyword_set WHERE mailbox = ? ORDER BY id");

	query_number(query, 1, mailbox->id);
	while (query_row(query))
		mailbox_set_keywords(mailbox, (uint32_t)query_number_of(query, 0),
			query_bytes_of(query, 1));
	return query_end(query);
}

static bool read_state(struct database *database, struct mailbox *mailbox,
	const struct mailbox_row *row)
{
	struct query *query = database_query(database,
		"SELECT " RECORD_COLUMNS
		" FROM message WHERE mailbox = ? ORDER BY uid");
	struct state *empty = state_create(row->uidnext, row->modseq);
	struct state_edit *edit = state_edit_begin(empty);

	query_number(query, 1, mailbox->id);
	while (query_row(query)) {
		struct record record = record_of(query);

		state_edit_append(edit, &record);
	}
	mailbox->state = state_edit_finish(&edit, row->uidnext, row->modseq);
	state_release(&empty);
	return query_end(query);
}

/* What is recent to this session is recent to no other, after a restart either. */
static bool take_recent(struct opening *opening, struct database *database)
{
	struct query *query;

	if (opening->read_only || opening->sparing ||
		opening->row.recent_from >= opening->row.uidnext ||
		!operation_is_own(&opening->operation))
		return true;
	query = database_query(
		database, "UPDATE mailbox SET recent_from = uidnext WHERE id = ?");
	query_number(query, 1, opening->row.id);
	return query_run(query);
}

static bool read_mailbox(struct opening *opening, struct database *database)
{
	struct operation *operation = &opening->operation;
	struct mailbox *mailbox = opening->made = mailbox_make(
		operation->account, &opening->row, opening->name);
	struct grants grants;

	if ((!opening->sparing && !vanished_shrink(operation, database, mailbox->id)) ||
		!read_keywords(database, mailbox) ||
		!acl_read(database, mailbox->id, &operation->arena, &grants))
		return false;
	mailbox->grants = grants_copy(&grants);
	return read_state(database, mailbox, &opening->row);
}

static bool run_opening(struct operation *operation, struct database *database)
{
	struct opening *opening = CONTAINER_OF(operation, struct opening, operation);

	if (!mailbox_inbox(operation, database) ||
		!mailbox_row_read(
			operation, database, opening->name, true, &opening->row) ||
		!acl_demand(operation, database, opening->row.id, RIGHT_READ, NULL) ||
		!take_recent(opening, database))
		return false;
	if (!operation_is_own(operation) &&
		!guest_read(operation, database, opening->row.id, &opening->rows))
		return false;
	opening->found = mailbox_take(operation->account, opening->row.id);
	return opening->found || read_mailbox(opening, database);
}

/* Another one of the same transaction may have opened it, or changed it: only
 * writers change mailboxes, and this is the writer. */
static void publish_opening(struct operation *operation)
{
	struct opening *opening = CONTAINER_OF(operation, struct opening, operation);
	struct mailbox *open;

	if (!opening->found) {
		pthread_mutex_lock(&operation->account->lock);
		open = mailbox_find(operation->account, opening->made->id);
		opening->found = open ? mailbox_hold(open) : mailbox_add(opening->made);
		if (!open)
			opening->made = NULL;
		pthread_mutex_unlock(&operation->account->lock);
	}
	if (operation_is_own(operation))
		return;
	/* What was changed before it is in the rows, and has to be in the state. */
	change_publish_now(operation->account, opening->row.id);
	opening->guest = guest_open(
		opening->found, operation_who(operation), &opening->rows);
}

static void finish_opening(struct operation *operation)
{
	struct opening *opening = CONTAINER_OF(operation, struct opening, operation);
	struct store_account *account = operation->account;

	pthread_mutex_lock(&account->lock);
	guest_release(&opening->guest);
	mailbox_release(&opening->found);
	mailbox_release(&opening->made);
	pthread_mutex_unlock(&account->lock);
}

static struct view *view_make(struct opening *opening, bool read_only)
{
	struct store_account *account = opening->operation.account;
	struct view *view = NEW(struct view);

	view->port = opening->operation.port;
	view->account = store_account_hold(account->store, slice_of(account->name));
	view->read_only = read_only;
	pthread_mutex_lock(&account->lock);
	view->mailbox = mailbox_hold(opening->found);
	view->watch = watch_hold(view->port, view->mailbox);
	if (opening->guest)
		view->guest = guest_hold(opening->guest);
	view->state = state_hold(
		view->guest ? view->guest->state : view->mailbox->state);
	view->newest = state_hold(view->state);
	view->recent_from = view->mailbox->recent_from;
	if (!read_only && !view->guest)
		view->mailbox->recent_from = view->state->uidnext;
	pthread_mutex_unlock(&account->lock);
	return view;
}

static struct view *try_to_open(struct store_port *port, struct store_account *account,
	const struct opening *how, enum store_fault *fault_r, struct deadline deadline)
{
	struct opening *opening = operation_create(sizeof(*opening), port, account);
	struct view *view = NULL;

	*fault_r = STORE_NO_FAULT;
	opening->operation.run = run_opening;
	opening->operation.may_lose = true; /* what is recent to whom */
	opening->operation.publish = publish_opening;
	opening->operation.finish = finish_opening;
	opening->name = arena_copy(&opening->operation.arena, how->name);
	opening->read_only = how->read_only;
	opening->sparing = how->sparing;
	if (operation_perform(&opening->operation, deadline))
		view = view_make(opening, how->read_only);
	else if (opening->operation.is_done)
		*fault_r = opening->operation.fault;
	operation_destroy(opening);
	return view;
}

/* On a disk that is full mail can be read, and removed to make room. */
struct view *view_open(struct store_port *port, struct store_account *account,
	struct slice name, bool read_only, enum store_fault *fault_r,
	struct deadline deadline)
{
	struct opening how = {.name = name, .read_only = read_only};
	struct view *view = try_to_open(port, account, &how, fault_r, deadline);

	how.sparing = true;
	if (!view && *fault_r == STORE_NO_FAULT &&
		failure_last()->kind == FAILURE_STORE)
		view = try_to_open(port, account, &how, fault_r, deadline);
	return view;
}

void view_close(struct view **view)
{
	struct view *old = *view;

	*view = NULL;
	if (!old)
		return;
	watch_release(&old->watch);
	pthread_mutex_lock(&old->account->lock);
	guest_release(&old->guest);
	mailbox_release(&old->mailbox);
	pthread_mutex_unlock(&old->account->lock);
	state_release(&old->state);
	state_release(&old->newest);
	store_account_release(&old->account);
	memory_free(old);
}

uint32_t view_uidvalidity(const struct view *view)
{
	return view->mailbox->uidvalidity;
}

uint64_t view_mailbox_id(const struct view *view)
{
	return (uint64_t)view->mailbox->id;
}

bool view_is_gone(const struct view *view)
{
	bool gone;

	pthread_mutex_lock(&view->account->lock);
	gone = view->mailbox->gone;
	pthread_mutex_unlock(&view->account->lock);
	return gone || !(view_rights(view) & RIGHT_READ);
}

uint32_t view_recent(const struct view *view)
{
	return view->state->count + 1 - state_from(view->state, view->recent_from);
}

struct slice view_keywords(const struct view *view, uint32_t set)
{
	const struct mailbox *mailbox = view->mailbox;
	struct slice words = SLICE_EMPTY;

	if (!set)
		return words;
	pthread_mutex_lock(&view->account->lock);
	if (set < mailbox->keyword_count)
		words = mailbox->keywords[set];
	pthread_mutex_unlock(&view->account->lock);
	return words;
}

uint32_t view_keyword_sets(const struct view *view)
{
	uint32_t count;

	pthread_mutex_lock(&view->account->lock);
	count = view->mailbox->keyword_count;
	pthread_mutex_unlock(&view->account->lock);
	return count ? count - 1 : 0;
}

size_t view_all_keywords(
	const struct view *view, struct arena *arena, const struct slice **list_r)
{
	const struct mailbox *mailbox = view->mailbox;
	struct buffer all = {0};
	struct slice words, *list;
	size_t count = 0;

	pthread_mutex_lock(&view->account->lock);
	for (uint32_t i = 1; i < mailbox->keyword_count; i++) {
		buffer_append(&all, mailbox->keywords[i]);
		buffer_append_byte(&all, ' ');
	}
	pthread_mutex_unlock(&view->account->lock);
	words = keywords_prepare(arena, buffer_contents(&all));
	words = arena_copy(arena, words);
	buffer_finish(&all);
	list = arena_take_array(arena, words.size / 2 + 1, sizeof(*list));
	while (words.size)
		list[count++] = slice_cut(&words, ' ');
	*list_r = list;
	return count;
}
