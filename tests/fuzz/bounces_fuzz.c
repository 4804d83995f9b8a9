/*
 * Files of bounce rules: each gives a classifier that can be asked, or a list of
 * errors with a place each.
 */
#include "feedback/category.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define NAME "fuzz.yaml"

static bool check_rule(void *context, const struct category_rule *rule)
{
	HOLD(rule->name && *rule->name && rule->category < CATEGORIES);
	HOLD(rule->file && rule->line > 0);
	++*(size_t *)context;
	return true;
}

static void ask(const struct classifier *classifier)
{
	static const char *const lines[] = {
		"550 5.1.1 user unknown", "421 a", "4.4.1 x"};
	const struct category_rule *rule;
	struct arena arena = {0};

	for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
		struct category_question question = category_question_of(
			slice_of(lines[i]), SLICE("mx.a.test"), &arena);
		enum category category = category_of(classifier, &question, &rule);

		HOLD(category < CATEGORIES);
		HOLD(rule ? rule->category == category : category == CATEGORY_OTHER);
	}
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *errors = NULL;
	struct classifier *classifier = classifier_parse_text(
		NAME, slice_make(data, size), &errors);
	size_t rules = 0;

	if (classifier) {
		HOLD(!errors);
		classifier_each_rule(classifier, check_rule, &rules);
		HOLD(rules > 100);
		ask(classifier);
	} else {
		HOLD(errors && strncmp(errors, NAME ":", strlen(NAME ":")) == 0);
	}
	memory_free(errors);
	classifier_release(&classifier);
	return 0;
}
