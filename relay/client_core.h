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
 * malformed reply fails it). A 421 makes the client not usable again. */
bool client_read_reply(struct smtp_client *client, struct arena *arena,
	struct reply *reply_r, struct deadline deadline);

#endif
