/*
 * SPF (RFC 7208, with RFC 8616 for internationalised addresses): whether a
 * client may send mail in a domain's name, by the domain's own word in DNS.
 *
 *	struct verify_resolver resolver = verify_resolver_of(dns);
 *	struct spf_question question = {.client = …, .mail_from = …, .helo = …};
 *
 *	if (!spf_check(&resolver, &question, arena, &verdict, deadline))
 *		return false;
 *	if (verdict.result == SPF_FAIL) …
 */
#ifndef RINGPOST_VERIFY_SPF_H
#define RINGPOST_VERIFY_SPF_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "run/deadline.h"
#include "verify/resolver.h"

#define SPF_LOOKUPS_MAX 10   /* terms that ask DNS, RFC 7208 4.6.4 */
#define SPF_VOIDS_MAX	2    /* answers without a record, ibid. */
#define SPF_NAMES_MAX	10   /* hosts of one mx, names of one ptr, ibid. */
#define SPF_QUERIES_MAX 40   /* of all terms together: permerror */
#define SPF_RECORD_MAX	8192 /* bytes of one record: permerror */
#define SPF_EXPLAIN_MAX 400  /* bytes of an explanation, cut there */

/* The words of RFC 7208 2.6. */
enum spf_result {
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR,
};

/* What happens, in order, for those who want to know why. */
struct spf_step {
	unsigned depth;			 /* of include: */
	struct slice domain, term, note; /* valid during the call; term may be empty */
};

struct spf_question {
	struct in6_addr client; /* IPv4 mapped */
	/* As in MAIL FROM without brackets. Empty (the null sender): HELO's
	 * identity is checked, as postmaster@HELO (RFC 7208 2.4). */
	struct slice mail_from;
	struct slice helo;
	struct slice receiver; /* our own name, for %{r}; empty: "unknown" */
	int64_t now_s;	       /* for %{t} */
	void (*watch)(void *context, const struct spf_step *step); /* or NULL */
	void *watch_context;
};

/* Slices are valid as long as the arena. */
struct spf_verdict {
	enum spf_result result;
	struct slice domain;	  /* whose policy was asked, lower case, A-labels */
	bool helo;		  /* it is HELO's, for want of a sender */
	struct slice mechanism;	  /* that decided, as written; empty: none did */
	struct slice explanation; /* SPF_FAIL: the domain's words, printable
				     ASCII; empty when it has none */
	char reason[120];	  /* one line; of none, temperror and permerror */
	unsigned lookups, voids, queries;
};

/*
 * check_host() of RFC 7208 4. False only with FAILURE_CANCELLED; when DNS does
 * not answer or the deadline passes, SPF_TEMPERROR.
 */
bool spf_check(const struct verify_resolver *resolver,
	const struct spf_question *question, struct arena *arena,
	struct spf_verdict *verdict_r, struct deadline deadline);

/* "pass", "softfail", … */
const char *spf_result_name(enum spf_result result);

#endif
