/*
 * How the sessions of a protocol log in, attempt after attempt (login.h): for POP3 and
 * IMAP, whose dialogues ask the same. A right password that is not enough has the
 * verdict LOGIN_WRONG here.
 */
#ifndef RINGPOST_ACCOUNT_ATTEMPTS_H
#define RINGPOST_ACCOUNT_ATTEMPTS_H

#include "account/login.h"

/* All of it is kept until the session has ended. */
struct attempts_options {
	struct accounts *accounts;
	const struct config *config;
	const struct config_texts *mechanisms; /* of the listener */
	bool plaintext;			       /* logins without TLS */
	const char *service;		       /* in the events: "imap" */
	enum account_scope scope;
	int64_t delay_ms;      /* of the first failed login */
	uint64_t sessions_max; /* of an account, in this scope; 0: no limit */
};

/* Of one session; zeroed but for OPTIONS. */
struct attempts {
	const struct attempts_options *options;
	struct identity identity; /* once the verdict was LOGIN_OK */
	struct login *login;	  /* an attempt under way */
};

/* What may be used on STREAM now: SASL_BIT, and whether a name and a password. */
unsigned attempts_mechanisms(const struct attempts *attempts, struct stream *stream);
bool attempts_takes_passwords(const struct attempts *attempts, struct stream *stream);

/* SASL, from its beginning, and a line of the client's. LOGIN_CONTINUE: *challenge_r
 * is to be sent, base64. Any other verdict comes when it may be answered. */
enum login_verdict attempts_start(struct attempts *attempts, struct stream *stream,
	struct slice mechanism, struct slice initial, struct slice *challenge_r,
	struct deadline deadline);
enum login_verdict attempts_step(struct attempts *attempts, struct slice line,
	struct slice *challenge_r, struct deadline deadline);
/* COMMAND is what the events call the mechanism. */
enum login_verdict attempts_password(struct attempts *attempts, struct stream *stream,
	const char *command, struct slice name, struct slice password,
	struct deadline deadline);
enum login_verdict attempts_apop(struct attempts *attempts, struct stream *stream,
	struct slice stamp, struct slice name, struct slice digest,
	struct deadline deadline);

/* Whether who has logged in may still be. */
bool attempts_holds(struct attempts *attempts, struct deadline deadline);
/* Nobody is logged in; an attempt breaks off. */
void attempts_end(struct attempts *attempts);

#endif
