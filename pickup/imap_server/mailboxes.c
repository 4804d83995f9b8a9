/* Mailboxes by name: CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS (RFC 9051
 * 6.3, RFC 6154, RFC 8474). */
#include "imap/write.h"
#include "imap_server/commands.h"
#include "imap_server/others.h"
#include "store/rights.h"

/* The special uses have the same order as bits and as numbers. */
static enum mailbox_use use_of(uint32_t bit)
{
	unsigned use = 1;

	while (use < MAILBOX_USES && !(bit & 1u << (use - 1)))
		use++;
	return (enum mailbox_use)use;
}

void imap_create(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	const struct imap_create *asked = &command->create;
	enum mailbox_use use = asked->uses ? use_of(asked->uses) : MAILBOX_NO_USE;
	struct mailbox_entry entry;
	struct slice code = SLICE_EMPTY;
	struct imap_place place;
	enum store_fault fault;

	if (asked->uses & (asked->uses - 1)) {
		imap_no(dialogue, "USEATTR", "A mailbox has one special use");
		return;
	}
	if (!imap_find(dialogue, asked->mailbox, &place, deadline)) {
		imap_no(dialogue, "NOPERM", "You may not make mailboxes there");
		return;
	}
	if (!mailbox_create(
		    place.port, place.account, place.name, use, &fault, deadline)) {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
		return;
	}
	if (mailbox_status(
		    place.port, place.account, place.name, &entry, &fault, deadline))
		code = arena_format(&dialogue->arena, "MAILBOXID (F%llu)",
			(unsigned long long)entry.id);
	imap_tell(dialogue, true);
	imap_ok(dialogue, code, "CREATE completed");
}

static void answer(struct imap_dialogue *dialogue, bool good, enum store_fault fault,
	const char *text)
{
	if (!good) {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
		return;
	}
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY, text);
}

/* A mailbox that this session has selected goes with it: nothing can be told of it
 * any more. */
void imap_delete(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	enum store_fault fault = STORE_NO_FAULT;
	struct imap_place place;
	bool good;

	if (!imap_locate(dialogue, command->mailbox, "NONEXISTENT", &place, deadline))
		return;
	good = mailbox_remove(place.port, place.account, place.name, &fault, deadline);
	if (good && dialogue->view && view_is_gone(dialogue->view))
		imap_leave_mailbox(dialogue, true);
	answer(dialogue, good, fault, "DELETE completed");
}

void imap_rename(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	enum store_fault fault = STORE_NO_FAULT;
	struct imap_place from, to;
	bool good;

	if (!imap_locate(
		    dialogue, command->rename.from, "NONEXISTENT", &from, deadline))
		return;
	if (!imap_find(dialogue, command->rename.to, &to, deadline)) {
		imap_no(dialogue, "NOPERM", "You may not make mailboxes there");
		return;
	}
	if (from.account != to.account) {
		imap_no(dialogue, "CANNOT", "A mailbox stays with its account");
		return;
	}
	good = mailbox_rename(
		from.port, from.account, from.name, to.name, &fault, deadline);
	answer(dialogue, good, fault, "RENAME completed");
}

void imap_subscribe(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	enum store_fault fault = STORE_NO_FAULT;
	struct imap_place place;
	unsigned rights = RIGHTS_ALL;
	bool good;

	if (!imap_locate(dialogue, command->mailbox, "NONEXISTENT", &place, deadline) ||
		(place.other && !imap_rights_at(dialogue, &place, &rights, deadline)))
		return;
	if (!(rights & RIGHT_LOOKUP)) {
		imap_no(dialogue, "NONEXISTENT", "There is no such mailbox");
		return;
	}
	good = mailbox_subscribe(dialogue->port, dialogue->account,
		place.other ? place.full : place.name, true, &fault, deadline);
	answer(dialogue, good, fault, "SUBSCRIBE completed");
}

void imap_unsubscribe(struct imap_dialogue *dialogue,
	const struct imap_command *command, struct deadline deadline)
{
	enum store_fault fault = STORE_NO_FAULT;
	struct imap_place place;
	bool good;

	/* What is gone, or not shown any more, may be left all the same. */
	good = imap_find(dialogue, command->mailbox, &place, deadline);
	good = mailbox_subscribe(dialogue->port, dialogue->account,
		good && !place.other ? place.name : place.full, false, &fault,
		deadline);
	answer(dialogue, good, fault, "UNSUBSCRIBE completed");
}

void imap_status_of(struct imap_dialogue *dialogue, const struct mailbox_entry *entry,
	unsigned items)
{
	struct imap_status_values values = {
		.messages = entry->messages,
		.recent = entry->recent,
		.uidnext = entry->uidnext,
		.uidvalidity = entry->uidvalidity,
		.unseen = entry->unseen,
		.deleted = entry->deleted,
		.size = entry->size,
		.highest_modseq = entry->highest_modseq,
		.append_limit = dialogue->options->message_max,
		.mailbox_id = arena_format(
			&dialogue->arena, "F%llu", (unsigned long long)entry->id),
	};

	/* What DELETED-STORAGE counts is nowhere summed. */
	items &= ~(unsigned)IMAP_STATUS_DELETED_STORAGE;
	imap_write_status(&dialogue->out, entry->name, items, &values,
		dialogue->utf8 || dialogue->rev2);
}

void imap_status(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	const struct imap_status *asked = &command->status;
	struct mailbox_entry entry;
	struct imap_place place;
	enum store_fault fault;

	if (!imap_locate(dialogue, asked->mailbox, "NONEXISTENT", &place, deadline))
		return;
	if (!mailbox_status(
		    place.port, place.account, place.name, &entry, &fault, deadline)) {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
		return;
	}
	if (!entry.selectable) {
		imap_no(dialogue, entry.there ? "CANNOT" : "NONEXISTENT",
			"This cannot be selected");
		return;
	}
	if (asked->items & IMAP_STATUS_HIGHESTMODSEQ)
		imap_turn_on_condstore(dialogue);
	entry.name = asked->mailbox;
	imap_status_of(dialogue, &entry, asked->items);
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY, "STATUS completed");
}
