/*
 * Requests that are said twice (a client that did not hear the answer) and done once:
 * by a key of the client's choice, good for 24 hours, with the same answer told again.
 *
 * In Redis, rp:api:idem:OWNER:KEY. While the first is at it, the others hear so; one
 * that came to nothing frees the key.
 */
#ifndef RINGPOST_SUBMIT_IDEMPOTENCY_H
#define RINGPOST_SUBMIT_IDEMPOTENCY_H

#include "base/arena.h"
#include "io/redis.h"

/* Who was first has so long; after a minute the key of one that died is free. */
#define IDEMPOTENCY_TIME_MS    50000
#define IDEMPOTENCY_KEY_MAX    256
#define IDEMPOTENCY_ANSWER_MAX (256u << 10) /* a longer one is not kept: see _end */

enum idempotency {
	IDEMPOTENCY_FIRST,   /* go on, and say how it ended */
	IDEMPOTENCY_RUNNING, /* another one is at it */
	IDEMPOTENCY_DONE,    /* here is what was answered */
	IDEMPOTENCY_OTHER,   /* the key was for another request */
	IDEMPOTENCY_UNKNOWN, /* Redis cannot be asked: the fiber's failure */
};

/* Whether KEY has the form: 1 to 256 characters that can be seen. */
bool idempotency_key_is_valid(struct slice key);

struct idempotent {
	struct redis *redis;
	struct slice owner; /* who asks */
	struct slice key;
	struct slice request; /* all of it: the same key is for the same */
};

/* *STATUS_R and *ANSWER_R (in ARENA) with DONE. */
enum idempotency idempotency_begin(const struct idempotent *request,
	struct arena *arena, unsigned *status_r, struct slice *answer_r,
	struct deadline deadline);
/* What was answered is kept; STATUS 0: it came to nothing, and the key is free. */
void idempotency_end(const struct idempotent *request, unsigned status,
	struct slice answer, struct deadline deadline);

#endif
