/* SELECT, EXAMINE, CLOSE, UNSELECT (RFC 9051 6.3.2, 6.4.1, 6.4.2), and catching up
 * with what was missed (RFC 7162 3.2.5). */
#include "imap/write.h"
#include "imap_server/commands.h"
#include "imap_server/others.h"
#include "store/acl.h"

void imap_leave_mailbox(struct imap_dialogue *dialogue, bool say)
{
	if (!dialogue->view)
		return;
	view_close(&dialogue->view);
	dialogue->keywords_told = 0;
	dialogue->saved = (struct uid_set){0};
	arena_reset(&dialogue->saved_arena);
	if (say)
		imap_write_state(&dialogue->out, SLICE("*"), "OK", SLICE("CLOSED"),
			"The mailbox before is closed");
}

static uint32_t first_unseen(const struct state *state)
{
	uint32_t sequence = 1;

	if (!state->unseen)
		return 0;
	while (sequence <= state->count &&
		state_at(state, sequence)->flags & MESSAGE_SEEN)
		sequence++;
	return sequence <= state->count ? sequence : 0;
}

static void say_code(struct imap_dialogue *dialogue, const char *name, uint64_t value,
	const char *text)
{
	buffer_append_format(&dialogue->out, "* OK [%s %llu] %s\r\n", name,
		(unsigned long long)value, text);
}

static void introduce(struct imap_dialogue *dialogue, const struct imap_select *asked)
{
	struct view *view = dialogue->view;
	uint32_t unseen = first_unseen(view->state);

	imap_tell_flags(dialogue);
	imap_write_number(&dialogue->out, view->state->count, "EXISTS");
	if (!dialogue->rev2) {
		imap_write_number(&dialogue->out, view_recent(view), "RECENT");
		if (unseen && !dialogue->uid_only)
			say_code(dialogue, "UNSEEN", unseen, "The first unseen one");
	}
	say_code(dialogue, "UIDVALIDITY", view_uidvalidity(view), "UIDs are valid");
	say_code(dialogue, "UIDNEXT", view->state->uidnext, "The next UID");
	say_code(dialogue, "HIGHESTMODSEQ", view->state->highest_modseq,
		"Changes are counted");
	buffer_append_format(&dialogue->out,
		"* OK [MAILBOXID (F%llu)] Its name for ever\r\n",
		(unsigned long long)view_mailbox_id(view));
	if (dialogue->rev2)
		imap_write_list(&dialogue->out,
			&(struct imap_listed){
				.name = "LIST", .mailbox = asked->mailbox},
			true);
}

/* What vanished and what changed since the client was here, of what it knows. */
static bool resync(struct imap_dialogue *dialogue, const struct imap_select *asked,
	struct deadline deadline)
{
	struct view *view = dialogue->view;
	const struct uid_set *known = asked->has_known ? &asked->known : NULL;
	struct uid_set gone;

	if (asked->uidvalidity != view_uidvalidity(view))
		return true;
	if (!view_vanished(view, asked->modseq, &dialogue->arena, &gone, deadline))
		return false;
	if (known)
		gone = imap_set_common(dialogue, &gone, known);
	imap_write_vanished(&dialogue->out, &gone, true);
	for (uint32_t i = 1; i <= view->state->count; i++) {
		const struct record *record = state_at(view->state, i);

		if (record->modseq <= asked->modseq ||
			(known && !uid_set_has(known, record->uid)))
			continue;
		imap_tell_record(dialogue, i, record, true);
		if (!imap_flush_some(dialogue, deadline))
			return false;
	}
	return true;
}

/* RFC 4314 5.2: \Seen is each one's own, and so no change of the mailbox. */
static bool is_read_only(struct imap_dialogue *dialogue)
{
	const unsigned changes = RIGHT_INSERT | RIGHT_EXPUNGE | RIGHT_WRITE |
				 RIGHT_DELETE;

	return dialogue->view->read_only || !(view_rights(dialogue->view) & changes);
}

/* One that fails leaves no mailbox selected (RFC 9051 6.3.2). */
void imap_select(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	const struct imap_select *asked = &command->select;
	bool read_only = command->verb == IMAP_EXAMINE;
	struct imap_place place;
	enum store_fault fault;

	if (asked->qresync && !dialogue->qresync) {
		imap_bad(dialogue, "ENABLE QRESYNC comes first");
		return;
	}
	if (asked->match_numbers.count && dialogue->uid_only) {
		imap_bad_number(dialogue);
		return;
	}
	imap_leave_mailbox(dialogue, true);
	if (asked->condstore)
		imap_turn_on_condstore(dialogue);
	if (!imap_locate(dialogue, asked->mailbox, "NONEXISTENT", &place, deadline))
		return;
	dialogue->view = view_open(
		place.port, place.account, place.name, read_only, &fault, deadline);
	if (!dialogue->view) {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
		return;
	}
	introduce(dialogue, asked);
	if (asked->qresync && !resync(dialogue, asked, deadline)) {
		imap_leave_mailbox(dialogue, false);
		imap_no_fault(dialogue, STORE_NO_FAULT, NULL);
		return;
	}
	imap_ok(dialogue,
		is_read_only(dialogue) ? SLICE("READ-ONLY") : SLICE("READ-WRITE"),
		read_only ? "EXAMINE completed" : "SELECT completed");
}

/* Expunges without a word; what cannot be expunged now stays \Deleted. */
void imap_close(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	enum store_fault fault;

	if (!dialogue->view->read_only && view_rights(dialogue->view) & RIGHT_EXPUNGE &&
		!view_is_gone(dialogue->view) &&
		!view_expunge(dialogue->view, NULL, false, &fault, deadline)) {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
		return;
	}
	imap_leave_mailbox(dialogue, false);
	imap_ok(dialogue, SLICE_EMPTY, "CLOSE completed");
}

void imap_unselect(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	imap_leave_mailbox(dialogue, false);
	imap_ok(dialogue, SLICE_EMPTY, "UNSELECT completed");
}
