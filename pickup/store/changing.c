/* What all changes of a view have in common; see changing.h. */
#include "store/changing.h"

#include <string.h>

struct changing *changing_of(void *operation)
{
	return CONTAINER_OF(operation, struct changing, operation);
}

struct uid_set changing_copy_set(struct arena *arena, const struct uid_set *set)
{
	struct uid_set copy = *set;

	copy.at = arena_take_array(arena, set->count + 1, sizeof(*copy.at));
	copy.room = set->count + 1;
	if (set->count)
		memcpy(copy.at, set->at, set->count * sizeof(*copy.at));
	return copy;
}

struct changing *changing_begin(struct view *view, const struct uid_set *uids,
	bool (*run)(struct operation *operation, struct database *database))
{
	struct changing *changing = operation_create(
		sizeof(*changing), view->port, view->account);

	changing->operation.run = run;
	changing->mailbox = (int64_t)view_mailbox_id(view);
	changing->every = !uids;
	if (uids)
		changing->uids = changing_copy_set(&changing->operation.arena, uids);
	return changing;
}

/* RIGHTS: what has to be allowed. */
bool changing_start(
	struct changing *changing, struct database *database, unsigned rights)
{
	struct mailbox_row row;

	if (!mailbox_row_of(&changing->operation, database, changing->mailbox, &row))
		return false;
	if (!acl_demand(
		    &changing->operation, database, row.id, rights, &changing->rights))
		return false;
	change_begin(&changing->change, &changing->operation, database, &row);
	return true;
}

const struct uid_set *changing_uids(const struct changing *changing)
{
	return changing->every ? NULL : &changing->uids;
}

static void changing_publish(struct operation *operation)
{
	struct changing *changing = changing_of(operation);

	if (changing->there.mailbox)
		change_publish(operation->account, &changing->there);
	change_publish(operation->account, &changing->change);
}

bool changing_perform(
	struct changing *changing, enum store_fault *fault_r, struct deadline deadline)
{
	changing->operation.publish = changing_publish;
	*fault_r = STORE_NO_FAULT;
	if (operation_perform(&changing->operation, deadline))
		return true;
	if (changing->operation.is_done)
		*fault_r = changing->operation.fault;
	return false;
}

uint8_t view_flags_allowed(unsigned rights)
{
	unsigned flags = rights & RIGHT_WRITE
				 ? MESSAGE_ANSWERED | MESSAGE_FLAGGED | MESSAGE_DRAFT
				 : 0;

	flags |= rights & RIGHT_SEEN ? MESSAGE_SEEN : 0;
	flags |= rights & RIGHT_DELETE ? MESSAGE_DELETED : 0;
	return (uint8_t)flags;
}

bool changing_see(struct changing *changing, struct record *record)
{
	struct operation *operation = &changing->operation;
	struct guest_row row;

	if (operation_is_own(operation))
		return true;
	if (!guest_read_one(operation, changing->change.database, changing->mailbox,
		    record->uid, &row))
		return false;
	record->flags &= (uint8_t)~MESSAGE_SEEN;
	record->flags |= row.seen ? MESSAGE_SEEN : 0;
	if (row.modseq > record->modseq)
		record->modseq = row.modseq;
	return true;
}
