/* `ringpost suppression import|export`: the list from a file, and into one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/moment.h"
#include "report/suppression_file.h"
#include "report/words.h"

#define BATCH_ENTRIES 500	   /* the server does other things in between */
#define BATCH_BYTES   (160u << 10) /* of the entries as text; a request has 256 KiB */
#define WRONG_TOLD    20

struct import {
	const char *path;
	const char *tenant, *reason;
	int64_t until_ms;
	struct client *client;
	struct value *list; /* of the request being put together */
	size_t lines[BATCH_ENTRIES], count, bytes;
	uint64_t sent, added, refused, wrong; /* refused: of those sent */
};

static FILE *open_file(const char *path, const char *mode, FILE *standard)
{
	FILE *file = strcmp(path, "-") == 0 ? standard : fopen(path, mode);

	if (!file)
		fail_errno(FAILURE_FILE, errno, "cannot open %s", path);
	return file;
}

/* ---- import ---- */

static void tell_wrong(struct import *import, size_t line, const char *why)
{
	if (import->wrong++ < WRONG_TOLD)
		fprintf(stderr, "ringpost: %s:%zu: %s\n", import->path, line, why);
}

static void hear_wrong(struct import *import, const struct value *answer)
{
	const struct value *wrong = value_get(answer, "wrong");
	uint64_t all = (uint64_t)value_get_number(answer, "wrong_count");

	for (size_t i = 0; i < value_count(wrong); i++) {
		const struct value *item = value_at(wrong, i);
		size_t index = (size_t)value_get_number(item, "index");
		struct slice why = value_get_text(item, "why");
		char text[256];

		snprintf(text, sizeof(text), "%.*s", SLICE_PRINT(why));
		if (index < import->count)
			tell_wrong(import, import->lines[index], text);
	}
	/* The daemon names some of each request alone. */
	import->wrong += all - value_count(wrong);
	import->refused += all;
}

static bool send_batch(struct import *import, bool end)
{
	struct value *question, *answer = NULL;
	bool last = false;

	question = client_question("suppression add");
	if (end)
		value_set_number(question, "imported", (int64_t)import->added);
	value_set(question, "entries", import->list);
	import->list = value_list();
	if (client_ask(import->client, &question))
		answer = client_hear(import->client, &last);
	value_release(&question);
	if (!answer)
		return false;
	import->added += (uint64_t)value_get_number(answer, "added");
	hear_wrong(import, answer);
	value_release(&answer);
	import->sent += import->count;
	import->count = import->bytes = 0;
	return true;
}

static bool add_entry(struct import *import, struct value *entry, size_t line)
{
	if (import->tenant && !value_has(entry, "tenant"))
		value_set_text(entry, "tenant", slice_of(import->tenant));
	if (!value_has(entry, "reason"))
		value_set_text(entry, "reason", slice_of(import->reason));
	if (import->until_ms && !value_has(entry, "until_ms"))
		value_set_number(entry, "until_ms", import->until_ms);
	import->bytes += 120 + value_get_text(entry, "address").size +
			 2 * value_get_text(entry, "detail").size;
	import->lines[import->count++] = line;
	value_append(import->list, entry);
	return (import->count < BATCH_ENTRIES && import->bytes < BATCH_BYTES) ||
	       send_batch(import, false);
}

static bool read_all(struct import *import, FILE *stream)
{
	struct suppression_file *file = suppression_file_open(stream);
	enum suppression_line line;
	struct value *entry = NULL;
	bool good = true;

	while (good &&
		(line = suppression_file_next(file, &entry)) != SUPPRESSION_LINE_END) {
		if (line == SUPPRESSION_LINE)
			good = add_entry(import, entry, suppression_file_line(file));
		else
			tell_wrong(import, suppression_file_line(file),
				failure_last()->text);
	}
	if (good && failure_kind_last() == FAILURE_FILE)
		good = false;
	suppression_file_close(&file);
	return good && send_batch(import, false) && send_batch(import, true);
}

static void tell_import(const struct import *import, bool json)
{
	uint64_t same = import->sent - import->added - import->refused;
	char added[WORDS_SIZE], there[WORDS_SIZE], wrong[WORDS_SIZE];

	if (json) {
		printf("{\"added\":%llu,\"there\":%llu,\"wrong\":%llu}\n",
			(unsigned long long)import->added, (unsigned long long)same,
			(unsigned long long)import->wrong);
		return;
	}
	printf("%s entered, %s there already, for as long or longer, %s wrong.\n",
		words_number(import->added, added), words_number(same, there),
		words_number(import->wrong, wrong));
}

static int do_import(
	struct import *import, const struct arguments *arguments, bool json)
{
	FILE *file = open_file(import->path, "r", stdin);
	bool good = file != NULL;

