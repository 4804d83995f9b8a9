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

#include "report/value.h"

#define NAME_MAX_SIZE 64
#define NEAR	      3 /* letters that may be wrong in a name */

/* In the order an operator meets them. */
static const struct command *const table[] = {
	&command_run,
	&command_check,
	&command_shaping,
	&command_reload,
	&command_stop,
	&command_status,
	&command_site,
	&command_sites,
	&command_sources,
	&command_tls,
	&command_spf,
	&command_verify,
	&command_why,
	&command_returns,
	&command_bounces,
	&command_classify,
	&command_sts,
	&command_tlsrpt,
	&command_queue_count,
	&command_queue_list,
	&command_queue_show,
	&command_queue_retry,
	&command_queue_hold,
	&command_queue_release,
	&command_queue_drop,
	&command_queue_rebind,
	&command_events,
	&command_webhook_list,
	&command_webhook_test,
	&command_webhook_dead,
	&command_webhook_redeliver,
	&command_webhook_add,
	&command_webhook_remove,
	&command_suspend,
	&command_resume,
	&command_suspensions,
	&command_suppression_list,
	&command_suppression_check,
	&command_suppression_add,
	&command_suppression_remove,
	&command_suppression_import,
	&command_suppression_export,
	&command_user_add,
	&command_user_change,
	&command_user_password,
	&command_user_remove,
	&command_user_list,
	&command_app_add,
	&command_app_list,
	&command_app_remove,
	&command_key_add,
	&command_key_list,
	&command_key_change,
	&command_key_remove,
	&command_mailbox_list,
	&command_mailbox_show,
	&command_mailbox_create,
	&command_mailbox_rename,
	&command_mailbox_delete,
	&command_mailbox_rights,
	&command_mailbox_adopt,
	&command_mailbox_export,
	&command_mailbox_backup,
	&command_mailbox_check,
	&command_mailbox_repair,
	&command_mailbox_expire,
	&command_totp_on,
	&command_totp_check,
	&command_totp_off,
	&command_dkim_create,
	&command_dkim_check,
	&command_audit,
	&command_version,
	&command_help,
	&command_complete,
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
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		if (is_named(slice_of(table[i]->name), words, count, words_r))
			return table[i];
	return NULL;
}

const struct command *commands_at(size_t index)
{
	return index < ARRAY_COUNT(table) ? table[index] : NULL;
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
	const char *best = NULL;
	size_t least = NEAR + 1;
	char text[NAME_MAX_SIZE];

	join(words, count, text);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct slice name = slice_of(table[i]->name);
		size_t wrong = distance(slice_of(text), name);
		size_t first = distance(slice_of(words[0]), name);

		wrong = first < wrong ? first : wrong;
		if (text[0] && slice_starts(name, slice_of(text)))
			wrong = 1;
		/* Three wrong letters of four are another word. */
		if (wrong < least && wrong * 2 <= name.size) {
			least = wrong;
			best = table[i]->name;
		}
	}
	return best;
}

bool commands_print_list(struct buffer *into, const char *group)
{
	size_t before = buffer_size(into), widest = 0;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		if (strlen(table[i]->name) > widest)
			widest = strlen(table[i]->name);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct slice name = slice_of(table[i]->name);

		if (table[i]->internal ||
			(group && !slice_equal(slice_cut(&name, ' '), slice_of(group))))
			continue;
		buffer_append_format(into, "  ringpost %-*s  %s\n", (int)widest,
			table[i]->name, table[i]->summary);
	}
	return buffer_size(into) > before;
}

void command_print_help(const struct command *command, struct buffer *into)
{
	buffer_append_format(into, "ringpost %s %s", command->name, command->usage);
}

static void flush_to(FILE *stream, struct buffer *text)
{
	fwrite(text->bytes + text->start, 1, buffer_size(text), stream);
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

static int not_understood(char *const *words, size_t count)
{
	struct buffer text = {0};
	const char *suggestion = commands_suggest(words, count);
	char said[NAME_MAX_SIZE];

	join(words, count, said);
	buffer_append_format(&text, "ringpost: there is no command \"%s\"", said);
	if (suggestion)
		buffer_append_format(
			&text, "; did you mean \"ringpost %s\"?\n", suggestion);
	else if (buffer_append(&text, SLICE("; there are:\n")) &&
		 !commands_print_list(&text, words[0]))
		commands_print_list(&text, NULL);
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
