/* What changes messages: STORE, COPY, MOVE, EXPUNGE (RFC 9051 6.4, RFC 4315, RFC 6851,
 * RFC 7162). */
#include <strings.h>

#include "imap/write.h"
#include "imap_server/commands.h"
#include "imap_server/others.h"
#include "store/transfer.h"

static const enum flags_how hows[] = {
	[IMAP_STORE_SET] = FLAGS_SET,
	[IMAP_STORE_ADD] = FLAGS_ADD,
	[IMAP_STORE_REMOVE] = FLAGS_REMOVE,
};

static bool may_change(struct imap_dialogue *dialogue)
{
	if (dialogue->view->read_only)
		imap_no(dialogue, "NOPERM", "The mailbox is open for reading only");
	return !dialogue->view->read_only;
}

/* What was asked for is answered for each message, changed or not (RFC 9051 6.4.6);
 * silently, the modseq at least, where it is counted. */
static void tell_stored(struct imap_dialogue *dialogue,
	const struct imap_command *command, const struct uid_set *chosen,
	const struct uid_set *modified)
{
	const struct state *state = dialogue->view->state;
	bool uid = command->uid || dialogue->rev2 || dialogue->qresync;
	struct fetch_writer writer = {.out = &dialogue->out};

	for (size_t i = 0; i < chosen->count; i++) {
		for (uint32_t k = chosen->at[i].first; k <= chosen->at[i].last; k++) {
			const struct record *record = state_at(state, k);

			if (record->flags & MESSAGE_GHOST)
				continue;
			if (!command->store.silent) {
				imap_tell_record(dialogue, k, record, uid);
			} else if (dialogue->condstore &&
				   !uid_set_has(modified, record->uid)) {
				imap_begin_fetch(dialogue, &writer, k, record->uid);
				if (uid)
					fetch_uid(&writer, record->uid);
				fetch_modseq(&writer, record->modseq);
				fetch_end(&writer);
			}
		}
	}
}

/* The messages that were changed meanwhile, in the command's numbers. */
static struct slice modified_code(
	struct imap_dialogue *dialogue, bool uid, const struct uid_set *modified)
{
	const struct state *state = dialogue->view->state;
	struct uid_set numbers = {0};
	struct buffer code = {0};
	struct slice text;

	if (!modified->count)
		return SLICE_EMPTY;
	if (uid)
		numbers = *modified;
	for (size_t i = 0; !uid && i < modified->count; i++) {
		uint32_t first = state_from(state, modified->at[i].first);

		for (; first <= state->count &&
			state_at(state, first)->uid <= modified->at[i].last;
			first++)
			uid_set_add(&numbers, &dialogue->arena, first, first);
	}
	buffer_append(&code, SLICE("MODIFIED "));
	uid_set_write(&numbers, &code);
	text = arena_copy(&dialogue->arena, buffer_contents(&code));
	buffer_finish(&code);
	return text;
}

/* Of those in the order of view_all_keywords; NULL: it is a new one. */
static const struct slice *find_keyword(
	const struct slice *list, size_t count, struct slice word)
{
	size_t least = 0;

	while (count) {
		size_t half = count / 2;
		struct slice at = list[least + half];
		size_t common = at.size < word.size ? at.size : word.size;
		int order = strncasecmp(at.at, word.at, common);

		if (order == 0)
			order = (at.size > word.size) - (at.size < word.size);
		if (order == 0)
			return &list[least + half];
		least += order < 0 ? half + 1 : 0;
		count = order < 0 ? count - half - 1 : half;
	}
	return NULL;
}

/* Keywords are the same in any case: as the mailbox has them already, where it has. */
static struct slice spelled(
	struct imap_dialogue *dialogue, const struct imap_flags *flags)
{
	struct imap_flags known = *flags;
	struct slice *words = arena_take_array(
		&dialogue->arena, flags->keyword_count + 1, sizeof(*words));
	const struct slice *list;
	size_t count;

	if (!flags->keyword_count)
		return SLICE("");
	count = view_all_keywords(dialogue->view, &dialogue->arena, &list);
	for (size_t i = 0; i < flags->keyword_count; i++) {
		const struct slice *same = find_keyword(
			list, count, flags->keywords[i]);

		words[i] = same ? *same : flags->keywords[i];
	}
	known.keywords = words;
	return imap_keywords_join(&dialogue->arena, &known);
}

