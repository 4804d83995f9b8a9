/* What sessions change through a view; see view.h. */
#include <string.h>

#include "base/memory.h"
#include "store/change.h"
#include "store/view.h"

struct changing {
	struct operation operation;
	struct change change, there; /* of the mailbox; of the one copied to */
	int64_t mailbox;
	struct uid_set uids;
	bool every;
	struct flags_change how;
	struct uid_set modified;
	bool any; /* expunged whatever its flags */
	struct slice to;
	bool move;
	struct copied copied;
};

static struct changing *changing_of(void *operation)
{
	return CONTAINER_OF(operation, struct changing, operation);
}

static struct uid_set copy_set(struct arena *arena, const struct uid_set *set)
{
	struct uid_set copy = *set;

	copy.at = arena_take_array(arena, set->count + 1, sizeof(*copy.at));
	copy.room = set->count + 1;
	if (set->count)
		memcpy(copy.at, set->at, set->count * sizeof(*copy.at));
	return copy;
}

static struct changing *begin(struct view *view, const struct uid_set *uids,
	bool (*run)(struct operation *operation, struct database *database))
{
	struct changing *changing = operation_create(
		sizeof(*changing), view->port, view->account);

	changing->operation.run = run;
	changing->mailbox = (int64_t)view_mailbox_id(view);
	changing->every = !uids;
	if (uids)
		changing->uids = copy_set(&changing->operation.arena, uids);
	return changing;
}

/* By its number: it may have been renamed since. */
static bool begin_change(struct changing *changing, struct database *database)
{
	struct query *query = database_query(
		database, "SELECT uidnext, modseq FROM mailbox WHERE id = ?");
	struct mailbox_row row = {.id = changing->mailbox};
	bool found;

	query_number(query, 1, changing->mailbox);
	found = query_row(query);
	if (found) {
		row.uidnext = (uint32_t)query_number_of(query, 0);
		row.modseq = (uint64_t)query_number_of(query, 1);
	}
	if (!query_end(query))
		return false;
	if (!found)
		return operation_refuse(
			&changing->operation, STORE_NONEXISTENT, "The mailbox is gone");
	change_begin(&changing->change, &changing->operation, database, &row);
	return true;
}

static const struct uid_set *uids_of(const struct changing *changing)
{
	return changing->every ? NULL : &changing->uids;
}

static void publish(struct operation *operation)
{
	struct changing *changing = changing_of(operation);

	if (changing->there.mailbox)
		change_publish(operation->account, &changing->there);
	change_publish(operation->account, &changing->change);
}

static bool perform(
	struct changing *changing, enum store_fault *fault_r, struct deadline deadline)
{
	changing->operation.publish = publish;
	*fault_r = STORE_NO_FAULT;
	if (operation_perform(&changing->operation, deadline))
		return true;
	if (changing->operation.is_done)
		*fault_r = changing->operation.fault;
	return false;
}

/* --- Flags --- */

/* WORDS without those of LESS. */
static struct slice without(struct arena *arena, struct slice words, struct slice less)
{
	char *text = arena_take(arena, words.size + 1);
	size_t size = 0;

	while (words.size) {
		struct slice word = slice_cut(&words, ' '), rest = less;
		bool kept = true;

		while (kept && rest.size)
			kept = !slice_equal_nocase(word, slice_cut(&rest, ' '));
		if (!kept)
			continue;
		if (size)
			text[size++] = ' ';
		memcpy(text + size, word.at, word.size);
		size += word.size;
	}
	return slice_make(text, size);
}

static struct slice new_words(const struct changing *changing, struct slice words)
{
	struct arena *arena = changing->change.arena;
	struct buffer both = {0};

	switch (changing->how.how) {
	case FLAGS_SET:
		return changing->how.keywords;
	case FLAGS_REMOVE:
		return without(arena, words, changing->how.keywords);
	case FLAGS_ADD:
		break;
	}
	buffer_append(&both, words);
	buffer_append_byte(&both, ' ');
	buffer_append(&both, changing->how.keywords);
	words = keywords_prepare(arena, buffer_contents(&both));
	buffer_finish(&both);
	return words;
}

static bool change_flags(void *context, const struct record *record)
{
	struct changing *changing = context;
	const struct flags_change *how = &changing->how;
	struct slice words, wanted;
	uint8_t flags = how->how == FLAGS_SET	? how->flags
			: how->how == FLAGS_ADD ? record->flags | how->flags
						: record->flags & (uint8_t)~how->flags;

	if (record->modseq > how->unchanged_since) {
		uid_set_add(&changing->modified, &changing->operation.arena,
			record->uid, record->uid);
		return true;
	}
	if (!change_words_of(&changing->change, record->keywords, &words))
		return false;
	wanted = new_words(changing, words);
	if (flags == record->flags && slice_equal(words, wanted))
		return true;
	return change_set_flags(&changing->change, record, flags, wanted);
}

static bool run_flags(struct operation *operation, struct database *database)
{
	struct changing *changing = changing_of(operation);

	return begin_change(changing, database) &&
	       change_each(
		       &changing->change, uids_of(changing), change_flags, changing) &&
	       change_end(&changing->change);
}

