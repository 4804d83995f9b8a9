/* Refusals since the start, by provider and category; see refusals.h. */
#include "feedback/refusal_totals.h"

#include "base/memory.h"

void refusal_totals_finish(struct refusal_totals *totals)
{
	for (size_t i = 1; i < totals->count; i++)
		memory_free(totals->providers[i].name);
}

/* 0: nobody's, or there is no more room. */
static size_t place_of(struct refusal_totals *totals, struct slice provider)
{
	if (!totals->count)
		totals->count = 1;
	if (!provider.size)
		return 0;
	for (size_t i = 1; i < totals->count; i++)
		if (slice_equal(provider, slice_of(totals->providers[i].name)))
			return i;
	if (totals->count > REFUSAL_PROVIDERS_MAX)
		return 0;
	totals->providers[totals->count].name = memory_copy_text(provider);
	return totals->count++;
}

void refusal_totals_add(
	struct refusal_totals *totals, const struct refusal_total *total)
{
	totals->providers[place_of(totals, total->provider)]
		.counts[total->category][total->kind] += total->count;
}

static void tell_provider(const struct refusal_totals *totals, size_t at,
	void (*visit)(void *context, const struct refusal_total *total), void *context)
{
	struct refusal_total total = {
		.provider = at ? slice_of(totals->providers[at].name) : SLICE_EMPTY};

	for (total.category = 0; total.category < CATEGORIES; total.category++) {
		for (total.kind = 0; total.kind < REFUSAL_KINDS; total.kind++) {
			total.count = totals->providers[at]
					      .counts[total.category][total.kind];
			if (total.count)
				visit(context, &total);
		}
	}
}

void refusal_totals_each(const struct refusal_totals *totals,
	void (*visit)(void *context, const struct refusal_total *total), void *context)
{
	for (size_t i = 0; i < totals->count; i++)
		tell_provider(totals, i, visit, context);
}
