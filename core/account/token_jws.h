/*
 * Signed tokens (JWS, RFC 7515) and the keys of who signs them (RFC 7517).
 * Only signatures with public keys are taken: RS, PS and ES.
 */
#ifndef RINGPOST_ACCOUNT_TOKEN_JWS_H
#define RINGPOST_ACCOUNT_TOKEN_JWS_H

#include <stdbool.h>

#include "base/slice.h"

#define JWS_KEYS_MAX 100

struct jws_keys;
/* Of a JSON key set; keys of no use here are passed over. NULL: FAILURE_DATA. */
struct jws_keys *jws_keys_read(struct slice json);
void jws_keys_free(struct jws_keys **keys);

struct jws;
/* NULL with FAILURE_DATA: it is no signed token, or signed as we do not take. */
struct jws *jws_open(struct slice token);
void jws_close(struct jws **jws);
/* What it says. Not to be believed before jws_verify. Valid until jws_close. */
struct slice jws_payload(const struct jws *jws);

enum jws_verdict {
	JWS_GOOD,
	JWS_BAD,
	JWS_UNKNOWN_KEY, /* none of KEYS is the one it names: there may be newer ones */
};
enum jws_verdict jws_verify(struct jws *jws, const struct jws_keys *keys);

#endif
