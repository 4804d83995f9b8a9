/*
 * Finding the command that was meant, and helping when none was.
 */
#include "command/commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "report/value.h"

#define NAME_MAX_SIZE 64
#define NEAR	      3 /* letters that may be wrong in a name */

static const struct {
	const struct command *command;
	const char *heading; /* of those that follow */
} table[] = {
#define COMMANDS_OF(text) {.heading = (text)},
#define COMMAND(name)	  {.command = &command_##name},
#include "command/table.def"
#undef COMMANDS_OF
#undef COMMAND
};

static size_t distance(struct slice a, struct slice b);

static bool is_named(
	struct slice name, char *const *words, size_t count, size_t *words_r)
{
	size_t matched = 0;

	while (name.at) {
		struct slice word = slice_cut(&name, ' ');

		if (matched == count || !slice_equal(word, slice_of(words[matched])))
			return false;
		matched++;
	}
	*words_r = matched;
	return true;
}

const struct command *commands_find(char *const *words, size_t count, size_t *words_r)
{
	const struct command *command;

	for (size_t at = 0; (command = commands_next(&at, NULL));)
		if (is_named(slice_of(command->name), words, count, words_r))
			return command;
	return NULL;
}

const struct command *commands_next(size_t *at, const char **heading_r)
{
	const char *heading = NULL;

	while (*at < ARRAY_COUNT(table) && !table[*at].command)
		heading = table[(*at)++].heading;
	if (heading_r)
		*heading_r = heading;
	return *at < ARRAY_COUNT(table) ? table[(*at)++].command : NULL;
}

static void join(char *const *words, size_t count, char text[NAME_MAX_SIZE])
{
	if (count > 1 && words[1][0] != '-')
		snprintf(text, NAME_MAX_SIZE, "%s %s", words[0], words[1]);
	else
		snprintf(text, NAME_MAX_SIZE, "%s", words[0]);
}

const char *commands_suggest(char *const *words, size_t count)
{
	const struct command *command;
	const char *best = NULL;
	size_t least = NEAR + 1;
	char text[NAME_MAX_SIZE];

	join(words, count, text);
	for (size_t at = 0; (command = commands_next(&at, NULL));) {
		struct slice name = slice_of(command->name);
		size_t wrong = distance(slice_of(text), name);
		size_t first = distance(slice_of(words[0]), name);

		wrong = first < wrong ? first : wrong;
		if (text[0] && slice_starts(name, slice_of(text)))
			wrong = 1;
		/* Three wrong letters of four are another word. */
		if (wrong < least && wrong * 2 <= name.size) {
			least = wrong;
			best = command->name;
		}
	}
	return best;
}

bool commands_print_list(struct buffer *into, const char *group)
{
	size_t before = buffer_size(into), widest = 0;
	const struct command *command;
	const char *heading;

	for (size_t at = 0; (command = commands_next(&at, NULL));)
		if (strlen(command->name) > widest)
			widest = strlen(command->name);
	for (size_t at = 0; (command = commands_next(&at, &heading));) {
		struct slice name = slice_of(command->name);

		if (command->internal ||
			(group && !slice_equal(slice_cut(&name, ' '), slice_of(group))))
			continue;
		if (heading && !group)
			buffer_append_format(into, "%s%s\n",
				buffer_size(into) > before ? "\n" : "", heading);
		buffer_append_format(into, "  ringpost %-*s  %s\n", (int)widest,
			command->name, command->summary);
	}
	return buffer_size(into) > before;
}

void command_print_help(const struct command *command, struct buffer *into)
{
	buffer_append_format(into, "ringpost %s %s", command->name, command->usage);
}

static void flush_to(FILE *stream, struct buffer *text)
{
	output_text(buffer_contents(text), stream);
	buffer_finish(text);
}

int command_refuse(const struct command *command, const char *format, ...)
{
	struct buffer text = {0};
	struct slice synopsis = slice_of(command->usage);
	va_list list;

	va_start(list, format);
	buffer_append(&text, SLICE("ringpost: "));
	buffer_append_va(&text, format, list);
	va_end(list);
	synopsis = slice_cut(&synopsis, '\n');
	buffer_append_format(&text,
		"\nUsage: ringpost %s %.*s\nMore: ringpost help %s\n", command->name,
		SLICE_PRINT(synopsis), command->name);
	flush_to(stderr, &text);
	return EXIT_USAGE;
}

