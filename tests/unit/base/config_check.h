/*
 * For the tests of the configuration: text against the exact list of errors.
 */
#ifndef RINGPOST_TESTS_CONFIG_CHECK_H
#define RINGPOST_TESTS_CONFIG_CHECK_H

#include "base/config.h"
#include "base/memory.h"
#include "check.h"

/* What every configuration must have; what is tested begins in line 3. */
#define BEGINNING "hostname: mail.example.com\nlisteners: []\n"

struct wrong {
	const char *text;
	const char *errors; /* "" when there is nothing wrong */
};

/* With BEFORE in front of every text. */
static inline void check_errors(
	const char *before, const struct wrong *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *text = memory_format("%s%s", before, table[i].text);
		char *errors = NULL;
		struct config *config = config_parse_text(
			"t.yaml", slice_of(text), &errors);

		CHECK_SLICE(slice_of(errors), table[i].errors);
		CHECK((config != NULL) == (errors == NULL));
		config_release(&config);
		memory_free(errors);
		memory_free(text);
	}
}

/* The snapshot of TEXT, which must be right; says so when it is not. */
static inline struct config *config_of(const char *text)
{
	char *errors = NULL;
	struct config *config = config_parse_text("t.yaml", slice_of(text), &errors);

	if (!CHECK(config != NULL))
		fprintf(stderr, "%s", errors);
	memory_free(errors);
	return config;
}

#define CHECK_ERRORS(before, table) check_errors(before, table, ARRAY_COUNT(table))

#endif
