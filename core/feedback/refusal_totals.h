/* Refusals since the start, by provider: the inside of refusals.h. */
#ifndef RINGPOST_FEEDBACK_REFUSAL_TOTALS_H
#define RINGPOST_FEEDBACK_REFUSAL_TOTALS_H

#include "feedback/refusals.h"

struct refusal_totals {
	struct {
		char *name; /* NULL: of no provider's */
		uint64_t counts[CATEGORIES][REFUSAL_KINDS];
	} providers[REFUSAL_PROVIDERS_MAX + 1];
	size_t count; /* of them, the one without a name too */
};

/* TOTAL's count is added. */
void refusal_totals_add(
	struct refusal_totals *totals, const struct refusal_total *total);
void refusal_totals_each(const struct refusal_totals *totals,
	void (*visit)(void *context, const struct refusal_total *total), void *context);
void refusal_totals_finish(struct refusal_totals *totals);

#endif