int command_fail(void)
{
	const struct failure *failure = failure_last();
	size_t size = strlen(failure->text);

	fprintf(stderr, "ringpost: %s%s", failure->text,
		size && failure->text[size - 1] == '\n' ? "" : "\n");
	return failure->kind == FAILURE_CONFIG ? EXIT_CONFIG : EXIT_FAILED;
}

void command_print_json(const struct value *value)
{
	struct buffer text = {0};

	value_print(value, &text);
	buffer_append_byte(&text, '\n');
	flush_to(stdout, &text);
}

int command_tell(struct value **answer, bool json, const char *format, ...)
{
	va_list list;

	if (!*answer)
		return command_fail();
	if (json) {
		command_print_json(*answer);
	} else {
		va_start(list, format);
		vprintf(format, list);
		va_end(list);
		putchar('\n');
	}
	value_release(answer);
	return EXIT_GOOD;
}

static int not_understood(char *const *words, size_t count)
{
	struct buffer text = {0}, group = {0};
	const char *suggestion = commands_suggest(words, count);
	char said[NAME_MAX_SIZE];

	join(words, count, said);
	buffer_append_format(&text, "ringpost: there is no command \"%s\"", said);
	if (suggestion)
		buffer_append_format(
			&text, "; did you mean \"ringpost %s\"?\n", suggestion);
	else if (commands_print_list(&group, words[0]))
		buffer_append_format(&text, "; there are:\n%.*s",
			SLICE_PRINT(buffer_contents(&group)));
	else
		buffer_append_byte(&text, '\n');
	buffer_finish(&group);
	buffer_append(&text, SLICE("More: ringpost help\n"));
	flush_to(stderr, &text);
	return EXIT_USAGE;
}

static bool asks_for_help(const struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->count; i++)
		if (strcmp(arguments->words[i], "--help") == 0 ||
			strcmp(arguments->words[i], "-h") == 0)
			return true;
	return false;
}

/* Standard output may have failed behind our back: a full disk, a closed pipe. */
static int finish_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "ringpost: cannot write to standard output\n");
	return status ? status : EXIT_FAILED;
}

int commands_main(int argc, char **argv)
{
	struct arguments arguments = {.config = getenv("RINGPOST_CONFIG")};
	const struct command *command;
	size_t count = argc > 0 ? (size_t)argc - 1 : 0, named = 0;
	char **words = argv + 1;

	value_prepare();
	if (!arguments.config || !arguments.config[0])
		arguments.config = ARGUMENTS_DEFAULT_CONFIG;
	if (!count) {
		struct buffer text = {0};

		buffer_append(&text, SLICE("Usage: ringpost COMMAND …\n"));
		commands_print_list(&text, NULL);
		flush_to(stderr, &text);
		return EXIT_USAGE;
	}
	if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0)
		return finish_output(command_help.run(&command_help, &arguments));
	if (strcmp(words[0], "--version") == 0)
		return finish_output(command_version.run(&command_version, &arguments));
	command = commands_find(words, count, &named);
	if (!command)
		return not_understood(words, count);
	arguments.words = words + named;
	arguments.count = count - named;
	if (!command->internal && asks_for_help(&arguments)) {
		struct buffer text = {0};

		command_print_help(command, &text);
		flush_to(stdout, &text);
		return finish_output(EXIT_GOOD);
	}
	return finish_output(command->run(command, &arguments));
}

/* Letters to add, drop or change to make one of the other (Levenshtein). */
static size_t distance(struct slice a, struct slice b)
{
	size_t row[NAME_MAX_SIZE + 1];

	if (a.size >= NAME_MAX_SIZE || b.size >= NAME_MAX_SIZE)
		return NAME_MAX_SIZE;
	for (size_t j = 0; j <= b.size; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.size; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.size; j++) {
			size_t changed = corner + (a.at[i - 1] != b.at[j - 1]);
			size_t added = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			corner = row[j];
			row[j] = changed < added ? changed : added;
		}
	}
	return row[b.size];
}
