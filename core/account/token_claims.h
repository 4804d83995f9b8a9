/*
 * What a token claims (RFC 7519 4.1, RFC 7662 2.2, RFC 9068), held against what
 * the configuration asks of its issuer. Pure: the time is an argument.
 */
#ifndef RINGPOST_ACCOUNT_TOKEN_CLAIMS_H
#define RINGPOST_ACCOUNT_TOKEN_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/slice.h"

#define TOKEN_LEEWAY_MS 60000 /* clocks differ */

struct token_facts {
	struct slice account; /* whose it is: the claim the configuration names */
	int64_t expires_ms;   /* 0: it does not say */
};

/* "iss" of CLAIMS, in the arena; empty: none. */
struct slice token_issuer(struct slice claims, struct arena *arena);

/*
 * True: good at NOW_MS, with *facts_r in the arena. False: FAILURE_DATA says
 * what is wrong. INTROSPECTED: CLAIMS are an introspection's answer, which has to
 * say "active" and need not name its issuer.
 */
bool token_claims_check(const struct config_oauth *oauth, struct slice claims,
	bool introspected, int64_t now_ms, struct arena *arena,
	struct token_facts *facts_r);

#endif
