/*
 * Patterns over replies, by PCRE2: compiled once, with limits on what a match
 * may cost.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "shaping/reaction_match.h"

#include <pcre2.h>

#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

/* A pattern that needs more is broken, or the text was made for it. */
#define MATCH_STEPS_MAX 20000
#define MATCH_HEAP_KIB	256
#define JIT_STACK_LEAST (16u << 10)
#define JIT_STACK_MOST	(128u << 10)

struct reaction_pattern {
	pcre2_code *code;
};

struct reaction_pattern *reaction_pattern_create(const char *text)
{
	struct reaction_pattern *made;
	PCRE2_UCHAR trouble[120];
	PCRE2_SIZE place = 0;
	int error = 0;
	pcre2_code *code;

	if (strlen(text) > REACTION_PATTERN_MAX) {
		fail(FAILURE_CONFIG, "the pattern has more than %d bytes",
			REACTION_PATTERN_MAX);
		return NULL;
	}
	/* A reply's lines are one text: a dot is any character of it. */
	code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
		PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_NEVER_UTF |
			PCRE2_NEVER_BACKSLASH_C,
		&error, &place, NULL);
	if (!code) {
		pcre2_get_error_message(error, trouble, sizeof(trouble));
		fail(FAILURE_CONFIG,
			"the pattern \"%.100s\" is wrong behind character "
			"%zu: %s",
			text, (size_t)place, (const char *)trouble);
		return NULL;
	}
	/* Where there is no JIT it is interpreted. */
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	made = NEW(struct reaction_pattern);
	made->code = code;
	return made;
}

bool reaction_pattern_check(const char *text)
{
	struct reaction_pattern *pattern = reaction_pattern_create(text);
	bool good = pattern != NULL;

	reaction_pattern_destroy(&pattern);
	return good;
}

void reaction_pattern_destroy(struct reaction_pattern **pattern)
{
	struct reaction_pattern *old = *pattern;

	*pattern = NULL;
	if (!old)
		return;
	pcre2_code_free(old->code);
	memory_free(old);
}

/* A stack of its own, for fibers have little. */
static bool prepare(struct reaction_matcher *matcher)
{
	if (matcher->data)
		return true;
	matcher->data = pcre2_match_data_create(1, NULL);
	matcher->context = pcre2_match_context_create(NULL);
	matcher->stack = pcre2_jit_stack_create(JIT_STACK_LEAST, JIT_STACK_MOST, NULL);
	if (!matcher->data || !matcher->context) {
		reaction_matcher_finish(matcher);
		return false;
	}
	pcre2_set_match_limit(matcher->context, MATCH_STEPS_MAX);
	pcre2_set_heap_limit(matcher->context, MATCH_HEAP_KIB);
	if (matcher->stack)
		pcre2_jit_stack_assign(matcher->context, NULL, matcher->stack);
	return true;
}

bool reaction_pattern_matches(const struct reaction_pattern *pattern, struct slice text,
	struct reaction_matcher *matcher)
{
	return prepare(matcher) &&
	       pcre2_match(pattern->code, (PCRE2_SPTR)text.at, text.size, 0, 0,
		       matcher->data, matcher->context) >= 0;
}

void reaction_matcher_finish(struct reaction_matcher *matcher)
{
	pcre2_match_data_free(matcher->data);
	pcre2_match_context_free(matcher->context);
	pcre2_jit_stack_free(matcher->stack);
	*matcher = (struct reaction_matcher){0};
}
