/*
 * An SMTP client's inside, shared by the files of the dialogue.
 */
#ifndef RINGPOST_RELAY_CLIENT_CORE_H
#define RINGPOST_RELAY_CLIENT_CORE_H

#include "base/buffer.h"
#include "metrics/timing.h"
#include "relay/smtp_delivery.h"
#include "transcript/transcript.h"

#define CLIENT_LINE_MAX 4096 /* a longer line of a reply is a fault */

struct smtp_client {
	struct stream *stream;
	struct smtp_client_options options; /* strings live as long as the site */
	struct capabilities capabilities;
	struct reply_parser parser;
	struct arena arena;
	struct buffer outbox; /* what travels next, or behind a message's content */
	struct smtp_delivery *ahead; /* its envelope is sent, its replies not read */
	uint64_t messages;
	/* Of deliveries in flight: begun, (perhaps in part) sent, answered. */
	uint64_t begun, sent, ended;
	size_t replies; /* awaited in all */
	bool stale;	/* the peer may still be in a transaction: RSET comes first */
	bool closing;	/* a 421 was heard, or it is out of order */
	struct transcript *transcript; /* once somebody watched; or NULL */
	uint64_t heard_of;	       /* whose replies are read: its number there */
	struct slice secret;	       /* what AUTH said last */
	bool opened;
};

/* The next whole reply, its text in ARENA. False: the stream has failed (a
 * malformed reply fails it, and so does reading on after a 421). */
bool client_read_reply(struct smtp_client *client, struct arena *arena,
	struct reply *reply_r, struct deadline deadline);
/* … and how long it was waited for is counted, and kept in STEPS (or NULL). */
bool client_await_reply(struct smtp_client *client, enum timing timing,
	struct timing_steps *steps, struct arena *arena, struct reply *reply_r,
	struct deadline deadline);

static inline struct deadline client_command_deadline(const struct smtp_client *client)
{
	return deadline_after_ms(client->options.command_timeout_ms);
}

/* smtp_login.c: AUTH, if there is a user. False: refused (the opening has the reply),
 * or a failure. */
bool client_log_in(
	struct smtp_client *client, struct arena *arena, struct smtp_opening *opening);

/* smtp_envelope.c: (RSET,) MAIL, RCPT … (and DATA, without CHUNKING) in one
 * piece; the line in front of a message that is one chunk (RFC 3030). */
void client_write_envelope(
	struct smtp_client *client, struct smtp_delivery *delivery, struct buffer *out);
void client_write_chunk_line(struct smtp_client *client,
	const struct smtp_delivery *delivery, struct buffer *out);
/* The replies to an envelope that was sent as a whole; to each of its lines
 * (ANSWER NULL: after a refused MAIL the RCPTs' 503 say nothing). */
bool client_read_envelope(struct smtp_client *client, struct smtp_delivery *delivery);
bool client_read_mail(struct smtp_client *client, struct smtp_delivery *delivery,
	struct reply *reply_r);
bool client_read_rcpt(struct smtp_client *client, struct smtp_delivery *delivery,
	struct smtp_answer *answer);
/* One command, one reply, for peers without PIPELINING. */
bool client_step_envelope(struct smtp_client *client, struct smtp_delivery *delivery);
/* False: REPLY is no verdict, for it is about what we sent together (503), or
 * belongs to something else; the stream has failed. */
bool client_is_in_step(struct smtp_client *client, const struct smtp_delivery *delivery,
	const struct reply *reply);
bool client_out_of_step(struct smtp_client *client,
	const struct smtp_delivery *delivery, const struct reply *reply);
/* REPLY is the answer, at this stage, to all who were not refused before. */
void client_answer_all(struct smtp_delivery *delivery, const struct reply *reply);
size_t client_count_accepted(const struct smtp_delivery *delivery);

/* client_transcript.c, where transcript_wanted(): a delivery's first line is due;
 * lines of ours, of the peer; about TLS, or why it failed; the content goes. */
void client_tell_delivery(struct smtp_client *client, struct smtp_delivery *delivery);
void client_tell(struct smtp_client *client, uint64_t message, struct slice lines);
void client_tell_heard(struct smtp_client *client, struct slice line);
void client_tell_tls(struct smtp_client *client);
void client_tell_content(
	struct smtp_client *client, const struct smtp_delivery *delivery);
/* Whether or not somebody watches: AUTH with its MECHANISM, or what follows (NULL);
 * SAID is a secret until the next. */
void client_tell_auth(
	struct smtp_client *client, const char *mechanism, struct slice said);
/* Whether or not somebody watches: a refused AUTH that quotes what we said goes into
 * no log; a delivery that was told of is over, or what was
 * told of it was not sent after all; the connection is over. */
void client_blank_reply(const struct smtp_client *client, struct reply *reply);
void client_tell_answered(struct smtp_client *client, struct smtp_delivery *delivery);
void client_tell_unsent(struct smtp_client *client, struct smtp_delivery *delivery);
void client_tell_end(struct smtp_client *client, bool opened);

/* smtp_deliver.c: a delivery begins; the reply to its content; it is over. */
void client_start_delivery(struct smtp_client *client, struct smtp_delivery *delivery);
bool client_read_final(struct smtp_client *client, struct smtp_delivery *delivery);
bool client_end_delivery(
	struct smtp_client *client, struct smtp_delivery *delivery, bool good);

#endif
