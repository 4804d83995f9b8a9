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
	struct deadline end; /* of the whole session */
	struct buffer reply; /* one reply being formatted */
	bool ended;	     /* say nothing more, leave */
	bool in_transaction; /* MAIL was accepted */
	unsigned recipients; /* accepted in this transaction */
	bool in_chunks;	     /* BDAT was begun */
	bool chunks_refused; /* … and refused: only RSET helps */
	bool content_kept;   /* the policy still takes content */
	bool too_big;
	struct text_facts facts; /* of BDAT's text */
};

/* Into the outbox; counts errors, and ends the session at a 421. */
void smtp_say(struct smtp_dialogue *dialogue, const struct reply *reply);
/* Back to before MAIL. */
void smtp_transaction_reset(struct smtp_dialogue *dialogue);
/* A refused command when input came before its turn: says so and ends. */
bool smtp_refuse_early(struct smtp_dialogue *dialogue, const char *after);

/* What DATA and BDAT do, from the command to the final reply. */
void smtp_data(struct smtp_dialogue *dialogue);
void smtp_bdat(struct smtp_dialogue *dialogue, const struct smtp_command *command);
#endif