void imap_store(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	const struct imap_store *asked = &command->store;
	struct flags_change change = {.how = hows[asked->how],
		.flags = asked->flags.system & MESSAGE_FLAGS,
		.keywords = spelled(dialogue, &asked->flags),
		.unchanged_since = asked->unchanged_since ? asked->since : UINT64_MAX};
	struct uid_set uids, modified = {0};
	struct uid_set chosen;
	enum store_fault fault;

	if (!may_change(dialogue) ||
		!imap_choose(dialogue, &asked->set, command->uid, &chosen))
		return;
	if (asked->unchanged_since)
		imap_turn_on_condstore(dialogue);
	uids = imap_uids_of(dialogue, &chosen);
	if (uids.count && !view_change_flags(dialogue->view, &uids, &change,
				  &dialogue->arena, &modified, &fault, deadline)) {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
		return;
	}
	dialogue->own = &uids;
	imap_tell(dialogue, false);
	dialogue->own = NULL;
	tell_stored(dialogue, command, &chosen, &modified);
	imap_ok(dialogue, modified_code(dialogue, command->uid, &modified),
		modified.count ? "Some were changed meanwhile" : "STORE completed");
}

/* Within an account by its database alone. */
static bool copy_to(struct imap_dialogue *dialogue, const struct uid_set *uids,
	const struct imap_place *place, bool move, struct copied *copied_r,
	enum store_fault *fault_r, struct deadline deadline)
{
	struct transfer transfer = {
		.port = place->port, .account = place->account, .to = place->name};

	if (place->account == dialogue->view->account)
		return view_copy(dialogue->view, uids, place->name, move,
			&dialogue->arena, copied_r, fault_r, deadline);
	return view_transfer(dialogue->view, uids, &transfer, move, &dialogue->arena,
		copied_r, fault_r, deadline);
}

static void copy(struct imap_dialogue *dialogue, const struct imap_command *command,
	bool move, struct deadline deadline)
{
	struct copied copied = {0};
	struct imap_place place;
	struct uid_set uids, chosen;
	struct buffer code = {0};
	enum store_fault fault;

	if ((move && !may_change(dialogue)) ||
		!imap_choose(dialogue, &command->copy.set, command->uid, &chosen) ||
		!imap_locate(
			dialogue, command->copy.mailbox, "TRYCREATE", &place, deadline))
		return;
	uids = imap_uids_of(dialogue, &chosen);
	if (uids.count &&
		!copy_to(dialogue, &uids, &place, move, &copied, &fault, deadline)) {
		imap_no_fault(dialogue, fault, "TRYCREATE");
		return;
	}
	if (copied.from.count)
		imap_code_copyuid(&code, copied.uidvalidity, &copied.from, &copied.to);
	/* RFC 6851 4.3: where they went is known before they are gone. */
	if (move && copied.from.count) {
		imap_write_state(&dialogue->out, SLICE("*"), "OK",
			buffer_contents(&code), "Moved");
		buffer_clear(&code);
	}
	imap_tell(dialogue, true);
	imap_ok(dialogue, buffer_contents(&code),
		move ? "MOVE completed" : "COPY completed");
	buffer_finish(&code);
}

void imap_copy(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	copy(dialogue, command, false, deadline);
}

void imap_move(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	copy(dialogue, command, true, deadline);
}

void imap_expunge(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	struct uid_set uids = {0};
	struct uid_set chosen;
	enum store_fault fault;
	uint64_t before, after;

	if (!may_change(dialogue))
		return;
	if (command->uid) {
		if (!imap_choose(dialogue, &command->expunge, true, &chosen))
			return;
		uids = imap_uids_of(dialogue, &chosen);
	}
	if ((!command->uid || uids.count) &&
		!view_expunge(dialogue->view, command->uid ? &uids : NULL, false,
			&fault, deadline)) {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
		return;
	}
	before = dialogue->view->newest->highest_modseq;
	imap_tell(dialogue, true);
	after = dialogue->view->newest->highest_modseq;
	/* RFC 7162 3.2.7 */
	imap_ok(dialogue,
		dialogue->qresync && after != before
			? arena_format(&dialogue->arena, "HIGHESTMODSEQ %llu",
				  (unsigned long long)after)
			: SLICE_EMPTY,
		"EXPUNGE completed");
}
