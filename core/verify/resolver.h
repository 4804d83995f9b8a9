/*
 * How this layer asks DNS: a function and what it is called with, so that
 * tests answer from a table, and what one message may ask for has an end.
 */
#ifndef RINGPOST_VERIFY_RESOLVER_H
#define RINGPOST_VERIFY_RESOLVER_H

#include "io/dns.h"

struct verify_resolver {
	/*
	 * As dns_query: strings and records in ARENA; false only with
	 * FAILURE_CANCELLED; what cannot be found out is DNS_TEMPORARY.
	 */
	bool (*query)(void *context, struct slice name, enum dns_type type,
		struct arena *arena, struct dns_answer *answer_r,
		struct deadline deadline);
	void *context;
};

/* The worker's own; valid as long as DNS. */
struct verify_resolver verify_resolver_of(struct dns *dns);

bool verify_query(const struct verify_resolver *resolver, struct slice name,
	enum dns_type type, struct arena *arena, struct dns_answer *answer_r,
	struct deadline deadline);

/* What all checks of one message may ask for together; its client's names (four
 * more) make it 60. */
#define VERIFY_QUERIES_MAX 56

/*
 * A resolver that counts, for one message: when all that is allowed is used
 * up, every answer is DNS_TEMPORARY "too many DNS queries". What DNS had in
 * its cache counts, too, so that the same message always gets as far; names
 * that the servers give only link by link count each link, the last of them
 * may go beyond.
 */
struct verify_budget {
	const struct verify_resolver *below;
	unsigned left, used;
	struct verify_resolver resolver; /* to be passed on */
};

/* BUDGET stays where it is as long as its resolver is used. */
void verify_budget_init(struct verify_budget *budget,
	const struct verify_resolver *below, unsigned queries_max);

#endif
