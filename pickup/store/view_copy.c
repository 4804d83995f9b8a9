/* Copies and moves messages within an account; see view.h. */
#include "store/changing.h"

static bool copy(void *context, const struct record *record)
{
	struct changing *changing = context;
	struct arena *arena = &changing->operation.arena;
	struct record new = *record;
	struct slice words;
	bool seen;

	new.saved_ms = changing->change.now_ms;
	if (!changing_see(changing, &new) ||
		!change_words_of(&changing->change, record->keywords, &words))
		return false;
	new.flags &= view_flags_allowed(changing->rights);
	if (!(changing->rights & RIGHT_WRITE))
		words = SLICE_EMPTY;
	seen = new.flags &MESSAGE_SEEN && !operation_is_own(&changing->operation);
	if (seen)
		new.flags &= (uint8_t)~MESSAGE_SEEN;
	if (!change_add(changing->into, &new, words) ||
		(seen && !change_set_seen(changing->into, new.uid, true)))
		return false;
	uid_set_add(&changing->copied.from, arena, record->uid, record->uid);
	uid_set_add(&changing->copied.to, arena, new.uid, new.uid);
	return !changing->move || change_remove(&changing->change, record);
}

static bool run_copy(struct operation *operation, struct database *database)
{
	struct changing *changing = changing_of(operation);
	unsigned rights = RIGHT_READ;
	struct mailbox_row row;

	if (changing->move)
		rights |= RIGHT_DELETE | RIGHT_EXPUNGE;
	if (!changing_start(changing, database, rights) ||
		!mailbox_row_read(operation, database, changing->to, true, &row) ||
		!acl_demand(
			operation, database, row.id, RIGHT_INSERT, &changing->rights))
		return false;
	changing->into = &changing->change;
	/* Moved into itself: what is added and what is removed are one change of it. */
	if (row.id != changing->mailbox || !changing->move) {
		changing->into = &changing->there;
		change_begin(&changing->there, operation, database, &row);
	}
	changing->copied.uidvalidity = row.uidvalidity;
	return change_each(
		       &changing->change, changing_uids(changing), copy, changing) &&
	       change_end(&changing->there) && change_end(&changing->change) &&
	       (changing->move || change_check_quota(operation, database));
}

bool view_copy(struct view *view, const struct uid_set *uids, struct slice to,
	bool move, struct arena *arena, struct copied *copied_r,
	enum store_fault *fault_r, struct deadline deadline)
{
	struct changing *changing = changing_begin(view, uids, run_copy);
	bool good;

	changing->to = arena_copy(&changing->operation.arena, to);
	changing->move = move;
	good = changing_perform(changing, fault_r, deadline);
	if (good) {
		copied_r->uidvalidity = changing->copied.uidvalidity;
		copied_r->from = changing_copy_set(arena, &changing->copied.from);
		copied_r->to = changing_copy_set(arena, &changing->copied.to);
	}
	operation_destroy(changing);
	return good;
}
