/*
 * RETR and TOP: a message from its file to the client, piece by piece. Dots that
 * begin a line are doubled by sending a byte of the piece twice (mail/dot.h), so
 * nothing is copied. A slow client holds one piece of one message.
 */
#include "pop3/dialogue.h"

#include "base/failure.h"
#include "mail/dot.h"

#define PIECES 15 /* that one send takes, with the end behind them */

/* Of TOP: the header, the empty line, and so many lines. */
struct top {
	bool done, in_body;
	uint64_t lines;	  /* still to come */
	size_t line_size; /* of the line so far, but for a CR that begins it */
};

struct sending {
	struct conversation *conversation;
	struct dot_encoder dots;
	struct slice pieces[PIECES + 1];
	size_t count;
};

static bool send_message(
	struct pop3_dialogue *dialogue, struct top *top, struct deadline deadline);
static bool send_bytes(struct sending *sending, struct slice bytes, bool last,
	struct deadline deadline);
static size_t top_take(struct top *top, struct slice bytes);

void pop3_retrieve(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	struct maildrop *maildrop = dialogue->maildrop;
	bool is_top = command->verb == POP3_TOP;
	struct top top = {.lines = is_top ? command->lines : UINT64_MAX};
	size_t index;

	if (!pop3_find_message(dialogue, command, &index))
		return;
	if (!maildrop->kind->open(maildrop, index, pop3_soon(dialogue))) {
		if (failure_kind_last() == FAILURE_DATA)
			pop3_refuse(dialogue, NULL,
				"That message is gone, another session removed it");
		else
			pop3_refuse(dialogue, "SYS/TEMP",
				"That message cannot be read now, try again later");
		return;
	}
	if (is_top)
		pop3_agree(dialogue, "The top of it");
	else
		pop3_agree(
			dialogue, "%u octets", maildrop_message(maildrop, index).size);
	/* In the middle of a message there is no way to say that it broke off but
	 * not to end it. */
	if (!send_message(dialogue, &top, deadline)) {
		dialogue->ended = true;
		stream_close(&dialogue->session.conversation.stream);
	}
	maildrop->kind->shut(maildrop);
}

static bool send_message(
	struct pop3_dialogue *dialogue, struct top *top, struct deadline deadline)
{
	struct maildrop *maildrop = dialogue->maildrop;
	struct sending sending = {.conversation = &dialogue->session.conversation};
	struct slice bytes;
	bool last = false;

	while (!last) {
		if (!maildrop->kind->read(maildrop, &bytes, &last, pop3_soon(dialogue)))
			return false;
		bytes = slice_part(bytes, 0, top_take(top, bytes));
		last |= top->done;
		if (!send_bytes(&sending, bytes, last, deadline))
			return false;
	}
	return true;
}

/* BYTES may be none, at the end. */
static bool send_bytes(struct sending *sending, struct slice bytes, bool last,
	struct deadline deadline)
{
	struct slice piece;

	sending->count = 0;
	while (dot_encode(&sending->dots, &bytes, &piece)) {
		sending->pieces[sending->count++] = piece;
		if (sending->count < PIECES)
			continue;
		if (!conversation_send(sending->conversation, sending->pieces,
			    sending->count, deadline))
			return false;
		sending->count = 0;
	}
	if (last)
		sending->pieces[sending->count++] = dot_encode_end(&sending->dots);
	return sending->count == 0 ||
	       conversation_send(sending->conversation, sending->pieces, sending->count,
		       deadline);
}

/* How much of BYTES belongs to it. */
static size_t top_take(struct top *top, struct slice bytes)
{
	size_t at = 0;

	if (top->lines == UINT64_MAX)
		return bytes.size;
	while (at < bytes.size && !top->done) {
		struct slice rest = slice_from(bytes, at);
		size_t end = slice_index(rest, '\n');
		struct slice text = slice_part(rest, 0, end);

		if (top->line_size || !slice_equal(text, SLICE("\r")))
			top->line_size += text.size;
		at += end;
		if (end == rest.size)
			break;
		at++;
		if (top->in_body)
			top->lines--;
		else
			top->in_body = top->line_size == 0;
		top->line_size = 0;
		top->done = top->in_body && top->lines == 0;
	}
	return at;
}
