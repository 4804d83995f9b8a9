/*
 * What OAUTHBEARER (RFC 7628 3.1) and XOAUTH2 (Google's, before it) say: a
 * user's name, where given, and a token. Pure.
 */
#ifndef RINGPOST_MAIL_SASL_BEARER_H
#define RINGPOST_MAIL_SASL_BEARER_H

#include <stdbool.h>

#include "base/slice.h"
#include "mail/sasl.h"

struct sasl_bearer {
	struct slice user;  /* as said, escapes undone into TEXT; empty: not said */
	struct slice token; /* in the message; b64token of RFC 6750 2.1 */
};

/*
 * Takes MESSAGE apart; TEXT has SASL_NAME_MAX + 1 bytes. False: it is malformed,
 * the name is too long, or there is no bearer token. A host, port or unknown
 * key is passed over, as the RFC wants.
 */
bool sasl_bearer_parse(enum sasl_mechanism mechanism, struct slice message, char *text,
	struct sasl_bearer *bearer_r);

/* The JSON a refused client is told before its failure (RFC 7628 3.2.2). */
struct slice sasl_bearer_challenge(enum sasl_mechanism mechanism);

#endif
