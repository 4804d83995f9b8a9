/*
 * What the client says, collected to commands, within time and budgets.
 *
 * Bytes are taken as they come and what a command does not use is put back, so that
 * a message of APPEND is read from where it arrived.
 */
#include "base/failure.h"
#include "imap_server/dialogue.h"

#define READ_MOST ((size_t)64 << 10)

/* Until there is input; what was said goes out before. */
static bool await(struct imap_dialogue *dialogue, bool at_rest, struct deadline until)
{
	struct conversation *conversation = &dialogue->session.conversation;
	bool came;

	if (stream_has_input(conversation->stream))
		return true;
	if (!imap_flush(dialogue, until))
		return false;
	if (at_rest) {
		imap_collector_rest(&dialogue->collector);
		buffer_finish(&dialogue->out);
	}
	if (at_rest && *conversation->stopping) {
		imap_end_by(dialogue, HEARD_STOPPING);
		return false;
	}
	*conversation->resting = at_rest;
	came = stream_wait(conversation->stream, until);
	*conversation->resting = false;
	if (came)
		return true;
	if (failure_kind_last() != FAILURE_TIMEOUT)
		imap_end_by(dialogue, HEARD_END);
	else
		imap_end_by(dialogue, at_rest && *conversation->stopping
					      ? HEARD_STOPPING
					      : HEARD_NOTHING);
	return false;
}

static bool take(struct imap_dialogue *dialogue, size_t most, struct slice *bytes_r,
	struct deadline until)
{
	struct conversation *conversation = &dialogue->session.conversation;

	if (stream_read(conversation->stream, most, bytes_r, until))
		return true;
	imap_end_by(dialogue, HEARD_END);
	return false;
}

/* Before the login only so much is listened to. */
static bool is_within_budget(struct imap_dialogue *dialogue, size_t size, bool command)
{
	struct conversation *conversation = &dialogue->session.conversation;

	if (conversation->logged_in)
		return true;
	conversation->early_bytes += size;
	conversation->early_commands += command;
	if (conversation->early_bytes <= conversation->limits.early_bytes &&
		conversation->early_commands <= conversation->limits.early_commands)
		return true;
	imap_end_by(dialogue, HEARD_TOO_MUCH);
	return false;
}

static struct deadline limit_of(
	const struct imap_dialogue *dialogue, bool at_rest, struct deadline deadline)
{
	const struct conversation *conversation = &dialogue->session.conversation;

	deadline = deadline_earlier(deadline, conversation->end);
	if (!conversation->logged_in)
		return deadline_earlier(deadline, conversation->login_end);
	return deadline_earlier(
		deadline, deadline_after_ms(at_rest ? conversation->limits.idle_ms
						    : conversation->limits.command_ms));
}

bool imap_hear(struct imap_dialogue *dialogue, bool at_rest, enum imap_collected *how_r,
	struct deadline deadline)
{
	struct conversation *conversation = &dialogue->session.conversation;
	struct deadline until = limit_of(dialogue, at_rest, deadline);

	while (!dialogue->ended) {
		struct slice bytes;
		enum imap_collected how;
		size_t used;

		if (!await(dialogue, at_rest, until) ||
			!take(dialogue, READ_MOST, &bytes, until))
			return false;
		if (at_rest)
			until = limit_of(dialogue, false, deadline);
		at_rest = false;
		how = imap_collect(&dialogue->collector, bytes, &used);
		stream_unread(conversation->stream, bytes.size - used);
		if (!is_within_budget(dialogue, used, how != IMAP_MORE))
			return false;
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
	struct deadline until = limit_of(dialogue, false, deadline);

	return await(dialogue, false, until) &&
	       take(dialogue, most < READ_MOST ? (size_t)most : READ_MOST, bytes_r,
		       until) &&
	       is_within_budget(dialogue, bytes_r->size, false);
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
