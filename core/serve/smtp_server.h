/*
 * The SMTP server dialogue (RFC 5321, RFC 6409): reads as the RFC does, from
 * greeting to QUIT. What may be done, by whom, and what becomes of a message
 * is asked of a policy (submit/submission, receive/receiving); how it is said is
 * decided here: order, STARTTLS, pipelining, DATA and BDAT, time and error limits,
 * replies.
 */
#ifndef RINGPOST_SERVE_SMTP_SERVER_H
#define RINGPOST_SERVE_SMTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "io/stream.h"
#include "io/tls.h"
#include "mail/capability.h"
#include "mail/command.h"
#include "mail/dot.h"
#include "mail/reply.h"
#include "serve/smtp_limits.h"

struct smtp_policy;
struct smtp_pending; /* the policy's: a message on its way to be safe */

/* One session. The policy keeps its own state behind `context`. */
struct smtp_session {
	struct stream *stream;			/* replaced at STARTTLS */
	struct config *config;			/* the snapshot it began with, held */
	const struct config_listener *listener; /* in that snapshot */
	struct smtp_limits limits;		/* of its role */
	struct tls_server *tls;			/* or NULL: no STARTTLS */
	const struct smtp_policy *policy;
	void *context;

	struct slice helo; /* as said; empty: not yet */
	/* What a proxy said in XCLIENT of the client's own; empty: nothing. */
	struct slice client_name, client_helo;
	bool extended;	       /* EHLO, not HELO */
	struct slice account;  /* logged in as; empty: not */
	bool utf8;	       /* the transaction is SMTPUTF8 */
	unsigned errors;       /* refused commands so far */
	uint64_t transactions; /* messages accepted in this session */
	struct arena session_arena, transaction_arena, command_arena;
};

/*
 * What the dialogue asks. Functions that answer with a reply fill *reply: its
 * text may be static or in an arena of the session. A 2yz or 354 goes on, any
 * other refuses. A reply of 421 is sent and ends the session. `context` of the
 * session belongs to the policy from connect to disconnect.
 */
struct smtp_policy {
	/* 220 (its text is the greeting) or 421/554. */
	void (*connect)(struct smtp_session *session, struct reply *reply,
		struct deadline deadline);
	/* Extensions now offered, given TLS and login so far. */
	void (*capabilities)(
		struct smtp_session *session, struct capabilities *offered_r);
	/* The whole exchange of AUTH after its command line: reads and writes
	 * challenges on session->stream; sets session->account on success. NULL:
	 * nobody logs in. */
	void (*authenticate)(struct smtp_session *session,
		const struct smtp_command *command, struct reply *reply,
		struct deadline deadline);
	/* XCLIENT has set the stream's peer: begin anew with who that is, and with
	 * LOGIN (not empty) as who has logged in. 220 to go on; NULL: not asked. */
	void (*client)(struct smtp_session *session, struct slice login,
		struct reply *reply, struct deadline deadline);
	void (*mail)(struct smtp_session *session, const struct smtp_command *command,
		struct reply *reply, struct deadline deadline);
	void (*rcpt)(struct smtp_session *session, const struct smtp_command *command,
		struct reply *reply, struct deadline deadline);
	/* Before DATA's 354 / at the first BDAT: 354 to go on. */
	void (*begin)(struct smtp_session *session, struct reply *reply,
		struct deadline deadline);
	/* A run of the message, dot-unstuffed. False: it cannot be kept; the rest
	 * is read and thrown away, `end` says why. */
	bool (*content)(struct smtp_session *session, struct slice run,
		struct deadline deadline);
	/* The message is complete; FACTS->faults may forbid it. NULL with *reply
	 * (250 only when it is safe), or what `outcome` is to be asked with, once;
	 * the transaction is over then, and the next one may begin before that. */
	struct smtp_pending *(*end)(struct smtp_session *session,
		const struct text_facts *facts, struct reply *reply,
		struct deadline deadline);
	/* Waits for what becomes of it and frees it; *reply may not be 421. */
	void (*outcome)(struct smtp_session *session, struct smtp_pending *pending,
		struct reply *reply, struct deadline deadline);
	/* Whether `outcome` would not wait. */
	bool (*is_known)(const struct smtp_pending *pending);
	/* The transaction is over or given up (RSET, EHLO, after end, the end of
	 * the session); may be called without one. */
	void (*reset)(struct smtp_session *session);
	void (*disconnect)(struct smtp_session *session);
};

struct smtp_server_options {
	struct stream *stream; /* taken over; already TLS where implicit */
	struct config *config; /* held for the session */
	const struct config_listener *listener;
	struct tls_server *tls; /* for STARTTLS; NULL: not offered */
	const struct smtp_policy *policy;
	void *policy_context; /* the session's first context */
	const bool *stopping; /* true: 421 4.3.2 outside of transactions; or NULL */
	/* Asked when the peer's address was replaced; false: it has too many
	 * sessions, or may not connect. NULL: nobody counts. */
	bool (*moved)(const void *context, const struct stream_facts *facts);
	const void *moved_context;
	bool *resting; /* true while it waits for the next one: a wait that
			  fiber_hurry may end once *stopping is true; or NULL */
};

/* The whole session, in the calling fiber, to its end, at DEADLINE at the latest;
 * the stream is closed then. */
void smtp_server_run(
	const struct smtp_server_options *options, struct deadline deadline);

#endif
