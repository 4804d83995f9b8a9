/*
 * Quoted refusals: whatever stands in a log or a report gives a question whose
 * parts are in bounds, and an answer.
 */
#include "feedback/category.h"

#include <stdlib.h>

#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* The first line is the host. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct classifier *classifier;
	struct slice rest = slice_make(data, size), host = slice_cut(&rest, '\n');
	const struct category_rule *rule;
	struct category_question question;
	struct arena arena = {0};
	enum category category;
	char *errors = NULL;

	if (!classifier)
		classifier = classifier_parse_text(NULL, SLICE_EMPTY, &errors);
	HOLD(classifier && !errors);
	question = category_question_of(rest, host, &arena);
	HOLD(question.code == 0 || (question.code >= 400 && question.code <= 599));
	HOLD(question.text.size <= rest.size);
	category = category_of(classifier, &question, &rule);
	HOLD(category < CATEGORIES);
	HOLD(rule ? rule->category == category : category == CATEGORY_OTHER);
	arena_finish(&arena);
	return 0;
}
