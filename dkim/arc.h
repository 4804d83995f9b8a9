/*
 * The Authenticated Received Chain (RFC 8617): what those who passed a message
 * on say of how it came to them, each sealed by its own key. Verified in two
 * steps around the DNS queries, like DKIM's signatures (verify.h):
 *
 *	verifier = arc_verify_begin(fields, count);
 *	… query TXT for arc_verify_query(verifier, 0 … query_count - 1)
 *	arc_verify_feed(verifier, chunk);              meanwhile, as the body comes
 *	arc_verify_finish(verifier, answers, now_s);
 *	… arc_verify_result(verifier)
 *
 * How a set of our own is added: arc_seal.h.
 */
#ifndef RINGPOST_DKIM_ARC_H
#define RINGPOST_DKIM_ARC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "dkim/verify.h"
#include "mail/header.h"

#define ARC_SETS_MAX	50 /* RFC 8617 4.2.1 */
#define ARC_RECORDS_MAX 2  /* TXT records looked at per name: a chain has many */

/* The chain validation status; the words of RFC 8617 4.4. */
enum arc_status {
	ARC_NONE, /* the message has no set */
	ARC_PASS,
	ARC_FAIL, /* for good: what DNS did not answer too (5.2.1) */
};

/* What one of them says; slices are empty where it could not be read. */
struct arc_set {
	struct slice domain;   /* d= of its seal */
	struct slice selector; /* s= of it */
	struct slice results;  /* of its ARC-Authentication-Results, behind "i=N;":
				  the authserv-id and results, folds kept */
};

/* Slices are valid as long as the verifier. */
struct arc_verdict {
	enum arc_status status;
	char reason[160];	    /* one line; empty but for ARC_FAIL */
	size_t count;		    /* the highest instance there is, of sets at all */
	const struct arc_set *sets; /* set N at N - 1; to be believed, as far as
				       one believes its domain, with ARC_PASS only */
	bool ended; /* the last seal says itself that the chain has failed:
		       nothing may be added any more (RFC 8617 5.1 step 2) */
};

struct arc_verifier;

/* Reads the ARC fields among FIELDS and copies what it needs. Never NULL. */
struct arc_verifier *arc_verify_begin(const struct header_field *fields, size_t count);
void arc_verify_destroy(struct arc_verifier **verifier);

/* The names whose TXT records are needed, each once; none for a chain that is
 * not there, or broken without asking. At most ARC_SETS_MAX + 1. */
size_t arc_verify_query_count(const struct arc_verifier *verifier);
const char *arc_verify_query(const struct arc_verifier *verifier, size_t index);

void arc_verify_feed(struct arc_verifier *verifier, struct slice chunk);

/* ANSWERS has one for each query, in order; they may go afterwards. */
void arc_verify_finish(struct arc_verifier *verifier, const struct dkim_answer *answers,
	int64_t now_s);

/* Known from the start where no name is to be queried. */
const struct arc_verdict *arc_verify_result(const struct arc_verifier *verifier);

/* "none", "pass", "fail" */
const char *arc_status_name(enum arc_status status);

#endif
