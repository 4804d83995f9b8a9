/*
 * Refusals counted: how many, about what, from whom, for whose mail, over the last
 * day. A worker's, in memory; times to ten minutes. However many sites and tenants
 * there are, it stays small: beyond REFUSALS_CELLS_MAX the rest is counted by
 * category alone.
 */
#ifndef RINGPOST_FEEDBACK_REFUSALS_H
#define RINGPOST_FEEDBACK_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "feedback/category.h"

#define REFUSALS_CELLS_MAX 20000
#define REFUSALS_SLOT_MS   (10 * 60 * INT64_C(1000))
#define REFUSALS_SLOTS	   144
#define REFUSALS_NAME_MAX  200 /* bytes of a site's name that tell it apart */

enum refusal_kind {
	REFUSAL_DEFERRED,
	REFUSAL_BOUNCED, /* while it was delivered */
	REFUSAL_LATE,	 /* by a report that came back */
	REFUSAL_KINDS
};

struct refusal_count {
	enum category category;
	struct slice site;   /* empty: no host was asked */
	struct slice tenant; /* empty: nobody's mail */
	bool rest;	     /* of sites and tenants that had no room */
	uint64_t counts[REFUSAL_KINDS];
};

struct refusals;
struct refusals *refusals_create(void);
void refusals_destroy(struct refusals **refusals);

/* One recipient was refused, at NOW_MS of the wall clock. */
void refusals_add(struct refusals *refusals, enum refusal_kind kind,
	enum category category, struct slice site, struct slice tenant, int64_t now_ms);
/* What was counted from SINCE_MS on, the whole ten minutes it falls into, in no
 * order; the same may come more than once, to be added up. Slices are valid during
 * the call. */
void refusals_each(const struct refusals *refusals, int64_t since_ms, int64_t now_ms,
	void (*visit)(void *context, const struct refusal_count *count), void *context);

/*
 * The same since the start, by provider and category, for whoever adds up himself.
 * However many providers are configured, REFUSAL_PROVIDERS_MAX have a name here, the
 * first that refuse; the others are among those of none.
 */
#define REFUSAL_PROVIDERS_MAX 32

struct refusal_total {
	struct slice provider; /* empty: of no provider's */
	enum category category;
	enum refusal_kind kind;
	uint64_t count; /* 1 or more */
};

void refusals_add_total(struct refusals *refusals, enum refusal_kind kind,
	enum category category, struct slice provider);
/* Slices are REFUSALS'. */
void refusals_each_total(const struct refusals *refusals,
	void (*visit)(void *context, const struct refusal_total *total), void *context);

#endif
