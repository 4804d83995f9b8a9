/*
 * DMARC (RFC 7489): whether the domain in From stands behind a message, by SPF
 * or DKIM in its own name, and what it wants done when not.
 */
#ifndef RINGPOST_VERIFY_DMARC_H
#define RINGPOST_VERIFY_DMARC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "dkim/verify.h"
#include "run/deadline.h"
#include "verify/resolver.h"
#include "verify/spf.h"

#define DMARC_QUERIES_MAX 2    /* of one dmarc_check */
#define DMARC_RECORD_MAX  4096 /* bytes of one record: no record */

/* The words of RFC 7489 11.2. */
enum dmarc_result {
	DMARC_NONE, /* the domain publishes no policy */
	DMARC_PASS,
	DMARC_FAIL,
	DMARC_TEMPERROR, /* DNS did not answer: neither pass nor fail is known */
	DMARC_PERMERROR, /* there is no From domain that could be asked about */
};

enum dmarc_policy { DMARC_POLICY_NONE, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT };

/* A record (RFC 7489 6.3); slices lie in its text. */
struct dmarc_record {
	enum dmarc_policy policy;	    /* p= */
	enum dmarc_policy subdomain_policy; /* sp=, or p= */
	bool dkim_strict, spf_strict;	    /* adkim=s, aspf=s */
	unsigned percent;		    /* pct=, 0 … 100 */
	struct slice reports;		    /* rua= as written; may be empty */
	struct slice failures;		    /* ruf= as written; may be empty */
	uint64_t interval_s;		    /* ri= */
	bool policy_missing; /* p= is missing or unknown: none, for there is rua= */
};

struct dmarc_question {
	struct slice from_domain;      /* of From, ASCII (domain_to_ascii) */
	const struct spf_verdict *spf; /* NULL: not known */
	const struct dkim_verdict *const *dkim;
	size_t dkim_count;
	/* 0 … 99, drawn by the caller: below pct= the policy is applied. */
	unsigned sample;
};

/* Slices are valid as long as the arena. */
struct dmarc_verdict {
	enum dmarc_result result;
	enum dmarc_policy published; /* what the domain asks for, p= or sp= */
	enum dmarc_policy policy;    /* what to do: none unless DMARC_FAIL; one step
					milder where pct= spared it (6.6.4) */
	bool spared;
	bool spf_aligned, dkim_aligned; /* passed, and in From's name */
	struct slice dkim_domain;	/* d= of the first such signature */
	struct slice from_domain;	/* lower case */
	struct slice organization;	/* its organizational domain */
	struct slice record_domain;	/* where the record was found; empty: none */
	struct dmarc_record record;	/* meaningful if record_domain is not empty */
	char reason[120]; /* one line; of none, fail, temperror, permerror */
};

/*
 * Asks for the policy of QUESTION's domain and judges. False only with
 * FAILURE_CANCELLED.
 */
bool dmarc_check(const struct verify_resolver *resolver,
	const struct dmarc_question *question, struct arena *arena,
	struct dmarc_verdict *verdict_r, struct deadline deadline);

/* The record in TEXT, its strings joined. False with FAILURE_DATA and the
 * reason: it is none, or says nothing that could be applied. */
bool dmarc_record_parse(
	struct arena *arena, struct slice text, struct dmarc_record *record_r);

/* Whether DOMAIN is aligned with FROM (RFC 7489 3.1): the same name, or unless
 * STRICT of the same organization. */
bool dmarc_is_aligned(struct slice domain, struct slice from, bool strict);

/* "pass", "temperror", …; "none", "quarantine", "reject" */
const char *dmarc_result_name(enum dmarc_result result);
const char *dmarc_policy_name(enum dmarc_policy policy);

#endif
