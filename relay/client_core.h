/*
 * An SMTP client's inside, shared by the files of the dialogue.
 */
#ifndef RINGPOST_RELAY_CLIENT_CORE_H
#define RINGPOST_RELAY_CLIENT_CORE_H

#include "base/buffer.h"
#include "relay/smtp_client.h"

#define CLIENT_LINE_MAX 4096 /* a longer line of a reply is a fault */

struct smtp_client {
	struct stream *stream;
	struct smtp_client_options options; /* strings live as long as the site */
	struct capabilities capabilities;
	struct reply_parser parser;
	struct arena arena;
	struct buffer outbox;	     /* what travels behind a message's content */
	struct smtp_delivery *ahead; /* its envelope is sent, its replies not read */
	uint64_t messages;
	bool closing; /* a 421 was heard, or it is out of order */
};

/* The next whole reply, its text in ARENA. False: the stream has failed (a
 * malformed reply fails it, and so does reading on after a 421). */
bool client_read_reply(struct smtp_client *client, struct arena *arena,
	struct reply *reply_r, struct deadline deadline);

static inline struct deadline client_command_deadline(const struct smtp_client *client)
{
	return deadline_after_ms(client->options.command_timeout_ms);
}

/* smtp_envelope.c: MAIL, RCPT … (and DATA, without CHUNKING) in one piece. */
void client_write_envelope(struct smtp_client *client,
	const struct smtp_delivery *delivery, struct buffer *out);
/* The replies to MAIL and each RCPT of an envelope that was sent as a whole. */
bool client_read_envelope(struct smtp_client *client, struct smtp_delivery *delivery);
/* One command, one reply, for peers without PIPELINING. */
bool client_step_envelope(struct smtp_client *client, struct smtp_delivery *delivery);
/* REPLY is the answer, at this stage, to all who were not refused before. */
void client_answer_all(struct smtp_delivery *delivery, const struct reply *reply);
size_t client_count_accepted(const struct smtp_delivery *delivery);

#endif
