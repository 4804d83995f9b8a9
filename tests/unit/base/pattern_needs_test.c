/* What patterns need: told where it can be, and never more than they do. */
#include "base/pattern_needs.h"

#include "base/memory.h"
#include "base/pattern.h"

#include "check.h"

static bool are_met(const char *pattern, const char *text)
{
	struct pattern_needs *needs = pattern_needs_create(pattern);
	struct pattern_trigrams trigrams;
	bool met;

	pattern_trigrams_of(slice_of(text), &trigrams);
	met = pattern_needs_are_met(needs, &trigrams);
	pattern_needs_destroy(&needs);
	CHECK(!needs);
	return met;
}

CASE("texts that cannot match are told")
{
	static const struct {
		const char *pattern, *text;
	} table[] = {
		{"unknown", "the user is know"},
		{"user unknown|no such user", "nobody there"},
		{"mail ?box (is )?full", "the message was refused"},
		{"(a|b)+ quota", "xa quote"},
		{"\\bspam\\b", "parson"},
		{"gr[ae]y-?list", "black"},
		{"(?<!your )mailbox", "your box"},
		{"too many (errors|hops)", "not many"},
		{"x{2}y+abc", "xxyab"},
		{"[]x]abc", "ab"},
		{"a.b|defg", "a.b def"}, /* of "a.b" nothing is known: any text */
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		bool known = i < 10;

		if (!CHECK(are_met(table[i].pattern, table[i].text) == !known))
			fprintf(stderr, "%s: %s\n", table[i].pattern, table[i].text);
	}
}

CASE("what is not understood may match anything")
{
	static const char *const patterns[] = {"(?i)abcdef", "(?x) a b c d",
		"(?<name>abc)", "\\Qabc\\E", "\\x41bcd", "[[:alpha:]]abc", "(*UCP)abc",
		"abc\\b?def", "((((((((((((((abcd))))))))))))))"};

	for (size_t i = 0; i < ARRAY_COUNT(patterns); i++)
		if (!CHECK(are_met(patterns[i], "zzz")))
			fprintf(stderr, "%s\n", patterns[i]);
}

/* Each of them does match, so its needs are met. */
CASE("what matches is never told that it cannot")
{
	static const struct {
		const char *pattern, *text;
	} table[] = {
		{"abcd?e", "abce"},
		{"abcd*e", "abce"},
		{"abcd{0,2}e", "abce"},
		{"abc{,2}", "abc{,2}"},
		{"abc{x", "abc{x"},
		{"abc(def)?ghi", "abcghi"},
		{"abc(def|)ghi", "abcghi"},
		{"abc(def){0}ghi", "abcghi"},
		{"abc(def){2}", "abcdefdef"},
		{"abc(?!def)", "abcxyz"},
		{"(?<!abc )def", "def"},
		{"abc\\.def\\[", "abc.def["},
		{"abc\\bdef|ghi", "ghi"},
		{"ABC", "xabcx"},
		{"abc", "xABCx"},
		{"abc+?d", "abccd"},
		{"ab[]c]def", "ab]def"},
		{"ab[^]c]def", "abxdef"},
		{"ab[c\\]]def", "ab]def"},
		{"(ab|cdef) (gh|ijkl)", "ab gh"},
		{"((abc|defg)x|hij)", "hij"},
		{"a|b|c", "b"},
		{"(abc", "anything"},
		{"abc)", "anything"},
		{"postfach.{0,30}(voll|überfüllt)", "Postfach ist überfüllt"},
		{"\xff\xfe\xfd", "\xff\xfe\xfd"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		if (!CHECK(are_met(table[i].pattern, table[i].text)))
			fprintf(stderr, "%s: %s\n", table[i].pattern, table[i].text);
}

/* Patterns made of what regular expressions are made of, over texts of the same
 * few letters: whatever matches has what is needed. */
CASE("by chance, a million letters")
{
	static const char *const parts[] = {"a", "b", "ab", "abc", "cab", "(",
		"(?:", ")", "|", "?", "*", "+", "{0,1}", "{2}", "[ab]", "[^a]", ".",
		"\\b", "\\.", "(?!a)", "(?<!b)", " ", "^", "$"};
	uint64_t seed = 12345, compiled = 0, told = 0;

	for (unsigned round = 0; round < 40000; round++) {
		char source[80] = "", text[13];
		struct pattern_trigrams trigrams;
		struct pattern *pattern;

		for (unsigned i = 0; i < 8; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			strcat(source, parts[(seed >> 33) % ARRAY_COUNT(parts)]);
		}
		pattern = pattern_create(source);
		if (!pattern)
			continue;
		compiled++;
		for (unsigned j = 0; j < 20; j++) {
			for (unsigned i = 0; i < sizeof(text) - 1; i++) {
				seed = seed * 6364136223846793005u +
				       1442695040888963407u;
				text[i] = "abcABC. "[(seed >> 33) % 8];
			}
			text[sizeof(text) - 1] = '\0';
			pattern_trigrams_of(slice_of(text), &trigrams);
			if (pattern_may_match(pattern, &trigrams))
				continue;
			told++;
			if (!CHECK(!pattern_matches(pattern, slice_of(text))))
				fprintf(stderr, "%s: %s\n", source, text);
		}
		pattern_destroy(&pattern);
	}
	printf("%llu patterns, %llu told\n", (unsigned long long)compiled,
		(unsigned long long)told);
	CHECK(compiled > 5000 && told > 5000);
}

CHECK_MAIN()
