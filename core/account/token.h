/*
 * Access tokens as a login: whose a token is, by its signature (JWT, RFC 7519)
 * or by asking its issuer (RFC 7662). A worker's; keys are fetched when they
 * are needed and kept for an hour, or for a day while the issuer cannot be
 * reached.
 */
#ifndef RINGPOST_ACCOUNT_TOKEN_H
#define RINGPOST_ACCOUNT_TOKEN_H

#include "run/deadline.h"
#include "account/token_claims.h"

#define TOKEN_KEYS_FRESH_MS 3600000
#define TOKEN_KEYS_STALE_MS 86400000
#define TOKEN_KEYS_AGAIN_MS 30000 /* between two attempts to fetch them */

struct dns;
struct tokens;

struct tokens *tokens_create(struct dns *dns);
/* No fiber is in token_check any more. */
void tokens_destroy(struct tokens **tokens);

/*
 * True: TOKEN is good under CONFIG's `oauth`, *facts_r in the arena. False:
 * FAILURE_DATA (it is not, why), or it could not be checked now: NETWORK, DNS,
 * TLS, TIMEOUT, …
 */
bool token_check(struct tokens *tokens, const struct config *config, struct slice token,
	struct arena *arena, struct token_facts *facts_r, struct deadline deadline);

#endif
