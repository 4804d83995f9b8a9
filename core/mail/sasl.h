/*
 * SASL (RFC 4422) as SMTP, IMAP and POP3 use it: mechanisms, and the secrets
 * an account keeps for them. The exchanges are sasl_server.h, sasl_client.h.
 */
#ifndef RINGPOST_MAIL_SASL_H
#define RINGPOST_MAIL_SASL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum sasl_mechanism {
	SASL_PLAIN,	    /* RFC 4616 */
	SASL_LOGIN,	    /* draft-murchison-sasl-login-00 */
	SASL_CRAM_MD5,	    /* RFC 2195 */
	SASL_SCRAM_SHA_256, /* RFC 5802, 7677 */
	SASL_SCRAM_SHA_256_PLUS,
	SASL_OAUTHBEARER, /* RFC 7628 */
	SASL_XOAUTH2,	  /* what came before it, and most clients still say */
	SASL_MECHANISMS,
};
#define SASL_BIT(mechanism) (1u << (mechanism))

/* "SCRAM-SHA-256"; and back, whatever the case. */
const char *sasl_mechanism_name(enum sasl_mechanism mechanism);
bool sasl_mechanism_find(struct slice name, enum sasl_mechanism *mechanism_r);

/* RFC 7677 4: at least 4096. The salt of every account has the same size. */
#define SASL_ITERATIONS	  4096
#define SASL_SALT_SIZE	  16
#define SASL_KEY_SIZE	  32
#define SASL_NAME_MAX	  255 /* bytes of a user name */
#define SASL_PASSWORD_MAX 1024

struct sasl_scram_keys {
	unsigned iterations; /* 0: no keys */
	uint8_t salt[SASL_SALT_SIZE];
	uint8_t stored_key[SASL_KEY_SIZE], server_key[SASL_KEY_SIZE];
};

/*
 * Derives the keys an account stores. Slow on purpose (milliseconds): not on
 * a worker. False when the password cannot be prepared (RFC 4013).
 */
bool sasl_scram_keys(struct slice password, const uint8_t salt[SASL_SALT_SIZE],
	unsigned iterations, struct sasl_scram_keys *keys_r);
/* RFC 4013 SASLprep into TEXT of SIZE bytes; hash and compare only this form. */
bool sasl_prepare(
	struct slice password, char *text, size_t size, struct slice *prepared_r);

/* What a session asks for with SASL_NEED_ACCOUNT. */
struct sasl_account {
	struct sasl_scram_keys scram;
	struct slice password; /* CRAM-MD5 accounts only; at NULL: none */
	bool fake;	       /* whatever the client proves, it fails */
};

/*
 * A user name as it is compared, into USERNAME (RFC 4013; empty on failure).
 * AUTHZID may be empty, or must be the same name (RFC 4422 3.4.1).
 */
bool sasl_identity(
	struct slice name, struct slice authzid, char username[SASL_NAME_MAX + 1]);

/*
 * An account that nobody has, for a user name nobody has: the same each time
 * for the same SECRET and name, and never accepted. Give this (never NULL) for
 * unknown users, users who may not log in or use another mechanism, so that
 * a guesser learns nothing. Wipe both kinds after use.
 */
void sasl_fake_account(
	struct slice secret, struct slice username, struct sasl_account *account_r);

enum sasl_progress {
	SASL_CONTINUE,		  /* send _output as 334/+, feed the answer */
	SASL_NEED_ACCOUNT,	  /* find _username, then _give_account */
	SASL_NEED_PASSWORD_CHECK, /* verify _password, then _give_verdict */
	SASL_NEED_TOKEN_CHECK,	  /* verify _token, then _give_verdict */
	SASL_DONE,		  /* _username is who it is */
	SASL_FAILED,		  /* _refusal is what to say */
};

#define SASL_LINE_MAX 12288 /* RFC 4954 4, base64 */

#endif
