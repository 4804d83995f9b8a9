/*
 * What a session of POP3 and one of IMAP have in common: a client that is heard
 * line by line, within time and budgets; TLS in the middle; a login; and a count
 * of the sessions that an address and an account have.
 *
 * Nothing of a protocol is here. A conversation belongs to one fiber.
 */
#ifndef RINGPOST_SESSION_CONVERSATION_H
#define RINGPOST_SESSION_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/stream.h"
#include "io/tls.h"
#include "run/fiber.h"
#include "session/attendance.h"

/* What is said without a wait for the client collects up to this. */
#define CONVERSATION_OUTBOX (64u << 10)

struct conversation_limits {
	int64_t login_ms;	 /* from the connection to the login */
	int64_t idle_ms;	 /* between two commands, once logged in */
	int64_t command_ms;	 /* from a command's first byte to its last */
	int64_t send_ms;	 /* for CONVERSATION_OUTBOX to be taken by the client */
	uint64_t errors;	 /* refused commands in a session */
	uint64_t early_commands; /* before the login … */
	uint64_t early_bytes;
	uint64_t per_address, per_account; /* sessions; 0: no limit */
};
/* RFC 1939 3 and RFC 9051 5.4 want 10 and 30 minutes of those who are logged in. */
struct conversation_limits conversation_limits_usual(int64_t idle_ms);

struct conversation_options {
	struct stream *stream;			  /* taken over */
	struct tls_server *tls;			  /* or NULL: never */
	const struct conversation_limits *limits; /* copied */
	struct attendance *attendance;
	const bool *stopping; /* the process ends; or NULL */
	bool *resting;	      /* true while nothing is under way: a wait that
				 fiber_hurry may end once *stopping is true; or NULL */
};

struct conversation {
	struct stream *stream; /* replaced by TLS; NULL: that failed */
	struct tls_server *tls;
	struct conversation_limits limits;
	struct attendance *attendance;
	const bool *stopping;
	bool *resting;
	struct deadline end, login_end;
	uint64_t errors, early_commands, early_bytes;
	bool woken;
	struct fiber *waiter; /* for the next command */
	bool logged_in;
	unsigned char address[16]; /* that is counted */
	bool address_counted, account_counted;
	char *account; /* that is counted */
};

/* Until DEADLINE at the latest. False: the address has too many; say so, end it. */
bool conversation_begin(struct conversation *conversation,
	const struct conversation_options *options, struct deadline deadline);
void conversation_end(struct conversation *conversation, struct deadline deadline);

enum conversation_heard {
	HEARD_LINE,	/* a line; bytes */
	HEARD_TOO_LONG, /* one that is, now passed over */
	HEARD_BROKEN,	/* one with a NUL, a bare CR, or that ends in a bare LF */
	HEARD_NOTHING,	/* for too long: autologout, or no login in time */
	HEARD_WOKEN,	/* conversation_wake: look at what changed, hear on */
	HEARD_STOPPING, /* the process ends, and nothing is under way */
	HEARD_TOO_MUCH, /* more than who is not logged in may say */
	HEARD_END,	/* the connection has ended or is broken */
};
/*
 * The next line, without its CRLF, of at most BYTES_MAX bytes with it; valid until
 * the next read. What was said to the client goes out before it is waited for, and
 * once it is more than CONVERSATION_OUTBOX. DEADLINE: beside the limits.
 */
enum conversation_heard conversation_hear(struct conversation *conversation,
	size_t bytes_max, struct slice *line_r, struct deadline deadline);
/* … for the answer to a question of ours, within a command. */
enum conversation_heard conversation_hear_answer(struct conversation *conversation,
	size_t bytes_max, struct slice *line_r, struct deadline deadline);

/* Where commands are more than lines: what has come, valid until the next read;
 * _unhear gives back the last of it. BEGUN: a part of the command was heard, the next
 * is to come within command_ms; else one is counted, and may take its time. */
enum conversation_heard conversation_hear_bytes(struct conversation *conversation,
	bool begun, size_t bytes_max, struct slice *bytes_r, struct deadline deadline);
void conversation_unhear(struct conversation *conversation, size_t size);

/* From another fiber of this worker: the wait for the next command, this one or the
 * next to be, is HEARD_WOKEN. */
void conversation_wake(struct conversation *conversation);

/* A command was refused. False: that was one too many. */
bool conversation_count_error(struct conversation *conversation);

/* Hands what was said to the client, which may take its time. False: it did not,
 * or is gone. */
bool conversation_flush(struct conversation *conversation, struct deadline deadline);
/* The same, and COUNT pieces behind it without copying them. */
bool conversation_send(struct conversation *conversation, const struct slice *pieces,
	size_t count, struct deadline deadline);

/* Whether something stands behind the command that asked for TLS: it would be
 * taken for the first words under TLS (RFC 2595 4, CVE-2011-0411). */
bool conversation_has_more(struct conversation *conversation);
/* Says GO_AHEAD, then TLS. False: it failed, and the session is over. */
bool conversation_start_tls(struct conversation *conversation, struct slice go_ahead,
	struct deadline deadline);

/* ACCOUNT is in from now on, for good. False: it has too many sessions. */
bool conversation_log_in(struct conversation *conversation, struct slice account);

#endif
