/* Command lines, and what source and sink make of theirs. */
#include "bench/options.h"

#include "base/failure.h"
#include "base/memory.h"
#include "bench/sink_options.h"
#include "bench/source_options.h"
#include "check.h"

struct values {
	bool flag;
	uint64_t number, size;
	int64_t time;
	double rate;
	const char *text;
	struct texts texts;
};

#define AT(member) offsetof(struct values, member)

static const struct option table[] = {
	{"flag", NULL, OPTION_FLAG, AT(flag), 0, 0, "a flag"},
	{"number", "N", OPTION_NUMBER, AT(number), 1, 10, "a number"},
	{"size", "SIZE", OPTION_SIZE, AT(size), 0, 1 << 20, "a size"},
	{"time", "TIME", OPTION_TIME, AT(time), 0, 0, "a time"},
	{"rate", "RATE", OPTION_RATE, AT(rate), 0, 0, "a rate"},
	{"text", "TEXT", OPTION_TEXT, AT(text), 0, 0, "a text"},
	{"texts", "TEXT", OPTION_TEXTS, AT(texts), 0, 0, "several"},
};
static const struct options options = {
	"try", "X...", "About.", table, ARRAY_COUNT(table)};

static bool read_into(
	struct values *values, struct texts *operands, const char **arguments)
{
	*values = (struct values){0};
	*operands = (struct texts){0};
	return options_read(&options, (char **)(uintptr_t)arguments, values, operands);
}

CASE("every kind, both ways to write a value, operands between")
{
	const char *arguments[] = {"one", "--flag", "--number", "7", "--size=64k",
		"--time=200ms", "--rate", "30/m", "--text", "--flag", "two", "--texts",
		"a", "--texts=b=c", "--", "--three", NULL};
	struct values values;
	struct texts operands;

	CHECK(read_into(&values, &operands, arguments));
	CHECK(values.flag);
	CHECK_NUMBER(values.number, 7);
	CHECK_NUMBER(values.size, 65536);
	CHECK_NUMBER(values.time, 200000);
	CHECK(values.rate == 0.5);
	CHECK_SLICE(slice_of(values.text), "--flag");
	CHECK_NUMBER(values.texts.count, 2);
	CHECK_SLICE(slice_of(values.texts.at[1]), "b=c");
	CHECK_NUMBER(operands.count, 3);
	CHECK_SLICE(slice_of(operands.at[0]), "one");
	CHECK_SLICE(slice_of(operands.at[2]), "--three");
	texts_finish(&values.texts);
	texts_finish(&operands);
}

CASE("what is wrong is named, with what is allowed")
{
	static const struct {
		const char *arguments[3];
		const char *says;
	} cases[] = {
		{{"--nonsense"}, "no option is called --nonsense"},
		{{"--number"}, "--number needs a value: N"},
		{{"--number", "11"}, "\"11\" is not a number from 1 to 10"},
		{{"--number=x"}, "\"x\" is not a number"},
		{{"--size", "2m"}, "\"2m\" is not a size"},
		{{"--time", "soon"}, "\"soon\" is not a time such as 200ms"},
		{{"--rate", "0"}, "\"0\" is not a rate"},
		{{"--flag=1"}, "--flag takes no value"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		const char *arguments[4] = {
			cases[i].arguments[0], cases[i].arguments[1]};
		struct slice text, says = slice_of(cases[i].says);
		struct values values;
		struct texts operands;

		CHECK(!read_into(&values, &operands, arguments));
		CHECK(failure_kind_last() == FAILURE_CONFIG);
		text = slice_of(failure_last()->text);
		if (!CHECK(slice_find(text, says) < text.size))
			fprintf(stderr, "%s\n", failure_last()->text);
		texts_finish(&operands);
	}
}

CASE("the help has every option")
{
	char text[4096] = {0};
	FILE *to = fmemopen(text, sizeof(text) - 1, "w");

	options_help(&options, to);
	fclose(to);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		CHECK(strstr(text, table[i].name) && strstr(text, table[i].help));
	CHECK(strstr(text, "usage: ringpost-bench try X..."));
}

static bool source_refuses(const char *one, const char *two, const char *says)
{
	const char *arguments[] = {"127.0.0.1:25", one, two, NULL};
	struct source_options given;
	bool good = source_options_read((char **)(uintptr_t)arguments, &given);

	source_options_finish(&given);
	return !good && strstr(failure_last()->text, says);
}

CASE("source: defaults, and what contradicts itself")
{
	const char *plain[] = {"127.0.0.1:25", "--overlap", NULL};
	const char *none[] = {"--overlap", NULL};
	struct source_options given;

	CHECK(source_options_read((char **)(uintptr_t)plain, &given));
	CHECK_NUMBER(given.sessions, 1);
	CHECK_NUMBER(given.ahead, 2);
	CHECK_NUMBER(given.duration_us, 10000000);
	CHECK_NUMBER(given.to.count, 1);
	source_options_finish(&given);
	CHECK(!source_options_read((char **)(uintptr_t)none, &given));
	source_options_finish(&given);
	CHECK(source_refuses("--pipelining", "--chunking", "one at the most"));
	CHECK(source_refuses("--tls", "--starttls", "one at the most"));
	CHECK(source_refuses("--user=x", NULL, "belong together"));
	CHECK(source_refuses("--lockstep", "--overlap", "--lockstep"));
}

CASE("sink: capabilities left out by name")
{
	const char *arguments[] = {
		"127.0.0.1:0", "--without", "chunking,SIZE", "--auth", NULL};
	const char *wrong[] = {"127.0.0.1:0", "--without", "everything", NULL};
	struct sink_options given;

	CHECK(sink_options_read((char **)(uintptr_t)arguments, &given));
	CHECK(given.offered.pipelining && !given.offered.chunking);
	CHECK(!given.offered.size && given.offered.auth_offered);
	sink_options_finish(&given);
	CHECK(!sink_options_read((char **)(uintptr_t)wrong, &given));
	CHECK(strstr(failure_last()->text, "\"everything\" is none of"));
	sink_options_finish(&given);
}

CHECK_MAIN()
