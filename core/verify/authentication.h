/*
 * Everything there is to find out about who a message is from, while it comes
 * in: SPF, DKIM, ARC, DMARC of RFC 7489.
 *
 *	authenticator_begin(a, &facts);                       at MAIL FROM
 *	authenticator_check_spf(a, &resolver, deadline);      any time after
 *	authenticator_feed(a, chunk);                         as it came: whole, dots
 *undone authenticator_finish(a, &resolver, deadline); … authenticator_result(a) →
 *policy, authres_write
 *
 * One message at a time. It holds the header, hashes of the body, no more.
 */
#ifndef RINGPOST_VERIFY_AUTHENTICATION_H
#define RINGPOST_VERIFY_AUTHENTICATION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "dkim/arc.h"
#include "dkim/verify.h"
#include "run/deadline.h"
#include "verify/dmarc.h"
#include "verify/resolver.h"
#include "verify/reverse.h"
#include "verify/spf.h"

#define AUTHENTICATION_HEADER_MAX  (1 << 20) /* bytes looked at … */
#define AUTHENTICATION_FIELDS_MAX  2000	     /* … and fields; else see .oversize */
#define AUTHENTICATION_AUTHORS_MAX 2 /* domains in From that DMARC is asked about */

/* What is known before the message comes; copied. */
struct authentication_facts {
	struct in6_addr client; /* IPv4 mapped; all zero: not known, no SPF */
	struct reverse_name caller;
	struct slice helo;
	struct slice mail_from; /* without brackets; empty: the null sender */
	struct slice hostname;	/* our own: the authserv-id, and SPF's receiver */
	int64_t now_s;		/* Unix time */
	unsigned sample;	/* 0 … 99, drawn at random: for DMARC's pct= */
	/* For SPF's steps, as in spf_question; NULL: nobody watches. */
	void (*watch)(void *context, const struct spf_step *step);
	void *watch_context;
};

/* Valid until the next authenticator_begin or _destroy. */
struct authentication {
	struct slice hostname, helo, mail_from;
	struct in6_addr client;
	struct reverse_name caller;
	bool spf_known; /* spf holds a verdict */
	struct spf_verdict spf;
	const struct dkim_verdict *dkim[DKIM_VERIFY_MAX]; /* in the header's order */
	size_t dkim_count;
	const struct arc_verdict *arc; /* NULL before authenticator_finish */
	struct dmarc_verdict dmarc;    /* of several authors' domains the worst */
	struct slice from;	       /* the first author, "local@domain"; or empty */
	size_t from_fields;	       /* From fields; other than 1 is permerror */
	size_t from_domains;	       /* different ones in From */
	bool oversize;	  /* the header is beyond the caps above: nothing in
			     it was looked at, dmarc is permerror */
	unsigned queries; /* that DNS was asked for all this */
};

struct authenticator;

struct authenticator *authenticator_create(void);
void authenticator_destroy(struct authenticator **authenticator);

/* Forgets whatever was before. */
void authenticator_begin(
	struct authenticator *authenticator, const struct authentication_facts *facts);
/* SPF alone, so that RCPT may already be refused for it. Asks once; the verdict
 * is in the result. False only with FAILURE_CANCELLED. */
bool authenticator_check_spf(struct authenticator *authenticator,
	const struct verify_resolver *resolver, struct deadline deadline);
/* The client's own name, where it was not known at the beginning; copied. */
void authenticator_set_caller(
	struct authenticator *authenticator, const struct reverse_name *caller);
/* The message from its first byte on, in any chunks, as it was received. */
void authenticator_feed(struct authenticator *authenticator, struct slice chunk);
/*
 * Asks what DNS has to say and judges. At most VERIFY_QUERIES_MAX queries in
 * all; what DNS leaves open until DEADLINE is a temperror. False only with
 * FAILURE_CANCELLED.
 */
bool authenticator_finish(struct authenticator *authenticator,
	const struct verify_resolver *resolver, struct deadline deadline);
const struct authentication *authenticator_result(
	const struct authenticator *authenticator);

#endif
