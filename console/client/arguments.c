/*
 * Command lines: options anywhere among the words, each looked up in a table.
 */
#include "client/arguments.h"

#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/slice.h"

#define GENERAL_COUNT 2

static const struct option *find(
	const struct option *options, size_t count, struct slice name);
static bool take(const struct option *option, const char *value);

bool arguments_parse(
	struct arguments *arguments, const struct option *options, size_t count)
{
	const struct option general[GENERAL_COUNT] = {
		{"config", OPTION_TEXT, &arguments->config, NULL},
		{"socket", OPTION_TEXT, &arguments->socket, NULL},
	};
	char **words = arguments->words;
	size_t kept = 0, at = 0;

	for (; at < arguments->count; at++) {
		struct slice word = slice_of(words[at]), name;
		const struct option *option;
		const char *value = NULL;

		if (slice_equal(word, SLICE("--"))) {
			at++;
			break;
		}
		if (word.size < 2 || word.at[0] != '-') {
			words[kept++] = words[at];
			continue;
		}
		name = slice_part(word, 2, slice_index(word, '=') - 2);
		if (slice_equal(word, SLICE("-c")))
			name = SLICE("config");
		else if (!slice_starts(word, SLICE("--")))
			return fail(FAILURE_CONFIG, "there is no option %s", word.at);
		option = find(general, GENERAL_COUNT, name);
		if (!option)
			option = find(options, count, name);
		if (!option)
			return fail(FAILURE_CONFIG, "there is no option --%.*s",
				SLICE_PRINT(name));
		if (slice_index(word, '=') < word.size)
			value = word.at + slice_index(word, '=') + 1;
		if (option->kind == OPTION_FLAG && value)
			return fail(
				FAILURE_CONFIG, "--%s takes no value", option->name);
		if (option->kind != OPTION_FLAG && !value) {
			if (++at == arguments->count)
				return fail(FAILURE_CONFIG, "--%s needs a value",
					option->name);
			value = words[at];
		}
		if (!take(option, value))
			return false;
	}
	while (at < arguments->count)
		words[kept++] = words[at++];
	arguments->count = kept;
	return true;
}

static const struct option *find(
	const struct option *options, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal(name, slice_of(options[i].name)))
			return &options[i];
	return NULL;
}

static bool take(const struct option *option, const char *value)
{
	struct option_texts *texts = option->into;

	if (option->given)
		*option->given = true;
	switch (option->kind) {
	case OPTION_FLAG:
		*(bool *)option->into = true;
		return true;
	case OPTION_TEXT:
		*(const char **)option->into = value;
		return true;
	case OPTION_NUMBER:
		return slice_to_u64(slice_of(value), option->into) ||
		       fail(FAILURE_CONFIG, "--%s \"%s\" is not a whole number",
			       option->name, value);
	case OPTION_TEXTS:
		break;
	}
	if (texts->count == ARGUMENTS_TEXTS_MAX)
		return fail(FAILURE_CONFIG, "--%s may be given %d times at most",
			option->name, ARGUMENTS_TEXTS_MAX);
	texts->at[texts->count++] = value;
	return true;
}
