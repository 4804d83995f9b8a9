/*
 * Verifying a message's signatures (RFC 6376 section 6, RFC 8301, RFC 8463),
 * in two steps around the DNS queries:
 *
 *	verifier = dkim_verify_begin(fields, count, from_domain);
 *	… query TXT for dkim_verify_query(verifier, 0 … query_count - 1)
 *	dkim_verify_feed(verifier, chunk);           meanwhile, as the body comes
 *	dkim_verify_finish(verifier, answers, now_s);
 *	… dkim_verify_result(verifier, 0 … result_count - 1)
 */
#ifndef RINGPOST_DKIM_VERIFY_H
#define RINGPOST_DKIM_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "dkim/canon.h"
#include "dkim/key.h"
#include "mail/header.h"

#define DKIM_VERIFY_MAX	    8	  /* signatures looked at; the rest are not */
#define DKIM_SIGNATURE_SIZE 16384 /* bytes of one DKIM-Signature field */
#define DKIM_RECORDS_MAX    8	  /* TXT records looked at per name */
#define DKIM_CLOCK_SKEW_S   300	  /* t= this far ahead is no offence */

/* The words of RFC 8601 section 2.7.1. */
enum dkim_result {
	DKIM_NONE,
	DKIM_PASS,
	DKIM_FAIL,	/* the body or the header is not what was signed */
	DKIM_NEUTRAL,	/* it is no signature that can be processed */
	DKIM_TEMPERROR, /* DNS did not answer */
	DKIM_PERMERROR, /* no key, a revoked or unfit key, expired, SHA-1 … */
};

/* How d= stands to the domain of From. */
enum dkim_alignment {
	DKIM_ALIGN_NONE,
	DKIM_ALIGN_RELATED, /* one is below the other: relaxed alignment, if their
			       organizational domain is the same */
	DKIM_ALIGN_EXACT,   /* strict alignment */
};

/* What DNS said for one name. */
enum dkim_dns { DKIM_DNS_FOUND, DKIM_DNS_NOT_FOUND, DKIM_DNS_FAILED };

struct dkim_answer {
	enum dkim_dns status;
	const struct slice *records; /* TXT, each with its strings joined */
	size_t record_count;
};

/* Slices are valid as long as the verifier; empty where it never got so far. */
struct dkim_verdict {
	enum dkim_result result;
	char reason[120];	/* one line; empty when it passed plainly */
	struct slice domain;	/* d= */
	struct slice selector;	/* s= */
	struct slice identity;	/* i=, or "@" and d= */
	struct slice algorithm; /* a= as written */
	struct slice signature; /* the first 8 characters of b=, for header.b */
	enum dkim_alignment alignment;
	unsigned key_bits;
	bool testing;		/* the key says t=y: treat a failure as unsigned */
	bool partial;		/* l= left some of the body unsigned: */
	uint64_t unsigned_size; /* so many canonical bytes */
};

struct dkim_verifier;

/*
 * Reads the DKIM-Signature fields among FIELDS and copies what it needs.
 * FROM_DOMAIN (may be empty) is for alignment only. Never NULL.
 */
struct dkim_verifier *dkim_verify_begin(
	const struct header_field *fields, size_t count, struct slice from_domain);
void dkim_verify_destroy(struct dkim_verifier **verifier);

/* The names whose TXT records are needed, each once: lower case, no final dot. */
size_t dkim_verify_query_count(const struct dkim_verifier *verifier);
const char *dkim_verify_query(const struct dkim_verifier *verifier, size_t index);

void dkim_verify_feed(struct dkim_verifier *verifier, struct slice chunk);

/* ANSWERS has one for each query, in order; they may go afterwards. */
void dkim_verify_finish(struct dkim_verifier *verifier,
	const struct dkim_answer *answers, int64_t now_s);

/* One for each signature, in the message's order; 0: the message has none. */
size_t dkim_verify_result_count(const struct dkim_verifier *verifier);
const struct dkim_verdict *dkim_verify_result(
	const struct dkim_verifier *verifier, size_t index);
/* "pass", "permerror", … */
const char *dkim_result_name(enum dkim_result result);

#endif
