/*
 * What the client says, collected to commands, within time and budgets.
 *
 * Bytes are taken as they come and what a command does not use is put back, so that
 * a message of APPEND is read from where it arrived.
 */
#include "imap_server/dialogue.h"

#define READ_MOST ((size_t)64 << 10)

/* What was said goes out before a wait, and who waits for long holds no memory. */
static bool take(struct imap_dialogue *dialogue, bool at_rest, size_t most,
	struct slice *bytes_r, struct deadline deadline)
{
	struct conversation *conversation = &dialogue->session.conversation;
	enum conversation_heard heard = HEARD_WOKEN;

	if (!conversation_has_more(conversation)) {
		if (!imap_flush(dialogue, deadline))
			return false;
		if (at_rest) {
			imap_collector_rest(&dialogue->collector);
			buffer_finish(&dialogue->out);
		}
	}
	while (heard == HEARD_WOKEN)
		heard = conversation_hear_bytes(
			conversation, !at_rest, most, bytes_r, deadline);
	if (heard != HEARD_LINE)
		imap_end_by(dialogue, heard);
	return heard == HEARD_LINE;
}

bool imap_hear(struct imap_dialogue *dialogue, bool at_rest, enum imap_collected *how_r,
	struct deadline deadline)
{
	struct conversation *conversation = &dialogue->session.conversation;

	while (!dialogue->ended) {
		enum imap_collected how;
		struct slice bytes;
		size_t used;

		if (!take(dialogue, at_rest, READ_MOST, &bytes, deadline))
			return false;
		if (at_rest)
			deadline = deadline_earlier(deadline,
				deadline_after_ms(conversation->limits.command_ms));
		at_rest = false;
		how = imap_collect(&dialogue->collector, bytes, &used);
		conversation_unhear(conversation, bytes.size - used);
		if (how == IMAP_CONTINUE)
			buffer_append(&dialogue->out, SLICE("+ Go on\r\n"));
		if (how == IMAP_FATAL)
			imap_bye(dialogue, dialogue->collector.why);
		if (how == IMAP_MORE || how == IMAP_CONTINUE || how == IMAP_FATAL)
			continue;
		*how_r = how;
		return true;
	}
	return false;
}

/* A client may take long for a message, but not for each piece of it. */
bool imap_hear_bytes(struct imap_dialogue *dialogue, uint64_t most,
	struct slice *bytes_r, struct deadline deadline)
{
	return take(dialogue, false, most < READ_MOST ? (size_t)most : READ_MOST,
		bytes_r, deadline);
}

void imap_skip_append(struct imap_dialogue *dialogue, struct deadline deadline)
{
	enum imap_collected how = IMAP_STREAM;

	while (how == IMAP_STREAM) {
		uint64_t left = dialogue->collector.stream_size;

		if (dialogue->collector.stream_waits) {
			imap_collector_drop(&dialogue->collector);
			return;
		}
		if (left > IMAP_DISCARD_MAX) {
			imap_bye(dialogue, "Literal too large");
			return;
		}
		while (left) {
			struct slice bytes;

			if (!imap_hear_bytes(dialogue, left, &bytes, deadline))
				return;
			left -= bytes.size;
		}
		if (!imap_hear(dialogue, false, &how, deadline))
			return;
	}
}

void imap_end_by(struct imap_dialogue *dialogue, enum conversation_heard heard)
{
	switch (heard) {
	case HEARD_STOPPING:
		imap_bye(dialogue, "Shutting down, come back later");
		return;
	case HEARD_TOO_MUCH:
		imap_bye(dialogue, "Too much without a login");
		return;
	case HEARD_NOTHING:
		imap_bye(dialogue, "Nothing was said for too long");
		return;
	case HEARD_LINE:
	case HEARD_TOO_LONG:
	case HEARD_BROKEN:
	case HEARD_WOKEN:
	case HEARD_END:
		dialogue->ended = true;
	}
}
