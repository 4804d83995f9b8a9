/* Patterns: compiled or refused, matched within limits, in any thread. */
#include "base/pattern.h"

#include <pthread.h>

#include "base/failure.h"
#include "base/memory.h"

#include "check.h"

static bool matches(const char *text, struct slice in)
{
	struct pattern *pattern = pattern_create(text);
	bool found;

	CHECK(pattern);
	found = pattern_matches(pattern, in);
	pattern_destroy(&pattern);
	CHECK(!pattern);
	return found;
}

CASE("of any case, anywhere, over several lines")
{
	struct slice text = SLICE("The first Line\nand a SECOND");

	CHECK(matches("first line.and a second$", text));
	CHECK(matches("", SLICE_EMPTY));
	CHECK(!matches("third", text));
	CHECK(!matches("a", SLICE_EMPTY));
	/* Bytes, not characters: what is not UTF-8 harms nothing. */
	CHECK(matches("\xe4.b", SLICE("\xe4\xff"
				      "B")));
}

CASE("patterns that are wrong are refused, with the reason")
{
	char long_text[PATTERN_MAX + 2];

	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	CHECK(pattern_check("rate (limit|exceeded)"));
	CHECK(!pattern_check("rate [limit"));
	CHECK_NUMBER(failure_last()->kind, FAILURE_CONFIG);
	CHECK(strstr(
		failure_last()->text, "\"rate [limit\" is wrong behind character"));
	CHECK(!pattern_check(long_text));
	CHECK(!pattern_check("a\\Cb"));
	CHECK(!pattern_check("(*UTF)a"));
}

CASE("one that would take for ever matches nothing, soon")
{
	char text[600];

	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < 100; i++)
		CHECK(!matches("^(a+)+(b+)+$", slice_make(text, sizeof(text))));
}

static void *match_often(void *pattern)
{
	for (size_t i = 0; i < 1000; i++)
		CHECK(pattern_matches(pattern, SLICE("421 slow down")));
	return NULL;
}

CASE("several threads use the same one")
{
	struct pattern *pattern = pattern_create("(slow|calm) down");
	pthread_t threads[4];

	for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
		CHECK(pthread_create(&threads[i], NULL, match_often, pattern) == 0);
	for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	pattern_destroy(&pattern);
}

CHECK_MAIN()
