/*
 * Patterns by PCRE2: compiled once, with limits on what a match may cost. What
 * matching takes is made once a thread, for a fiber has no room for it.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/pattern.h"

#include <pcre2.h>

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

/* A pattern that needs more is broken, or the text was made for it. */
#define MATCH_STEPS_MAX 20000
#define MATCH_HEAP_KIB	256
#define JIT_STACK_LEAST (16u << 10)
#define JIT_STACK_MOST	(128u << 10)

struct pattern {
	pcre2_code *code;
	struct pattern_needs *needs;
};

struct matcher {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
};

static pthread_key_t key; /* each thread's matcher */
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

struct pattern *pattern_create(const char *text)
{
	struct pattern *made;
	PCRE2_UCHAR trouble[120];
	PCRE2_SIZE place = 0;
	int error = 0;
	pcre2_code *code;

	if (strlen(text) > PATTERN_MAX) {
		fail(FAILURE_CONFIG, "the pattern has more than %d bytes", PATTERN_MAX);
		return NULL;
	}
	/* Its lines are one text: a dot is any character of it. */
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
	made = NEW(struct pattern);
	made->code = code;
	made->needs = pattern_needs_create(text);
	return made;
}

bool pattern_check(const char *text)
{
	struct pattern *pattern = pattern_create(text);
	bool good = pattern != NULL;

	pattern_destroy(&pattern);
	return good;
}

void pattern_destroy(struct pattern **pattern)
{
	struct pattern *old = *pattern;

	*pattern = NULL;
	if (!old)
		return;
	pcre2_code_free(old->code);
	pattern_needs_destroy(&old->needs);
	memory_free(old);
}

static void finish_matcher(void *arg)
{
	struct matcher *matcher = arg;

	pcre2_match_data_free(matcher->data);
	pcre2_match_context_free(matcher->context);
	pcre2_jit_stack_free(matcher->stack);
	memory_free(matcher);
}

static void make_key(void)
{
	int error = pthread_key_create(&key, finish_matcher);

	assert(error == 0);
}

/* This thread's; NULL without memory for it. */
static struct matcher *find_matcher(void)
{
	struct matcher *matcher;

	pthread_once(&key_once, make_key);
	matcher = pthread_getspecific(key);
	if (matcher)
		return matcher;
	matcher = NEW(struct matcher);
	matcher->data = pcre2_match_data_create(1, NULL);
	matcher->context = pcre2_match_context_create(NULL);
	matcher->stack = pcre2_jit_stack_create(JIT_STACK_LEAST, JIT_STACK_MOST, NULL);
	if (!matcher->data || !matcher->context || pthread_setspecific(key, matcher)) {
		finish_matcher(matcher);
		return NULL;
	}
	pcre2_set_match_limit(matcher->context, MATCH_STEPS_MAX);
	pcre2_set_heap_limit(matcher->context, MATCH_HEAP_KIB);
	if (matcher->stack)
		pcre2_jit_stack_assign(matcher->context, NULL, matcher->stack);
	return matcher;
}

bool pattern_matches(const struct pattern *pattern, struct slice text)
{
	struct matcher *matcher = find_matcher();

	return matcher &&
	       pcre2_match(pattern->code, (PCRE2_SPTR)(text.at ? text.at : ""),
		       text.size, 0, 0, matcher->data, matcher->context) >= 0;
}

bool pattern_may_match(
	const struct pattern *pattern, const struct pattern_trigrams *trigrams)
{
	return pattern_needs_are_met(pattern->needs, trigrams);
}
