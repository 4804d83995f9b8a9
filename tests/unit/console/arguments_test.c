/* Options taken out of the words of a command line. */
#include "client/arguments.h"

#include "base/failure.h"
#include "base/memory.h"

#include "check.h"

struct taken {
	bool json;
	const char *state;
	uint64_t limit;
	bool limit_given;
	struct option_texts senders;
};

static bool parse(
	struct arguments *arguments, struct taken *taken, size_t count, char **words)
{
	const struct option options[] = {
		{"json", OPTION_FLAG, &taken->json, NULL},
		{"state", OPTION_TEXT, &taken->state, NULL},
		{"limit", OPTION_NUMBER, &taken->limit, &taken->limit_given},
		{"sender", OPTION_TEXTS, &taken->senders, NULL},
	};

	arguments->words = words;
	arguments->count = count;
	return arguments_parse(arguments, options, ARRAY_COUNT(options));
}

#define PARSE(arguments, taken, ...)                                    \
	parse(arguments, taken, ARRAY_COUNT(((char *[]){__VA_ARGS__})), \
		(char *[]){__VA_ARGS__})

CASE("options stand anywhere, in both forms")
{
	struct arguments arguments = {.config = "default"};
	struct taken taken = {0};

	CHECK(PARSE(&arguments, &taken, "one", "--json", "--state", "held", "two",
		"--limit=7", "-c", "file", "--sender=a@x", "--sender", "-b"));
	CHECK_NUMBER(arguments.count, 2);
	CHECK_SLICE(slice_of(arguments.words[0]), "one");
	CHECK_SLICE(slice_of(arguments.words[1]), "two");
	CHECK(taken.json);
	CHECK_SLICE(slice_of(taken.state), "held");
	CHECK_NUMBER(taken.limit, 7);
	CHECK(taken.limit_given);
	CHECK_SLICE(slice_of(arguments.config), "file");
	CHECK_NUMBER(taken.senders.count, 2);
	CHECK_SLICE(slice_of(taken.senders.at[1]), "-b");
}

CASE("what is not given stays as it was; empty values are values")
{
	struct arguments arguments = {.config = "default"};
	struct taken taken = {.limit = 100};

	CHECK(PARSE(&arguments, &taken, "--state=", "--socket", "/x"));
	CHECK_SLICE(slice_of(arguments.config), "default");
	CHECK_SLICE(slice_of(arguments.socket), "/x");
	CHECK_SLICE(slice_of(taken.state), "");
	CHECK_NUMBER(taken.limit, 100);
	CHECK(!taken.limit_given && !taken.json);
}

CASE("-- ends the options; - is a word")
{
	struct arguments arguments = {0};
	struct taken taken = {0};

	CHECK(PARSE(&arguments, &taken, "-", "--", "--json", "--"));
	CHECK_NUMBER(arguments.count, 3);
	CHECK_SLICE(slice_of(arguments.words[1]), "--json");
	CHECK_SLICE(slice_of(arguments.words[2]), "--");
	CHECK(!taken.json);
}

CASE("what is wrong is said")
{
	static char *const wrong[][3] = {
		{"--jsn", NULL, "there is no option --jsn"},
		{"-x", NULL, "there is no option -x"},
		{"--json=yes", NULL, "--json takes no value"},
		{"--state", NULL, "--state needs a value"},
		{"-c", NULL, "--config needs a value"},
		{"--limit", "seven", "--limit \"seven\" is not a whole number"},
		{"--limit", "-7", "--limit \"-7\" is not a whole number"},
		{"--limit=", NULL, "--limit \"\" is not a whole number"},
		{"--=", NULL, "there is no option --"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
		char *words[] = {wrong[i][0], wrong[i][1]};
		struct arguments arguments = {0};
		struct taken taken = {0};

		CHECK(!parse(&arguments, &taken, wrong[i][1] ? 2 : 1, words));
		CHECK_NUMBER(failure_kind_last(), FAILURE_CONFIG);
		CHECK_SLICE(slice_of(failure_last()->text), wrong[i][2]);
	}
}

CASE("an option is repeated only so often")
{
	struct arguments arguments = {0};
	struct taken taken = {0};
	char *words[ARGUMENTS_TEXTS_MAX + 1];

	for (size_t i = 0; i <= ARGUMENTS_TEXTS_MAX; i++)
		words[i] = "--sender=x";
	CHECK(parse(&arguments, &taken, ARGUMENTS_TEXTS_MAX, words));
	CHECK_NUMBER(taken.senders.count, ARGUMENTS_TEXTS_MAX);
	taken.senders.count = 0;
	CHECK(!parse(&arguments, &taken, ARGUMENTS_TEXTS_MAX + 1, words));
}

CHECK_MAIN()
