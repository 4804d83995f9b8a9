/* Refusals counted by category, site and tenant, for a day, in bounded memory. */
#include "feedback/refusals.h"

#include "check.h"

#define HOUR_MS (3600 * INT64_C(1000))
#define NOW_MS	INT64_C(1763740000000)

struct sums {
	uint64_t counts[CATEGORIES][REFUSAL_KINDS];
	uint64_t all, rest, visits;
	const char *site, *tenant; /* only of these, if not NULL */
};

static void add_up(void *context, const struct refusal_count *count)
{
	struct sums *sums = context;

	sums->visits++;
	if ((sums->site && !slice_equal(count->site, slice_of(sums->site))) ||
		(sums->tenant && !slice_equal(count->tenant, slice_of(sums->tenant))))
		return;
	for (unsigned i = 0; i < REFUSAL_KINDS; i++) {
		sums->counts[count->category][i] += count->counts[i];
		sums->all += count->counts[i];
		sums->rest += count->rest ? count->counts[i] : 0;
	}
}

static struct sums sums_of(const struct refusals *refusals, const char *site,
	const char *tenant, int64_t since_ms, int64_t now_ms)
{
	struct sums sums = {.site = site, .tenant = tenant};

	refusals_each(refusals, since_ms, now_ms, add_up, &sums);
	return sums;
}

CASE("by category and kind, of a site, of a tenant")
{
	struct refusals *refusals = refusals_create();
	struct sums sums;

	for (unsigned i = 0; i < 3; i++)
		refusals_add(refusals, REFUSAL_BOUNCED, CATEGORY_BAD_MAILBOX,
			SLICE("mx.a.test"), SLICE("t1"), NOW_MS);
	refusals_add(refusals, REFUSAL_DEFERRED, CATEGORY_RATE, SLICE("mx.a.test"),
		SLICE("t2"), NOW_MS);
	refusals_add(refusals, REFUSAL_LATE, CATEGORY_RATE, SLICE("mx.b.test"),
		SLICE("t2"), NOW_MS);
	refusals_add(refusals, REFUSAL_BOUNCED, CATEGORY_BAD_DOMAIN, SLICE_EMPTY,
		SLICE_EMPTY, NOW_MS);
	sums = sums_of(refusals, NULL, NULL, NOW_MS - HOUR_MS, NOW_MS);
	CHECK_NUMBER(sums.all, 6);
	CHECK_NUMBER(sums.counts[CATEGORY_BAD_MAILBOX][REFUSAL_BOUNCED], 3);
	CHECK_NUMBER(sums.counts[CATEGORY_RATE][REFUSAL_DEFERRED], 1);
	CHECK_NUMBER(sums.counts[CATEGORY_RATE][REFUSAL_LATE], 1);
	CHECK_NUMBER(sums.visits, 4);
	CHECK_NUMBER(sums_of(refusals, "mx.a.test", NULL, 0, NOW_MS).all, 4);
	CHECK_NUMBER(sums_of(refusals, NULL, "t2", 0, NOW_MS).all, 2);
	CHECK_NUMBER(sums_of(refusals, "", NULL, 0, NOW_MS).all, 1);
	refusals_destroy(&refusals);
	CHECK(!refusals);
	refusals_destroy(&refusals);
}

CASE("for a day, to ten minutes, whatever the clock does")
{
	struct refusals *refusals = refusals_create();

	for (int64_t hour = 0; hour < 48; hour++)
		refusals_add(refusals, REFUSAL_BOUNCED, CATEGORY_OTHER, SLICE("s"),
			SLICE_EMPTY, NOW_MS + hour * HOUR_MS);
	CHECK_NUMBER(sums_of(refusals, NULL, NULL, 0, NOW_MS + 47 * HOUR_MS).all, 24);
	CHECK_NUMBER(sums_of(refusals, NULL, NULL, NOW_MS + 46 * HOUR_MS,
			     NOW_MS + 47 * HOUR_MS)
			     .all,
		2);
	CHECK_NUMBER(sums_of(refusals, NULL, NULL, NOW_MS + 47 * HOUR_MS - 1,
			     NOW_MS + 47 * HOUR_MS)
			     .all,
		1);
	/* Long idle, then again: nothing of before is told. */
	CHECK_NUMBER(sums_of(refusals, NULL, NULL, 0, NOW_MS + 200 * HOUR_MS).all, 0);
	/* Set back by a month: it goes on. */
	refusals_add(refusals, REFUSAL_BOUNCED, CATEGORY_OTHER, SLICE("s"), SLICE_EMPTY,
		NOW_MS - 720 * HOUR_MS);
	CHECK_NUMBER(sums_of(refusals, NULL, NULL, 0, NOW_MS - 720 * HOUR_MS).all, 1);
	refusals_add(
		refusals, REFUSAL_BOUNCED, CATEGORY_OTHER, SLICE("s"), SLICE_EMPTY, -5);
	CHECK_NUMBER(sums_of(refusals, NULL, NULL, 0, 0).all, 1);
	refusals_destroy(&refusals);
}

