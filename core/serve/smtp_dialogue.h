/*
 * A session's inside, shared by the files of the SMTP server dialogue.
 */
#ifndef RINGPOST_SERVE_SMTP_DIALOGUE_H
#define RINGPOST_SERVE_SMTP_DIALOGUE_H

#include "base/buffer.h"
#include "run/fiber.h"
#include "serve/smtp_server.h"
#include "serve/smtp_transcript.h"

#define SMTP_AHEAD_MAX 8 /* messages of a session that are being made safe */

struct smtp_awaited {
	int64_t ended_us; /* when its last byte was in */
	struct smtp_pending *pending;
	struct deadline until;
	uint64_t bytes;	    /* of its content */
	size_t said_behind; /* bytes of replies between it and the next one */
	uint64_t told;	    /* its number in the transcript */
};

/* smtp_ahead.c: messages whose outcome is awaited, oldest first in a ring. */
struct smtp_ahead {
	struct smtp_awaited messages[SMTP_AHEAD_MAX], *last;
	size_t at, count;
	uint64_t bytes;
	struct buffer kept;    /* replies behind the first of them */
	struct condition told; /* an outcome was, or there are no more */
	struct scope tellers;
	bool telling; /* a fiber does */
	bool goes;    /* the client has sent on without waiting */
};

struct smtp_dialogue {
	struct smtp_session session;
	const bool *stopping;
	bool *resting;		/* waits between two transactions */
	struct deadline end;	/* of the whole session */
	struct buffer reply;	/* one reply being formatted */
	bool ended;		/* say nothing more, leave */
	unsigned idle_commands; /* since the last message */

	struct capabilities offered; /* at the last EHLO */
	const struct smtp_server_options *options;

	bool in_transaction;	     /* MAIL was accepted */
	bool binary;		     /* … with BODY=BINARYMIME: no DATA */
	uint64_t recipients;	     /* accepted in this transaction */
	uint64_t recipients_refused; /* … as too many */
	bool in_chunks;		     /* BDAT was begun */
	bool chunks_refused;	     /* … and refused: only RSET helps */

	bool content_kept; /* the policy still takes content */
	bool too_big;
	uint64_t content_bytes;	     /* as they came, with dots */
	struct deadline content_end; /* for a message of no bytes */
	struct text_facts facts;     /* of BDAT's text */

	struct smtp_ahead ahead;
	int64_t content_ended_us;
	struct smtp_told told;
};

/* Into the outbox, or behind the outcomes that are awaited. */
void smtp_write(struct smtp_dialogue *dialogue, const struct reply *reply);
/* The same, and counts errors, and ends the session at a 421. */
void smtp_say(struct smtp_dialogue *dialogue, const struct reply *reply);
/* Until there is input. False: the session ends, the client was told why. */
bool smtp_wait(struct smtp_dialogue *dialogue, struct deadline deadline);
/* Back to before MAIL. */
void smtp_transaction_reset(struct smtp_dialogue *dialogue);
/* By when the command at hand is to be done. */
struct deadline smtp_command_deadline(const struct smtp_dialogue *dialogue);

void smtp_ahead_begin(struct smtp_dialogue *dialogue);
/* Tells all that is awaited. */
void smtp_ahead_end(struct smtp_dialogue *dialogue);
/* The message in hand is being made safe, by DEADLINE: its outcome is told now,
 * or while the next one comes. */
void smtp_ahead_add(struct smtp_dialogue *dialogue, struct smtp_pending *pending,
	struct deadline deadline);
/* Until the outcomes of no more than MOST are awaited. */
void smtp_ahead_await(
	struct smtp_dialogue *dialogue, size_t most, struct deadline deadline);

/* Does what a command says, and answers it. */
void smtp_obey(struct smtp_dialogue *dialogue, const struct smtp_command *command);
/* smtp_extension.c: whether MAIL asks for nothing but what was offered, and no
 * more of it than that; else false with the reply. */
bool smtp_may_ask(struct smtp_dialogue *dialogue, const struct smtp_command *mail,
	struct reply *reply);
/* smtp_xclient.c */
bool smtp_xclient_is_offered(const struct smtp_dialogue *dialogue);
void smtp_xclient(struct smtp_dialogue *dialogue, const struct smtp_command *command);
/* What DATA and BDAT do, from the command to the final reply. */
void smtp_data(struct smtp_dialogue *dialogue);
void smtp_bdat(struct smtp_dialogue *dialogue, const struct smtp_command *command);

#endif
