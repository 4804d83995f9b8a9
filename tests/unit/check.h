/*
 * A unit test is a program of named cases:
 *
 *	CASE("RFC 5321 4.1.2: a quoted local part")
 *	{
 *		CHECK(address_parse(…));
 *		CHECK_SLICE(address.local, "a b");
 *	}
 *
 *	CHECK_MAIN()
 *
 * Every failed check prints its file, line and values, and the run goes on;
 * the last line is "N passed, N failed" in cases.
 */
#ifndef RINGPOST_TESTS_CHECK_H
#define RINGPOST_TESTS_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slice.h"

struct check_case {
	const char *name;
	void (*run)(void);
	struct check_case *next;
};

static struct check_case *check_cases, **check_cases_end = &check_cases;
static unsigned check_failures;

#define CHECK_JOIN2(a, b) a##b
#define CHECK_JOIN(a, b)  CHECK_JOIN2(a, b)

#define CASE(title)                                                              \
	static void CHECK_JOIN(case_, __LINE__)(void);                           \
	static struct check_case CHECK_JOIN(entry_, __LINE__) = {                \
			title, CHECK_JOIN(case_, __LINE__), NULL};               \
	__attribute__((constructor)) static void CHECK_JOIN(add_, __LINE__)(void) \
	{                                                                        \
		*check_cases_end = &CHECK_JOIN(entry_, __LINE__);                \
		check_cases_end = &CHECK_JOIN(entry_, __LINE__).next;            \
	}                                                                        \
	static void CHECK_JOIN(case_, __LINE__)(void)

#define CHECK(condition) check_true((condition), #condition, __FILE__, __LINE__)
#define CHECK_NUMBER(got, want) \
	check_number((int64_t)(got), (int64_t)(want), #got, __FILE__, __LINE__)
#define CHECK_SLICE(got, want) \
	check_slice((got), slice_of(want), #got, __FILE__, __LINE__)

static inline bool check_true(bool held, const char *what, const char *file, int line)
{
	if (!held) {
		check_failures++;
		fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	}
	return held;
}

static inline bool check_number(int64_t got, int64_t want, const char *what,
		const char *file, int line)
{
	if (got != want) {
		check_failures++;
		fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", file, line, what,
				(long long)got, (long long)want);
	}
	return got == want;
}

static inline bool check_slice(struct slice got, struct slice want, const char *what,
		const char *file, int line)
{
	bool same = slice_equal(got, want);

	if (!same) {
		check_failures++;
		fprintf(stderr, "%s:%d: %s is «%.*s», not «%.*s»\n", file, line, what,
				SLICE_PRINT(got), SLICE_PRINT(want));
	}
	return same;
}

static inline int check_run(void)
{
	unsigned passed = 0, failed = 0;

	for (struct check_case *c = check_cases; c; c = c->next) {
		unsigned before = check_failures;

		c->run();
		if (check_failures == before) {
			passed++;
		} else {
			failed++;
			fprintf(stderr, "FAILED: %s\n", c->name);
		}
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define CHECK_MAIN()                 \
	int main(void)               \
	{                            \
		return check_run();  \
	}

#endif
