/* MTA-STS records and policies: read or refused, and what is read prints to the
 * same. */
#include "policy/mta_sts_policy.h"

#include <stdlib.h>

#include "base/failure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_policy(const struct sts_policy *policy, struct arena *arena)
{
	struct buffer text = {0};
	struct sts_policy again;

	HOLD(policy->max_age_s <= STS_MAX_AGE_S);
	HOLD(policy->pattern_count <= STS_PATTERNS_MAX);
	HOLD(policy->mode == STS_NONE || policy->pattern_count);
	sts_policy_print(policy, &text);
	HOLD(sts_policy_parse(buffer_contents(&text), arena, &again));
	HOLD(again.mode == policy->mode && again.max_age_s == policy->max_age_s);
	HOLD(again.pattern_count == policy->pattern_count);
	for (size_t i = 0; i < again.pattern_count; i++) {
		struct slice name = again.patterns[i];

		HOLD(slice_equal(name, policy->patterns[i]));
		if (slice_starts(name, SLICE("*.")))
			continue;
		HOLD(sts_policy_names(policy, name));
	}
	buffer_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make(data, size), id;
	struct arena arena = {0};
	struct sts_policy policy;

	failure_clear();
	if (sts_record_parse(text, &id)) {
		HOLD(sts_record_is_ours(text));
		HOLD(id.size > 0 && id.size <= STS_ID_MAX);
	} else {
		HOLD(failure_kind_last() == FAILURE_DATA);
	}
	failure_clear();
	if (sts_policy_parse(text, &arena, &policy))
		check_policy(&policy, &arena);
	else
		HOLD(failure_kind_last() == FAILURE_DATA);
	arena_finish(&arena);
	return 0;
}
