/*
 * APPEND (RFC 9051 6.3.12, RFC 3502, RFC 6855), REPLACE (RFC 8508): messages go from
 * the connection into files as they come, and then into the mailbox, all or none.
 */
#include "base/failure.h"
#include "base/arena.h"
#include "imap/parse.h"
#include "imap/write.h"
#include "imap_server/commands.h"
#include "imap_server/others.h"
#include "run/worker.h"
#include "store/acl.h"
#include "store/draft.h"

#define MESSAGES_MAX 1000 /* of one command */

struct appending {
	struct imap_dialogue *dialogue;
	struct imap_place place;
	struct append *list;
	size_t count;
	bool utf8;	   /* the message at hand was in "UTF8 (…)" */
	bool replaces;	   /* one message, by this one */
	uint32_t replaced; /* its UID */
	/* The first that went wrong; what follows is read and forgotten. */
	const char *code, *why;
	bool bad;
};

static void refuse(
	struct appending *appending, const char *code, const char *why, bool bad)
{
	if (appending->why)
		return;
	appending->code = code;
	appending->why = why;
	appending->bad = bad;
}

static void begin_message(struct appending *appending, const struct imap_append *asked,
	struct deadline deadline)
{
	struct imap_dialogue *dialogue = appending->dialogue;
	struct append *one;

	appending->utf8 = asked->utf8;
	if (appending->replaces && appending->count)
		refuse(appending, NULL, "REPLACE has one message", true);
	else if (appending->count == MESSAGES_MAX)
		refuse(appending, "LIMIT", "Too many messages in one command", false);
	else if (asked->size > dialogue->options->message_max)
		refuse(appending, "TOOBIG", "The message is too large", false);
	else if (!asked->size)
		refuse(appending, NULL, "A message without a byte is none", false);
	if (appending->why)
		return;
	appending->list = arena_grow(&dialogue->arena, appending->list,
		appending->count, sizeof(*appending->list));
	one = &appending->list[appending->count];
	one->draft = draft_begin(
		appending->place.port, appending->place.account, deadline);
	if (!one->draft) {
		refuse(appending, "UNAVAILABLE", "Not now, try again later", false);
		return;
	}
	appending->count++;
	one->flags = asked->flags.system & MESSAGE_FLAGS;
	one->keywords = imap_keywords_join(&dialogue->arena, &asked->flags);
	one->internal_ms = asked->has_date ? asked->internal_ms : worker_wall_ms();
}

/* The bytes of a message; false: the session or the command is over. */
static bool take_message(struct appending *appending, const struct imap_append *asked,
	struct deadline deadline)
{
	struct imap_dialogue *dialogue = appending->dialogue;
	uint64_t left = asked->size;

	begin_message(appending, asked, deadline);
	if (dialogue->collector.stream_waits && appending->why) {
		imap_collector_drop(&dialogue->collector);
		return false;
	}
	if (appending->why && left > IMAP_DISCARD_MAX) {
		imap_bye(dialogue, "Literal too large");
		return false;
	}
	if (dialogue->collector.stream_waits)
		buffer_append(&dialogue->out, SLICE("+ Go on\r\n"));
	while (left) {
		struct slice bytes;

		if (!imap_hear_bytes(dialogue, left, &bytes, deadline))
			return false;
		left -= bytes.size;
		if (!asked->binary && slice_index(bytes, '\0') < bytes.size)
			refuse(appending, NULL, "A NUL is for binary literals", true);
		if (!appending->why &&
			!draft_write(appending->list[appending->count - 1].draft, bytes,
				deadline))
			refuse(appending, "UNAVAILABLE", "The message cannot be kept",
				false);
	}
	if (!appending->why &&
		!draft_finish(appending->list[appending->count - 1].draft, deadline))
		refuse(appending, "UNAVAILABLE", "The message cannot be kept", false);
	return true;
}

/* All messages there are; false: the session is over. */
static bool take_all(struct appending *appending, const struct imap_append *first,
	struct deadline deadline)
{
	struct imap_dialogue *dialogue = appending->dialogue;
	struct imap_append *asked = ARENA_NEW(&dialogue->arena, struct imap_append);
	enum imap_append_next next = IMAP_APPEND_MESSAGE;

	*asked = *first;
	while (next == IMAP_APPEND_MESSAGE) {
		struct imap_error error = {0};
		enum imap_collected how;
		struct slice text;

		if (!take_message(appending, asked, deadline))
			return !dialogue->ended;
		if (!imap_hear(dialogue, false, &how, deadline))
			return false;
		text = arena_copy(
			&dialogue->arena, buffer_contents(&dialogue->collector.text));
		next = imap_parse_append(
			&dialogue->arena, text, appending->utf8, asked, &error);
		if (next == IMAP_APPEND_MESSAGE && how != IMAP_STREAM)
			next = IMAP_APPEND_WRONG;
		if (next != IMAP_APPEND_WRONG)
			continue;
		refuse(appending, NULL,
			error.text ? error.text : dialogue->collector.why, true);
		if (!appending->why)
			refuse(appending, NULL, "A message is a literal", true);
		if (how == IMAP_STREAM)
			imap_skip_append(dialogue, deadline);
	}
	return !dialogue->ended;
}

