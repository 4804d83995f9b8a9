/*
 * Files of bounce rules: each gives a classifier that can be asked, or a list of
 * errors with a place each.
 */
#include "feedback/classifier_core.h"

#include <stdlib.h>
#include <string.h>

#include "base/config_errors.h"
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

/* Without what ships, which would take most of the time. */
static void read_rules(
	struct classifier *classifier, struct config_errors *errors, struct slice text)
{
	struct arena scratch = {0};
	struct config_bounce_file file = {.rule_count = 0};
	struct config_reading reading = {
		.arena = &scratch, .scratch = &scratch, .errors = errors};

	classifier_yaml_read(&reading, text, &file);
	classifier_add(classifier, &reading, &file, NAME, false);
	memory_free(reading.marks.list);
	arena_finish(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct classifier *classifier = NEW(struct classifier);
	struct config_errors *errors = NEW(struct config_errors);
	struct arena arena = {0};
	size_t rules = 0;
	char *lines;

	atomic_init(&classifier->holders, 1);
	*errors = (struct config_errors){.path = NAME, .arena = &arena};
	read_rules(classifier, errors, slice_make(data, size));
	if (errors->count) {
		lines = config_errors_text(errors);
		HOLD(strncmp(lines, NAME ":", strlen(NAME ":")) == 0);
		memory_free(lines);
	} else {
		classifier_each_rule(classifier, check_rule, &rules);
		ask(classifier);
	}
	arena_finish(&arena);
	memory_free(errors);
	classifier_release(&classifier);
	return 0;
}