	if (good)
		import->client = client_open_for(arguments);
	import->list = value_list();
	good = good && import->client && read_all(import, file);
	if (good && import->wrong > WRONG_TOLD)
		fprintf(stderr, "ringpost: … and %llu more\n",
			(unsigned long long)import->wrong - WRONG_TOLD);
	if (good)
		tell_import(import, json);
	value_release(&import->list);
	client_close(&import->client);
	if (file && file != stdin)
		fclose(file);
	if (!good)
		return command_fail();
	return import->wrong ? EXIT_FAILED : EXIT_GOOD;
}

static int run_import(const struct command *command, struct arguments *arguments)
{
	struct import *import = NEW(struct import);
	const char *length = NULL, *until = NULL;
	bool json = false;
	const struct option options[] = {
		{"tenant", OPTION_TEXT, &import->tenant, NULL},
		{"reason", OPTION_TEXT, &import->reason, NULL},
		{"for", OPTION_TEXT, &length, NULL},
		{"until", OPTION_TEXT, &until, NULL},
		{"json", OPTION_FLAG, &json, NULL},
	};
	int status;

	import->reason = "imported";
	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)) ||
		!moment_read_end(length, until, &import->until_ms)) {
		status = command_refuse(command, "%s", failure_last()->text);
	} else if (arguments->count != 1) {
		status = command_refuse(
			command, "it takes one FILE, or - for its input");
	} else {
		import->path = arguments->words[0];
		status = do_import(import, arguments, json);
	}
	memory_free(import);
	return status;
}

/* ---- export ---- */

static bool write_out(FILE *file, struct buffer *text)
{
	bool good = output_text(buffer_contents(text), file);

	buffer_clear(text);
	return good || fail_errno(FAILURE_FILE, errno, "cannot write");
}

static bool write_line(
	FILE *file, const struct value *line, bool json, struct buffer *text)
{
	const struct value *entries = value_get(line, "entries");

	for (size_t i = 0; i < value_count(entries); i++) {
		if (!json) {
			suppression_file_print(value_at(entries, i), text);
			continue;
		}
		value_print(value_at(entries, i), text);
		buffer_append_byte(text, '\n');
	}
	return buffer_size(text) == 0 || write_out(file, text);
}

static bool write_all(struct client *client, FILE *file, bool json)
{
	struct buffer text = {0};
	struct value *line;
	bool last = false, good = true;

	if (!json) {
		suppression_file_print_names(&text);
		good = write_out(file, &text);
	}
	while (good && !last && (line = client_hear(client, &last))) {
		good = write_line(file, line, json, &text);
		value_release(&line);
	}
	buffer_finish(&text);
	return good && last &&
	       (fflush(file) == 0 || fail_errno(FAILURE_FILE, errno, "cannot write"));
}

static int run_export(const struct command *command, struct arguments *arguments)
{
	const char *tenant = NULL, *reason = NULL, *path = "-";
	bool json = false, everybody = false, good;
	const struct option options[] = {
		{"tenant", OPTION_TEXT, &tenant, NULL},
		{"everybody", OPTION_FLAG, &everybody, NULL},
		{"reason", OPTION_TEXT, &reason, NULL},
		{"json", OPTION_FLAG, &json, NULL},
	};
	struct value *question;
	struct client *client;
	FILE *file;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count > 1)
		return command_refuse(command, "it takes one FILE, or none");
	if (tenant && everybody)
		return command_refuse(command, "--tenant goes without --everybody");
	if (arguments->count)
		path = arguments->words[0];
	question = client_question("suppression list");
	if (tenant || everybody)
		value_set_text(question, "tenant", slice_of(tenant));
	if (reason)
		value_set_text(question, "reason", slice_of(reason));
	client = client_open_for(arguments);
	/* The server first: a file that is there is not emptied for nothing. */
	good = client && client_ask(client, &question);
	file = good ? open_file(path, "w", stdout) : NULL;
	good = file && write_all(client, file, json);
	if (file && file != stdout && fclose(file) != 0 && good)
		good = fail_errno(FAILURE_FILE, errno, "cannot write");
	value_release(&question);
	client_close(&client);
	return good ? EXIT_GOOD : command_fail();
}

const struct command command_suppression_import = {
	.name = "suppression import",
	.summary = "Read suppressed addresses from a file",
	.usage = "FILE [--tenant T] [--reason R]\n"
		 "       [--for 90d | --until TIME] [--json]\n\n"
		 "FILE (- for standard input) has an address a line; or CSV with the "
		 "names of\n"
		 "the columns in front, as suppression export and other services write "
		 "it; or\n"
		 "lines of JSON. The options are for entries that do not say "
		 "themselves. "
		 "Lines\n"
		 "that are wrong are named, the others enter. To repeat it does no "
		 "harm.\n",
	.run = run_import,
};
const struct command command_suppression_export = {
	.name = "suppression export",
	.summary = "Write suppressed addresses to a file",
	.usage = "[FILE] [--tenant T | --everybody] [--reason R]\n"
		 "       [--json]\n\n"
		 "As CSV: address,tenant,reason,since,until,detail; or lines of JSON. "
		 "What\n"
		 "changes meanwhile may be in it or not.\n",
	.run = run_export,
};
