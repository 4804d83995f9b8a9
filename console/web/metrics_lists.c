/* Figures of workers that are lists: refusals by provider, ages of the queue's mail. */
#include "web/metrics.h"

#include <stdlib.h>

#include "base/memory.h"

#define REFUSALS "ringpost_refusals_total"
#define AGE	 "ringpost_queue_age_seconds"

/* ---- Refusals ---- */

/* Providers have a number here; 0: none. */
struct sums {
	struct slice names[REFUSAL_PROVIDERS_MAX + 1];
	size_t count;
	uint64_t counts[REFUSAL_PROVIDERS_MAX + 1][CATEGORIES][REFUSAL_KINDS];
};

/* Workers that know other ones than those before: theirs are added to none. */
static size_t place_of(struct sums *sums, struct slice provider)
{
	size_t at = 0;

	while (at < sums->count && !slice_equal(sums->names[at], provider))
		at++;
	if (at < sums->count)
		return at;
	if (sums->count > REFUSAL_PROVIDERS_MAX)
		return 0;
	sums->names[at] = provider;
	return sums->count++;
}

static void add_worker(struct sums *sums, const struct value *list)
{
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *item = value_at(list, i);
		size_t at = place_of(sums, value_get_text(item, "provider"));

		sums->counts[at][value_get_number(item, "category")][value_get_number(
			item, "kind")] += (uint64_t)value_get_number(item, "count");
	}
}

static void write_provider(struct exposition *out, const struct sums *sums, size_t at)
{
	static const char *const kinds[REFUSAL_KINDS] = {
		[REFUSAL_DEFERRED] = "deferred",
		[REFUSAL_BOUNCED] = "bounced",
		[REFUSAL_LATE] = "late"};

	for (enum category category = 0; category < CATEGORIES; category++) {
		for (enum refusal_kind kind = 0; kind < REFUSAL_KINDS; kind++) {
			if (!sums->counts[at][category][kind])
				continue;
			exposition_begin(out, REFUSALS);
			exposition_label(out, "outcome", slice_of(kinds[kind]));
			exposition_label(
				out, "category", slice_of(category_name(category)));
			exposition_label(
				out, "provider", at ? sums->names[at] : SLICE("other"));
			exposition_end(out, sums->counts[at][category][kind]);
		}
	}
}

void metrics_write_refusals(struct exposition *out, const struct value *results)
{
	struct sums *sums = NEW(struct sums);

	sums->count = 1; /* without a name: of none */
	for (size_t i = 0; i < value_count(results); i++)
		add_worker(sums, value_get(value_at(results, i), "refusals"));
	exposition_family(out, REFUSALS, EXPOSITION_COUNTER,
		"Recipients refused, by what it was about and whose hosts they are");
	for (size_t at = 0; at < sums->count; at++)
		write_provider(out, sums, at);
	memory_free(sums);
}

/* ---- Ages ---- */

static int by_age(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static size_t gather(const struct value *results, int64_t *ages_ms)
{
	size_t count = 0;

	for (size_t i = 0; i < value_count(results); i++) {
		const struct value *list = value_get(value_at(results, i), "ages");

		for (size_t at = 0; at < value_count(list); at++) {
			if (ages_ms)
				ages_ms[count] = value_get_number(
					value_at(list, at), "ms");
			count++;
		}
	}
	return count;
}

static void write_ages(struct exposition *out, const int64_t *ages_ms, size_t count)
{
	static const struct {
		const char *label;
		size_t percent;
	} percentiles[] = {{"50", 50}, {"90", 90}, {"100", 100}};

	exposition_family(out, AGE, EXPOSITION_GAUGE,
		"How long ago mail of the queue was accepted, of a sample");
	for (size_t i = 0; i < ARRAY_COUNT(percentiles); i++) {
		size_t at = (count * percentiles[i].percent + 99) / 100;

		exposition_begin(out, AGE);
		exposition_label(out, "percentile", slice_of(percentiles[i].label));
		exposition_end_us(out, at ? ages_ms[at - 1] * 1000 : 0);
	}
}

void metrics_write_ages(struct exposition *out, const struct value *results)
{
	size_t count = gather(results, NULL);
	int64_t *ages_ms = memory_allocate_array(count + 1, sizeof(int64_t));
	int64_t late_ms = 0;

	gather(results, ages_ms);
	qsort(ages_ms, count, sizeof(int64_t), by_age);
	write_ages(out, ages_ms, count);
	memory_free(ages_ms);
	for (size_t i = 0; i < value_count(results); i++) {
		int64_t here_ms = value_get_number(value_at(results, i), "late_ms");

		late_ms = here_ms > late_ms ? here_ms : late_ms;
	}
	exposition_family(out, "ringpost_queue_late_seconds", EXPOSITION_GAUGE,
		"By how much what is due first is late, of mail nothing holds back");
	exposition_begin(out, "ringpost_queue_late_seconds");
	exposition_end_us(out, late_ms * 1000);
}
