/* Command lines: a table says which options there are, and is the help text. */
#include "bench/options.h"

#include <errno.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/amount.h"

#define HELP_COLUMN 26
#define SECRET_MAX  1024

static const struct option *find(const struct options *options, struct slice name);
static bool set(const struct option *option, const char *text, void *values);
static bool set_number(const struct option *option, const char *text, void *at);
static bool refuse(const struct option *option, const char *text, const char *allowed);
static void print_option(const struct option *option, FILE *to);

void texts_add(struct texts *texts, const char *text)
{
	texts->at = memory_resize(
		(void *)texts->at, (texts->count + 1) * sizeof(*texts->at));
	texts->at[texts->count++] = text;
}

void texts_finish(struct texts *texts)
{
	memory_free((void *)texts->at);
	*texts = (struct texts){0};
}

bool options_read(const struct options *options, char **arguments, void *values,
	struct texts *operands)
{
	for (; *arguments; arguments++) {
		const char *argument = *arguments, *value = strchr(argument, '=');
		struct slice name = slice_of(argument);
		const struct option *option;

		if (!slice_starts(name, SLICE("--"))) {
			texts_add(operands, argument);
			continue;
		}
		if (name.size == 2) {
			while (*++arguments)
				texts_add(operands, *arguments);
			return true;
		}
		if (value)
			name.size = (size_t)(value++ - argument);
		option = find(options, slice_from(name, 2));
		if (!option)
			return fail(FAILURE_CONFIG,
				"no option is called %.*s; see \"ringpost-bench %s "
				"--help\"",
				SLICE_PRINT(name), options->command);
		if (option->kind == OPTION_FLAG && value)
			return fail(
				FAILURE_CONFIG, "--%s takes no value", option->name);
		if (option->kind != OPTION_FLAG && !value)
			value = *++arguments;
		if (option->kind != OPTION_FLAG && !value)
			return fail(FAILURE_CONFIG, "--%s needs a value: %s",
				option->name, option->value);
		if (!set(option, value, values))
			return false;
	}
	return true;
}

bool options_read_secret(const char *path, char **secret_r)
{
	FILE *file = fopen(path, "re");
	char line[SECRET_MAX + 2];
	bool there;

	if (!file)
		return fail_errno(FAILURE_FILE, errno, "cannot read %s", path);
	there = fgets(line, sizeof(line), file) != NULL;
	if (there)
		*secret_r = memory_copy_text(slice_trim_all(slice_of(line)));
	fclose(file);
	memory_wipe(line, sizeof(line));
	return there || fail(FAILURE_FILE, "%s is empty", path);
}

void options_forget_secret(char **secret)
{
	if (*secret)
		memory_wipe(*secret, strlen(*secret));
	memory_free(*secret);
	*secret = NULL;
}

void options_help(const struct options *options, FILE *to)
{
	fprintf(to, "usage: ringpost-bench %s %s\n\n%s\n", options->command,
		options->usage, options->about);
	for (size_t i = 0; i < options->count; i++)
		print_option(&options->at[i], to);
}

static const struct option *find(const struct options *options, struct slice name)
{
	for (size_t i = 0; i < options->count; i++)
		if (slice_equal(name, slice_of(options->at[i].name)))
			return &options->at[i];
	return NULL;
}

static bool set(const struct option *option, const char *text, void *values)
{
	void *at = (char *)values + option->offset;

	switch (option->kind) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return true;
	case OPTION_NUMBER:
	case OPTION_SIZE:
		return set_number(option, text, at);
	case OPTION_TIME:
		return amount_read_time(slice_of(text), at) ||
		       refuse(option, text, "a time such as 200ms, 10s, 5m");
	case OPTION_RATE:
		return amount_read_rate(slice_of(text), at) ||
		       refuse(option, text, "a rate such as 500, 0.5, 30/m");
	case OPTION_TEXT:
		*(const char **)at = text;
		return true;
	case OPTION_TEXTS:
		texts_add(at, text);
		return true;
	}
	return false;
}

static bool set_number(const struct option *option, const char *text, void *at)
{
	bool is_size = option->kind == OPTION_SIZE;
	uint64_t value;
	bool is = is_size ? amount_read_size(slice_of(text), &value)
			  : slice_to_u64(slice_of(text), &value);
	char allowed[96];

	if (is && value >= option->least && value <= option->most) {
		*(uint64_t *)at = value;
		return true;
	}
	snprintf(allowed, sizeof(allowed), "a %s from %llu to %llu",
		is_size ? "size (4096, 64k, 25m)" : "number",
		(unsigned long long)option->least, (unsigned long long)option->most);
	return refuse(option, text, allowed);
}

static bool refuse(const struct option *option, const char *text, const char *allowed)
{
	return fail(FAILURE_CONFIG, "--%s: \"%.60s\" is not %s", option->name, text,
		allowed);
}

static void print_option(const struct option *option, FILE *to)
{
	struct slice rest = slice_of(option->help), line;
	int used = fprintf(to, "  --%s%s%s", option->name,
		option->kind == OPTION_FLAG ? "" : " ",
		option->kind == OPTION_FLAG ? "" : option->value);

	if (used >= HELP_COLUMN) {
		fputc('\n', to);
		used = 0;
	}
	do {
		line = slice_cut(&rest, '\n');
		fprintf(to, "%*s%.*s\n", HELP_COLUMN - used, "", SLICE_PRINT(line));
		used = 0;
	} while (rest.at);
}