CASE("more sites than there is room for are counted together")
{
	struct refusals *refusals = refusals_create();
	struct sums sums;
	char site[300];

	memset(site, 'x', sizeof(site));
	for (unsigned i = 0; i < REFUSALS_CELLS_MAX + 5000; i++) {
		int size = snprintf(site, 20, "mx%u.test", i);

		site[size] = 'x';
		refusals_add(refusals, REFUSAL_BOUNCED, CATEGORY_POLICY,
			slice_make(site, sizeof(site)), SLICE("t"), NOW_MS);
	}
	refusals_add(refusals, REFUSAL_BOUNCED, CATEGORY_SIZE, SLICE("new"), SLICE("t"),
		NOW_MS + HOUR_MS);
	sums = sums_of(refusals, NULL, NULL, 0, NOW_MS + HOUR_MS);
	CHECK_NUMBER(sums.all, REFUSALS_CELLS_MAX + 5001);
	CHECK_NUMBER(sums.rest, 5001);
	CHECK_NUMBER(sums.visits, REFUSALS_CELLS_MAX + 2);
	/* A day later there is room again. */
	refusals_add(refusals, REFUSAL_BOUNCED, CATEGORY_SIZE, SLICE("new"), SLICE("t"),
		NOW_MS + 24 * HOUR_MS);
	sums = sums_of(refusals, "new", NULL, 0, NOW_MS + 24 * HOUR_MS);
	CHECK_NUMBER(sums.all, 1);
	CHECK_NUMBER(sums.visits, 2);
	refusals_destroy(&refusals);
}

struct totals {
	unsigned visits;
	uint64_t all, of_none, bad_mailbox_late;
};

static void add_total(void *context, const struct refusal_total *total)
{
	struct totals *totals = context;

	totals->visits++;
	totals->all += total->count;
	if (!total->provider.size)
		totals->of_none += total->count;
	if (total->category == CATEGORY_BAD_MAILBOX && total->kind == REFUSAL_LATE)
		totals->bad_mailbox_late += total->count;
}

CASE("by provider since the start, as many as there are names for")
{
	struct refusals *refusals = refusals_create();
	struct totals totals = {0};
	char name[32];

	refusals_each_total(refusals, add_total, &totals);
	CHECK_NUMBER(totals.visits, 0);
	for (unsigned i = 0; i < 2 * (REFUSAL_PROVIDERS_MAX + 8); i++) {
		snprintf(name, sizeof(name), "p%u", i % (REFUSAL_PROVIDERS_MAX + 8));
		refusals_add_total(
			refusals, REFUSAL_DEFERRED, CATEGORY_RATE, slice_of(name));
	}
	refusals_add_total(refusals, REFUSAL_LATE, CATEGORY_BAD_MAILBOX, SLICE_EMPTY);
	refusals_each_total(refusals, add_total, &totals);
	CHECK_NUMBER(totals.visits, REFUSAL_PROVIDERS_MAX + 2);
	CHECK_NUMBER(totals.all, 2 * (REFUSAL_PROVIDERS_MAX + 8) + 1);
	CHECK_NUMBER(totals.of_none, 2 * 8 + 1);
	CHECK_NUMBER(totals.bad_mailbox_late, 1);
	refusals_destroy(&refusals);
}

CHECK_MAIN()
