/*
 * A session's inside, shared by the files of the SMTP server dialogue.
 */
#ifndef RINGPOST_SERVE_SMTP_DIALOGUE_H
#define RINGPOST_SERVE_SMTP_DIALOGUE_H

#include "base/buffer.h"
#include "serve/smtp_server.h"

struct smtp_dialogue {
	struct smtp_session session;
	const bool *stopping;
	bool *resting; /* waits between two transactions */
	struct deadline end;	/* of the whole session */
	struct buffer reply;	/* one reply being formatted */
	bool ended;		/* say nothing more, leave */
	unsigned idle_commands; /* since the last message */

	bool in_transaction;	     /* MAIL was accepted */
	uint64_t recipients;	     /* accepted in this transaction */
	uint64_t recipients_refused; /* … as too many */
	bool in_chunks;		     /* BDAT was begun */
	bool chunks_refused;	     /* … and refused: only RSET helps */

	bool content_kept; /* the policy still takes content */
	bool too_big;
	uint64_t content_bytes;	     /* as they came, with dots */
	struct deadline content_end; /* for a message of no bytes */
	struct text_facts facts;     /* of BDAT's text */
};

/* Into the outbox. */
void smtp_write(struct smtp_dialogue *dialogue, const struct reply *reply);
/* The same, and counts errors, and ends the session at a 421. */
void smtp_say(struct smtp_dialogue *dialogue, const struct reply *reply);
/* Until there is input. False: the session ends, the client was told why. */
bool smtp_wait(struct smtp_dialogue *dialogue, struct deadline deadline);
/* Back to before MAIL. */
void smtp_transaction_reset(struct smtp_dialogue *dialogue);
/* By when the command at hand is to be done. */
struct deadline smtp_command_deadline(const struct smtp_dialogue *dialogue);

/* Does what a command says, and answers it. */
void smtp_obey(struct smtp_dialogue *dialogue, const struct smtp_command *command);
/* What DATA and BDAT do, from the command to the final reply. */
void smtp_data(struct smtp_dialogue *dialogue);
void smtp_bdat(struct smtp_dialogue *dialogue, const struct smtp_command *command);

#endif
