/* Who gets a message: patterns such as "user%d@d%d.test", with weights. */
#include "bench/audience.h"

#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/amount.h"
#include "bench/mix.h"

/* Room that %d and %i may take when a pattern is tried. */
#define SAMPLE_ID "xxxxxxxx-99999999999"

struct pattern {
	char *text;
	size_t at; /* of the '@' */
};

struct audience {
	struct audience_plan plan;
	struct pattern *patterns;
	struct mix mix;
};

struct numbers {
	uint64_t user, domain;
	struct slice id;
};

static bool expand(const struct pattern *pattern, const struct numbers *numbers,
	char text[AUDIENCE_TEXT_SIZE], struct slice *address_r);
static bool check(const struct audience *audience, const struct pattern *pattern);

struct audience *audience_create(const struct audience_plan *plan)
{
	struct audience *audience = NEW(struct audience);

	audience->plan = *plan;
	return audience;
}

void audience_destroy(struct audience **audience)
{
	struct audience *a = *audience;

	if (!a)
		return;
	for (size_t i = 0; i < a->mix.count; i++)
		memory_free(a->patterns[i].text);
	memory_free(a->patterns);
	mix_finish(&a->mix);
	memory_free(a);
	*audience = NULL;
}

bool audience_add(struct audience *audience, struct slice text)
{
	uint64_t weight = mix_take_weight(&text);
	struct pattern pattern = {.at = slice_index_last(text, '@')};

	pattern.text = memory_copy_text(text);
	if (!check(audience, &pattern) || !mix_add(&audience->mix, weight)) {
		memory_free(pattern.text);
		return false;
	}
	audience->patterns = memory_resize(
		audience->patterns, audience->mix.count * sizeof(*audience->patterns));
	audience->patterns[audience->mix.count - 1] = pattern;
	return true;
}

struct slice audience_print(const struct audience *audience, uint64_t number,
	uint64_t k, struct slice id, char text[AUDIENCE_TEXT_SIZE])
{
	const struct audience_plan *plan = &audience->plan;
	uint64_t chance = mix_scatter(plan->seed, number);
	const struct pattern *pattern =
		&audience->patterns[mix_pick(&audience->mix, mix_scatter(chance, k))];
	struct numbers numbers = {
		.user = (number * plan->recipients + k) % plan->users + 1,
		.domain = (chance % plan->domains + k) % plan->domains + 1,
		.id = id,
	};
	struct slice address = SLICE_EMPTY;

	expand(pattern, &numbers, text, &address);
	return address;
}

/* False: it does not fit, or a %-sign is followed by something else. */
static bool expand(const struct pattern *pattern, const struct numbers *numbers,
	char text[AUDIENCE_TEXT_SIZE], struct slice *address_r)
{
	const char *from = pattern->text;
	size_t used = 0;

	for (size_t i = 0; from[i]; i++) {
		char digits[AMOUNT_DIGITS] = {from[i]};
		struct slice piece = {digits, 1};

		if (from[i] == '%') {
			i++;
			if (from[i] == 'd')
				piece.size = amount_print_number(
					i < pattern->at ? numbers->user
							: numbers->domain,
					digits);
			else if (from[i] == 'i')
				piece = numbers->id;
			else if (from[i] != '%')
				return false;
		}
		if (piece.size >= AUDIENCE_TEXT_SIZE - used)
			return false;
		memcpy(text + used, piece.at, piece.size);
		used += piece.size;
	}
	text[used] = '\0';
	*address_r = slice_make(text, used);
	return true;
}

/* An address for its longest numbers, and enough of them. */
static bool check(const struct audience *audience, const struct pattern *pattern)
{
	const struct audience_plan *plan = &audience->plan;
	struct numbers longest = {
		.user = plan->users, .domain = plan->domains, .id = SLICE(SAMPLE_ID)};
	struct slice whole = slice_of(pattern->text), address;
	bool has_user = slice_find(slice_part(whole, 0, pattern->at), SLICE("%d")) <
			pattern->at;
	struct slice domain = slice_from(whole, pattern->at);
	bool has_domain = slice_find(domain, SLICE("%d")) < domain.size;
	char text[AUDIENCE_TEXT_SIZE];
	struct address parsed;
	enum address_fault fault;

	if (!expand(pattern, &longest, text, &address))
		return fail(FAILURE_CONFIG,
			"\"%s\": %%d (a number), %%i (the id) and %%%% are known, and "
			"%d bytes fit",
			pattern->text, ADDRESS_MAX);
	fault = address_parse(address, ADDRESS_UTF8, &parsed);
	if (fault != ADDRESS_OK)
		return fail(FAILURE_CONFIG, "\"%s\": %s", pattern->text,
			address_fault_text(fault));
	if (plan->recipients > 1 && (!has_user || plan->users < plan->recipients) &&
		(!has_domain || plan->domains < plan->recipients))
		return fail(FAILURE_CONFIG,
			"\"%s\" does not give %llu different recipients for one "
			"message",
			pattern->text, (unsigned long long)plan->recipients);
	return true;
}
