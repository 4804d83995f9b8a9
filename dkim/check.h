/*
 * What DKIM's and ARC's signatures have in common when they are examined: the
 * names of keys to ask for, the hash of the body in the forms they were made
 * over, and the judgement once DNS has answered.
 */
#ifndef RINGPOST_DKIM_CHECK_H
#define RINGPOST_DKIM_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "dkim/crypto.h"
#include "dkim/signature.h"
#include "dkim/verify.h"

/* Canonical forms of one body, each hashed up to a length as it passes.
 * Zeroed: none. */
struct dkim_body_sum;

struct dkim_bodies {
	struct dkim_body_sum *at[DKIM_VERIFY_MAX];
	size_t count;
};

/* The one SIGNATURE was made over, added where it is new. At most
 * DKIM_VERIFY_MAX different ones. */
const struct dkim_body_sum *dkim_bodies_find(
	struct dkim_bodies *bodies, const struct dkim_signature *signature);
void dkim_bodies_feed(struct dkim_bodies *bodies, struct slice chunk);
void dkim_bodies_end(struct dkim_bodies *bodies);
void dkim_bodies_finish(struct dkim_bodies *bodies);

/* Names to ask TXT records of, each once; AT has room for all of them. */
struct dkim_names {
	char **at;
	size_t count;
};

/* Where the name of SIGNATURE's key is in the list, added where it is new. */
size_t dkim_names_find(struct dkim_names *names, struct arena *arena,
	const struct dkim_signature *signature);

/* A signature under examination. */
struct dkim_check {
	struct dkim_signature signature;
	struct dkim_verdict verdict;
	const struct dkim_body_sum *body; /* NULL: it covers no body (ARC-Seal) */
	size_t query;			  /* the place of its key's name */
	uint8_t header_sum[DKIM_HASH_SIZE];
	bool open; /* there is no verdict yet */
};

/* What of SIGNATURE a verdict says, whatever becomes of it. */
void dkim_check_describe(struct dkim_check *check);

__attribute__((format(printf, 3, 4))) void dkim_check_decide(
	struct dkim_check *check, enum dkim_result result, const char *format, ...);

/*
 * Decides about an open CHECK with the ANSWER for its key's NAME; the bodies
 * have ended. ARENA is for what is read meanwhile.
 */
void dkim_check_judge(struct dkim_check *check, struct arena *arena, const char *name,
	const struct dkim_answer *answer, int64_t now_s);

#endif