bool view_change_flags(struct view *view, const struct uid_set *uids,
	const struct flags_change *change, struct arena *arena,
	struct uid_set *modified_r, enum store_fault *fault_r, struct deadline deadline)
{
	struct changing *changing = begin(view, uids, run_flags);
	bool good;

	changing->how = *change;
	changing->how.flags &= MESSAGE_FLAGS;
	changing->how.keywords = keywords_prepare(&changing->operation.arena,
		arena_copy(&changing->operation.arena, change->keywords));
	good = perform(changing, fault_r, deadline);
	if (good)
		*modified_r = copy_set(arena, &changing->modified);
	operation_destroy(changing);
	return good;
}

/* --- Expunging --- */

static bool expunge(void *context, const struct record *record)
{
	struct changing *changing = context;

	return (!changing->any && !(record->flags & MESSAGE_DELETED)) ||
	       change_remove(&changing->change, record);
}

static bool run_expunge(struct operation *operation, struct database *database)
{
	struct changing *changing = changing_of(operation);

	return begin_change(changing, database) &&
	       change_each(&changing->change, uids_of(changing), expunge, changing) &&
	       change_end(&changing->change);
}

bool view_expunge(struct view *view, const struct uid_set *uids, bool any,
	enum store_fault *fault_r, struct deadline deadline)
{
	struct changing *changing = begin(view, uids, run_expunge);
	bool good;

	changing->any = any;
	good = perform(changing, fault_r, deadline);
	operation_destroy(changing);
	return good;
}

/* --- Copying --- */

static bool copy(void *context, const struct record *record)
{
	struct changing *changing = context;
	struct arena *arena = &changing->operation.arena;
	struct record new = *record;
	struct slice words;

	new.saved_ms = changing->change.now_ms;
	if (!change_words_of(&changing->change, record->keywords, &words) ||
		!change_add(&changing->there, &new, words))
		return false;
	uid_set_add(&changing->copied.from, arena, record->uid, record->uid);
	uid_set_add(&changing->copied.to, arena, new.uid, new.uid);
	return !changing->move || change_remove(&changing->change, record);
}

static bool run_copy(struct operation *operation, struct database *database)
{
	struct changing *changing = changing_of(operation);
	struct mailbox_row row;

	if (!begin_change(changing, database) ||
		!mailbox_row_read(operation, database, changing->to, true, &row))
		return false;
	/* Into itself: what is added and what is removed are one change of it. */
	if (row.id == changing->mailbox && changing->move)
		return operation_refuse(operation, STORE_CANNOT,
			"The messages are in that mailbox already");
	change_begin(&changing->there, operation, database, &row);
	changing->copied.uidvalidity = row.uidvalidity;
	return change_each(&changing->change, uids_of(changing), copy, changing) &&
	       change_end(&changing->there) && change_end(&changing->change) &&
	       (changing->move || change_check_quota(operation, database));
}

bool view_copy(struct view *view, const struct uid_set *uids, struct slice to,
	bool move, struct arena *arena, struct copied *copied_r,
	enum store_fault *fault_r, struct deadline deadline)
{
	struct changing *changing = begin(view, uids, run_copy);
	bool good;

	changing->to = arena_copy(&changing->operation.arena, to);
	changing->move = move;
	good = perform(changing, fault_r, deadline);
	if (good) {
		copied_r->uidvalidity = changing->copied.uidvalidity;
		copied_r->from = copy_set(arena, &changing->copied.from);
		copied_r->to = copy_set(arena, &changing->copied.to);
	}
	operation_destroy(changing);
	return good;
}

/* --- What is gone --- */

struct vanishing {
	struct operation operation;
	int64_t mailbox;
	uint64_t modseq;
	struct uid_set vanished;
};

static bool run_vanished(struct operation *operation, struct database *database)
{
	struct vanishing *vanishing = CONTAINER_OF(
		operation, struct vanishing, operation);
	struct query *query = database_query(database,
		"SELECT first, last FROM vanished WHERE mailbox = ? AND modseq > ? "
		"ORDER BY first");

	query_number(query, 1, vanishing->mailbox);
	query_number(query, 2, (int64_t)vanishing->modseq);
	while (query_row(query))
		uid_set_add(&vanishing->vanished, &operation->arena,
			(uint32_t)query_number_of(query, 0),
			(uint32_t)query_number_of(query, 1));
	return query_end(query);
}

bool view_vanished(struct view *view, uint64_t modseq, struct arena *arena,
	struct uid_set *vanished_r, struct deadline deadline)
{
	struct vanishing *vanishing = operation_create(
		sizeof(*vanishing), view->port, view->account);
	bool good;

	vanishing->operation.run = run_vanished;
	vanishing->mailbox = (int64_t)view_mailbox_id(view);
	vanishing->modseq = modseq;
	good = operation_perform(&vanishing->operation, deadline);
	if (good)
		*vanished_r = copy_set(arena, &vanishing->vanished);
	operation_destroy(vanishing);
	return good;
}
