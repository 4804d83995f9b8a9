/* The last line of a command, and what was said on its way to the client. */
#include "base/failure.h"
#include "imap/write.h"
#include "imap_server/dialogue.h"

#define SEND_AT ((size_t)32 << 10)

static void answer(struct imap_dialogue *dialogue, const char *kind, struct slice code,
	const char *text)
{
	struct slice tag = dialogue->tag.size ? dialogue->tag : SLICE("*");

	imap_write_state(&dialogue->out, tag, kind, code, text);
	dialogue->answered = true;
}

static void refuse(struct imap_dialogue *dialogue, const char *kind, const char *code,
	const char *text)
{
	answer(dialogue, kind, slice_of(code), text);
	if (!conversation_count_error(&dialogue->session.conversation))
		imap_bye(dialogue, "Too many errors");
}

void imap_ok(struct imap_dialogue *dialogue, struct slice code, const char *text)
{
	if (dialogue->account)
		dialogue->session.conversation.errors = 0;
	answer(dialogue, "OK", code, text);
}

/* A refusal of what is not there or not allowed is no error of a session that is
 * logged in: clients try. */
void imap_no(struct imap_dialogue *dialogue, const char *code, const char *text)
{
	if (dialogue->account)
		answer(dialogue, "NO", slice_of(code), text);
	else
		refuse(dialogue, "NO", code, text);
}

void imap_bad(struct imap_dialogue *dialogue, const char *text)
{
	refuse(dialogue, "BAD", NULL, text);
}

void imap_bad_number(struct imap_dialogue *dialogue)
{
	refuse(dialogue, "BAD", "UIDREQUIRED", "Messages have no numbers here");
}

void imap_bye(struct imap_dialogue *dialogue, const char *text)
{
	if (dialogue->ended)
		return;
	imap_write_state(&dialogue->out, SLICE("*"), "BYE", SLICE_EMPTY, text);
	dialogue->ended = true;
}

/* RFC 5530 */
void imap_no_fault(
	struct imap_dialogue *dialogue, enum store_fault fault, const char *nonexistent)
{
	static const char *const codes[] = {
		[STORE_NO_FAULT] = "UNAVAILABLE",
		[STORE_ALREADYEXISTS] = "ALREADYEXISTS",
		[STORE_CANNOT] = "CANNOT",
		[STORE_HASCHILDREN] = "HASCHILDREN",
		[STORE_OVERQUOTA] = "OVERQUOTA",
		[STORE_LIMIT] = "LIMIT",
		[STORE_EXPUNGED] = "EXPUNGEISSUED",
		[STORE_NOPERM] = "NOPERM",
	};

	if (fault == STORE_NONEXISTENT)
		imap_no(dialogue, nonexistent, "There is no such mailbox");
	else if (fault == STORE_NO_FAULT)
		imap_no(dialogue, "UNAVAILABLE", "Not now, try again later");
	else
		imap_no(dialogue, codes[fault], failure_last()->text);
}

bool imap_flush(struct imap_dialogue *dialogue, struct deadline deadline)
{
	struct slice out = buffer_contents(&dialogue->out);

	if (!dialogue->session.conversation.stream ||
		(out.size && !conversation_send(&dialogue->session.conversation, &out,
				     1, deadline)))
		dialogue->ended = true;
	buffer_clear(&dialogue->out);
	return !dialogue->ended;
}

bool imap_flush_some(struct imap_dialogue *dialogue, struct deadline deadline)
{
	return buffer_size(&dialogue->out) < SEND_AT || imap_flush(dialogue, deadline);
}
