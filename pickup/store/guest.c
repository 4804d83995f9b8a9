/* Those who look at mailboxes of others, and what they have seen; see guest.h. */
#include "store/guest.h"

#include "base/memory.h"
#include "store/acl_core.h"

struct guest *guest_hold(struct guest *guest)
{
	guest->holders++;
	return guest;
}

void guest_release(struct guest **guest)
{
	struct guest *old = *guest;

	*guest = NULL;
	if (!old || --old->holders)
		return;
	list_remove(&old->link);
	state_release(&old->state);
	memory_free(old->who);
	memory_free(old);
}

struct guest *guest_find(struct mailbox *mailbox, struct slice who)
{
	LIST_EACH (&mailbox->guests, link) {
		struct guest *guest = CONTAINER_OF(link, struct guest, link);

		if (slice_equal(slice_of(guest->who), who))
			return guest;
	}
	return NULL;
}

/* --- In a transaction --- */

#define HIS "seer = (SELECT id FROM seer WHERE who = ?2)"

static bool forget_gone(
	struct operation *operation, struct database *database, int64_t mailbox)
{
	struct query *query = database_query(database,
		"DELETE FROM seen WHERE mailbox = ?1 AND " HIS " AND NOT EXISTS "
		"(SELECT 1 FROM message WHERE message.mailbox = ?1 AND "
		"message.uid = seen.uid)");

	query_number(query, 1, mailbox);
	query_text(query, 2, operation_who(operation));
	return query_run(query);
}

bool guest_read(struct operation *operation, struct database *database, int64_t mailbox,
	struct guest_rows *rows_r)
{
	struct query *query;
	struct guest_row *list = NULL;
	size_t count = 0;

	if (!forget_gone(operation, database, mailbox))
		return false;
	query = database_query(database,
		"SELECT uid, seen, modseq FROM seen WHERE mailbox = ?1 AND " HIS
		" ORDER BY uid");
	query_number(query, 1, mailbox);
	query_text(query, 2, operation_who(operation));
	while (query_row(query)) {
		list = arena_grow(&operation->arena, list, count, sizeof(*list));
		list[count++] = (struct guest_row){
			.uid = (uint32_t)query_number_of(query, 0),
			.seen = query_number_of(query, 1) != 0,
			.modseq = (uint64_t)query_number_of(query, 2)};
	}
	*rows_r = (struct guest_rows){list, count};
	return query_end(query);
}

bool guest_read_one(struct operation *operation, struct database *database,
	int64_t mailbox, uint32_t uid, struct guest_row *row_r)
{
	struct query *query = database_query(
		database, "SELECT seen, modseq FROM seen WHERE mailbox = ?1 AND uid = "
			  "?3 AND " HIS);

	*row_r = (struct guest_row){.uid = uid};
	query_number(query, 1, mailbox);
	query_text(query, 2, operation_who(operation));
	query_number(query, 3, uid);
	if (query_row(query)) {
		row_r->seen = query_number_of(query, 0) != 0;
		row_r->modseq = (uint64_t)query_number_of(query, 1);
	}
	return query_end(query);
}

bool guest_write(struct operation *operation, struct database *database,
	int64_t mailbox, const struct guest_row *row)
{
	struct query *query = database_query(
		database, "INSERT OR IGNORE INTO seer (who) VALUES (?)");

	query_text(query, 1, operation_who(operation));
	if (!query_run(query))
		return false;
	query = database_query(database,
		"INSERT OR REPLACE INTO seen (mailbox, seer, uid, seen, modseq) "
		"VALUES (?1, (SELECT id FROM seer WHERE who = ?2), ?3, ?4, ?5)");
	query_number(query, 1, mailbox);
	query_text(query, 2, operation_who(operation));
	query_number(query, 3, row->uid);
	query_number(query, 4, row->seen);
	query_number(query, 5, (int64_t)row->modseq);
	return query_run(query);
}

bool guest_unseen(struct operation *operation, struct database *database,
	int64_t mailbox, uint32_t *unseen_r)
{
	struct query *query = database_query(database,
		"SELECT messages - (SELECT count(*) FROM seen JOIN message ON "
		"message.mailbox = ?1 AND message.uid = seen.uid WHERE "
		"seen.mailbox = ?1 AND seen.seen = 1 AND " HIS ") FROM mailbox "
		"WHERE id = ?1");

	query_number(query, 1, mailbox);
	query_text(query, 2, operation_who(operation));
	*unseen_r = query_row(query) ? (uint32_t)query_number_of(query, 0) : 0;
	return query_end(query);
}

/* --- In memory --- */

/* The mailbox's state as he sees it: chunks are copied where that is another one. */
static struct state *state_of(struct state *state, const struct guest_rows *rows)
{
	struct state_edit *edit = state_edit_begin(state);
	size_t at = 0;

	for (uint32_t i = 1; i <= state->count; i++) {
		const struct record *record = state_at(state, i);
		struct guest_row row = {.uid = record->uid};

		while (at < rows->count && rows->at[at].uid < record->uid)
			at++;
		if (at < rows->count && rows->at[at].uid == record->uid)
			row = rows->at[at];
		if (row.seen != ((record->flags & MESSAGE_SEEN) != 0) ||
			row.modseq > record->modseq)
			guest_put_seen(edit, &row);
	}
	return state_edit_finish(&edit, state->uidnext, state->highest_modseq);
}

struct guest *guest_open(
	struct mailbox *mailbox, struct slice who, const struct guest_rows *rows)
{
	struct store_account *account = mailbox->account;
	struct guest *guest;
	struct state *state;

	pthread_mutex_lock(&account->lock);
	guest = guest_find(mailbox, who);
	if (guest)
		guest_hold(guest);
	pthread_mutex_unlock(&account->lock);
	if (guest)
		return guest;
	state = state_of(mailbox->state, rows);
	guest = NEW(struct guest);
	guest->who = memory_copy_text(who);
	guest->holders = 1;
	guest->state = state;
	pthread_mutex_lock(&account->lock);
	list_append(&mailbox->guests, &guest->link);
	pthread_mutex_unlock(&account->lock);
	return guest;
}

/* What is new nobody has seen; what he has seen stays seen. */
void guest_put(struct state_edit *edit, const struct record *record)
{
	struct record *old = state_edit_record(edit, record->uid);
	struct record new = *record;

	new.flags &= (uint8_t)~MESSAGE_SEEN;
	if (!old) {
		state_edit_append(edit, &new);
		return;
	}
	new.flags |= old->flags &MESSAGE_SEEN;
	*old = new;
}

void guest_put_seen(struct state_edit *edit, const struct guest_row *row)
{
	struct record *record = state_edit_record(edit, row->uid);

	if (!record)
		return;
	record->flags &= (uint8_t)~MESSAGE_SEEN;
	if (row->seen)
		record->flags |= MESSAGE_SEEN;
	if (row->modseq > record->modseq)
		record->modseq = row->modseq;
}