static void store(struct appending *appending, struct deadline deadline)
{
	struct imap_dialogue *dialogue = appending->dialogue;
	const struct imap_place *place = &appending->place;
	uint32_t uidvalidity, first;
	struct buffer code = {0};
	struct uid_range range;
	struct uid_set uids = {.at = &range, .count = 1};
	enum store_fault fault;

	if (!mailbox_append(place->port, place->account, place->name, appending->list,
		    appending->count, &uidvalidity, &first, &fault, deadline)) {
		imap_no_fault(dialogue, fault, "TRYCREATE");
		return;
	}
	range.first = first;
	range.last = first + (uint32_t)appending->count - 1;
	imap_code_appenduid(&code, uidvalidity, &uids);
	imap_tell(dialogue, true);
	imap_ok(dialogue, buffer_contents(&code), "APPEND completed");
	buffer_finish(&code);
}

/* Into another account's mailbox, it goes there first: nothing is lost between. */
static bool put_instead(
	struct appending *appending, struct replaced *put_r, struct deadline deadline)
{
	struct view *view = appending->dialogue->view;
	const struct imap_place *place = &appending->place;
	struct uid_range one = {appending->replaced, appending->replaced};
	struct uid_set uids = {.at = &one, .count = 1};

	if (place->account == view->account)
		return view_replace(view, appending->replaced, place->name,
			appending->list, put_r, deadline);
	return mailbox_append(place->port, place->account, place->name, appending->list,
		       1, &put_r->uidvalidity, &put_r->uid, &put_r->fault, deadline) &&
	       view_expunge(view, &uids, true, &put_r->fault, deadline);
}

static void replace(struct appending *appending, struct deadline deadline)
{
	struct imap_dialogue *dialogue = appending->dialogue;
	struct replaced put = {0};
	struct buffer code = {0};
	struct uid_range range;
	struct uid_set uids = {.at = &range, .count = 1};

	if (!put_instead(appending, &put, deadline)) {
		imap_no_fault(dialogue, put.fault, "TRYCREATE");
		return;
	}
	range = (struct uid_range){put.uid, put.uid};
	imap_code_appenduid(&code, put.uidvalidity, &uids);
	imap_write_state(&dialogue->out, SLICE("*"), "OK", buffer_contents(&code),
		"The new message");
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY, "REPLACE completed");
	buffer_finish(&code);
}

/* The message that is to go. */
static void find_replaced(
	struct appending *appending, const struct imap_command *command)
{
	struct imap_dialogue *dialogue = appending->dialogue;
	const struct state *state = dialogue->view->state;
	const unsigned gone = RIGHT_DELETE | RIGHT_EXPUNGE;
	uint32_t last = state->count, number = 0;
	struct uid_set set;

	if (command->uid)
		last = last ? state_at(state, last)->uid : 0;
	set = imap_set_resolve(&dialogue->arena, &command->append.replaced, last);
	if (set.count)
		number = command->uid ? state_from(state, set.at[0].first)
				      : set.at[0].first;
	appending->replaces = true;
	if (dialogue->view->read_only)
		refuse(appending, "NOPERM", "The mailbox is open for reading only",
			false);
	else if ((view_rights(dialogue->view) & gone) != gone)
		refuse(appending, "NOPERM", "You may not remove messages here", false);
	else if (!command->uid && (!number || number > state->count))
		refuse(appending, NULL, "There is no message of that number", true);
	else if (!number || number > state->count ||
		 (command->uid && state_at(state, number)->uid != set.at[0].first) ||
		 state_at(state, number)->flags & MESSAGE_GHOST)
		refuse(appending, "EXPUNGEISSUED", "The message is gone already",
			false);
	else
		appending->replaced = state_at(state, number)->uid;
}

/* Nothing of a message that will be refused is put into another's folder. */
static void find(
	struct appending *appending, struct slice mailbox, struct deadline deadline)
{
	struct imap_place *place = &appending->place;
	enum store_fault fault;
	unsigned rights = RIGHTS_ALL;

	if (!imap_find(appending->dialogue, mailbox, place, deadline) ||
		(place->other && !mailbox_rights(place->port, place->account,
					 place->name, &rights, &fault, deadline)) ||
		!(rights & (RIGHT_INSERT | RIGHT_LOOKUP)))
		refuse(appending, "TRYCREATE", "There is no such mailbox", false);
	else if (!(rights & RIGHT_INSERT))
		refuse(appending, "NOPERM", "You may not put messages there", false);
}

static void run(struct appending *appending, const struct imap_command *command,
	struct deadline deadline)
{
	struct imap_dialogue *dialogue = appending->dialogue;

	find(appending, command->append.mailbox, deadline);
	if (take_all(appending, &command->append, deadline)) {
		if (!appending->why && appending->replaces)
			replace(appending, deadline);
		else if (!appending->why)
			store(appending, deadline);
		else if (appending->bad)
			imap_bad(dialogue, appending->why);
		else
			imap_no(dialogue, appending->code, appending->why);
	}
	for (size_t i = 0; i < appending->count; i++)
		draft_discard(&appending->list[i].draft);
}

void imap_append(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	struct appending *appending = ARENA_NEW(&dialogue->arena, struct appending);

	appending->dialogue = dialogue;
	run(appending, command, deadline);
}

void imap_replace(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	struct appending *appending = ARENA_NEW(&dialogue->arena, struct appending);

	appending->dialogue = dialogue;
	find_replaced(appending, command);
	run(appending, command, deadline);
}
