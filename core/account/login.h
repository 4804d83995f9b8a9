/*
 * One attempt to log in, whatever the protocol: a SASL exchange, or a name and
 * a password. Each protocol words its own replies and keeps its own dialogue;
 * who somebody is, what a failure costs and what is told of it is decided here.
 *
 * A guesser learns nothing: names that have no account go the same way as
 * wrong passwords, take as long, and get the same verdict. Each failure is to
 * be answered later than the one before it (login_keep_delay), counted from
 * the beginning of the attempt, so that the time the answer took to find does
 * not show. Login and failure are events here, and counted here.
 *
 *	login = login_create(&options, &session->identity);
 *	verdict = login_start(login, mechanism, offered, initial, deadline);
 *	while (verdict == LOGIN_CONTINUE) {
 *		send login_challenge, read a line
 *		verdict = login_step(login, line, deadline);
 *	}
 *	login_keep_delay(login, deadline);
 *	reply by verdict; login_destroy(&login);
 */
#ifndef RINGPOST_ACCOUNT_LOGIN_H
#define RINGPOST_ACCOUNT_LOGIN_H

#include "account/identity.h"
#include "base/config.h"
#include "io/stream.h"
#include "mail/reply.h"

struct login;

struct login_options {
	struct accounts *accounts;
	const struct config *config; /* its `oauth`; valid during the attempt */
	struct stream *stream;	     /* the client's: its address, its TLS */
	enum account_scope scope;
	const char *service;   /* in the events: "imap"; NULL: not told */
	int64_t delay_ms;      /* of the first failure */
	uint64_t sessions_max; /* of one account, in this scope; 0: no limit */
};

enum login_verdict {
	LOGIN_CONTINUE,	   /* send login_challenge, read a line, login_step */
	LOGIN_OK,	   /* the identity has begun */
	LOGIN_WRONG,	   /* name, password, proof or token, or what looks so */
	LOGIN_NEEDS_APP,   /* the password is right, but there is a second factor:
			      an app password is needed. And … */
	LOGIN_OTHER_SCOPE, /* the app password is right, but not good for this. To
			      word these two unlike LOGIN_WRONG tells a guesser
			      that he was right. */
	LOGIN_MALFORMED,   /* login_refusal says what the client said wrong */
	LOGIN_CANCELLED,   /* by the client ("*") */
	LOGIN_NOT_NOW,	   /* it cannot be told now */
	LOGIN_TOO_MANY,	   /* sessions of this account */
	LOGIN_BLOCKED,	   /* too many failures from this address: best hang up */
	LOGIN_NOT_OFFERED, /* that mechanism is not */
	LOGIN_UNUSABLE,	   /* it is, but not on this connection */
};

/*
 * Of the mechanisms that NAMES lists, those that may be used on STREAM now
 * (SASL_BIT): none without TLS unless PLAINTEXT, tokens never; a channel binding
 * only where there is one.
 */
unsigned login_mechanisms(const struct config *config, const struct config_texts *names,
	bool plaintext, struct stream *stream);

/* The attempt begins now. OPTIONS are copied; IDENTITY, which is nobody's, is
 * filled by LOGIN_OK and is to be ended by its session. */
struct login *login_create(
	const struct login_options *options, struct identity *identity);
/* Wipes all secrets. NULL is fine. */
void login_destroy(struct login **login);

/* SASL. MECHANISM by name, of those OFFERED; INITIAL at NULL: none, "=": an empty
 * one. One attempt, one exchange. */
enum login_verdict login_start(struct login *login, struct slice mechanism,
	unsigned offered, struct slice initial, struct deadline deadline);
/* A line from the client, without its end. */
enum login_verdict login_step(
	struct login *login, struct slice line, struct deadline deadline);
/* Base64, maybe empty; valid until the next step. */
struct slice login_challenge(const struct login *login);

/* A name and a password as they are (IMAP's LOGIN, POP3's USER and PASS).
 * COMMAND is what the events call the mechanism. */
enum login_verdict login_password(struct login *login, const char *command,
	struct slice name, struct slice password, struct deadline deadline);

/* APOP (RFC 1939 7): DIGEST is that of STAMP, which the greeting had, and an app
 * password made for it. */
enum login_verdict login_apop(struct login *login, struct slice stamp,
	struct slice name, struct slice digest, struct deadline deadline);

/* Waits until a failure may be answered; for any other verdict, not at all. */
void login_keep_delay(struct login *login, struct deadline deadline);
/* After LOGIN_MALFORMED and LOGIN_CANCELLED, in SMTP's terms. */
struct reply login_refusal(const struct login *login);

#endif
