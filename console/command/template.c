/* `ringpost template add|change|list|remove`: stored texts of messages. */
#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "client/file.h"
#include "command/listing.h"

#define FILE_MOST (1u << 20) /* the server says what is too large */

struct wishes {
	const char *subject, *text, *html, *tenant;
	bool json;
};

static bool put_file(struct value *question, const char *name, const char *path)
{
	struct buffer text = {0};
	bool good = !path || file_read(path, FILE_MOST, &text);

	if (good && path)
		value_set_text(question, name,
			buffer_size(&text) ? buffer_contents(&text) : SLICE(""));
	buffer_finish(&text);
	return good;
}

/* NULL: a file cannot be read. */
static struct value *question_of(const struct command *command,
	const struct arguments *arguments, const struct wishes *wishes)
{
	struct value *question = client_question(command->name);

	value_set_text(question, "name", slice_of(arguments->words[0]));
	if (wishes->tenant)
		value_set_text(question, "tenant", slice_of(wishes->tenant));
	if (wishes->subject)
		value_set_text(question, "subject", slice_of(wishes->subject));
	if (!put_file(question, "text", wishes->text) ||
		!put_file(question, "html", wishes->html))
		value_release(&question);
	return question;
}

static bool read_wishes(struct arguments *arguments, struct wishes *wishes)
{
	const struct option options[] = {
		{"subject", OPTION_TEXT, &wishes->subject, NULL},
		{"text", OPTION_TEXT, &wishes->text, NULL},
		{"html", OPTION_TEXT, &wishes->html, NULL},
		{"tenant", OPTION_TEXT, &wishes->tenant, NULL},
		{"json", OPTION_FLAG, &wishes->json, NULL},
	};

	return arguments_parse(arguments, options, ARRAY_COUNT(options)) &&
	       (arguments->count == 1 ||
		       fail(FAILURE_CONFIG, "it takes a template's NAME"));
}

static int run_write(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {.subject = NULL};
	struct value *question;
	int status;

	if (!read_wishes(arguments, &wishes))
		return command_refuse(command, "%s", failure_last()->text);
	if (!wishes.subject && !wishes.text && !wishes.html)
		return command_refuse(
			command, "it takes one of --subject, --text, --html at least");
	question = question_of(command, arguments, &wishes);
	if (!question)
		return command_fail();
	status = listing_ask_text(arguments, question, wishes.json, NULL);
	if (status == EXIT_GOOD && !wishes.json)
		printf("The template %s is %s.\n", arguments->words[0],
			command == &command_template_add ? "stored" : "changed");
	return status;
}

static int run_remove(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {.subject = NULL};
	const struct option options[] = {{"tenant", OPTION_TEXT, &wishes.tenant, NULL},
		{"json", OPTION_FLAG, &wishes.json, NULL}};

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes a template's NAME");
	return listing_ask_done(arguments, question_of(command, arguments, &wishes),
		wishes.json, "The template %s is removed.", arguments->words[0]);
}

static void add_row(struct table *table, const struct value *template, int64_t now_ms)
{
	char text[WORDS_SIZE];

	table_add(table, value_get_text(template, "name"));
	table_add(table, value_get_text(template, "tenant"));
	table_add_text(table,
		words_time(value_get_number(template, "changed_ms"), now_ms, text));
	table_add_text(
		table, words_size((uint64_t)value_get_number(template, "size"), text));
	table_add(table, value_get_text(template, "subject"));
}

static const char *const heads[] = {"NAME", "TENANT", "CHANGED", "SIZE", "SUBJECT"};
static const struct listing listing = {
	heads, ARRAY_COUNT(heads), .words = true, .add_row = add_row};

static int run_list(const struct command *command, struct arguments *arguments)
{
	const char *tenant = NULL;
	bool json = false;
	const struct option options[] = {{"tenant", OPTION_TEXT, &tenant, NULL},
		{"json", OPTION_FLAG, &json, NULL}};
	struct value *question;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	question = client_question(command->name);
	if (tenant)
		value_set_text(question, "tenant", slice_of(tenant));
	return listing_ask(arguments, question, json, &listing);
}

#define TEXTS                                                                          \
	"{{name}} in the subject and the texts is replaced by what a message's\n"      \
	"`variables` say; in HTML it is escaped, and {{{name}}} is not. Nothing\n"     \
	"else may stand in double braces. Subject, text and HTML have 256 KiB\n"       \
	"together. FILE \"-\": standard input. --tenant: for mail of that tenant; a\n" \
	"name may stand for a template of each.\n"

const struct command command_template_add = {
	.name = "template add",
	.summary = "Store a template for messages sent over HTTP",
	.usage = "NAME [--subject S] [--text FILE] [--html FILE]\n"
		 "       [--tenant T] [--json]\n\n" TEXTS,
	.run = run_write,
};

const struct command command_template_change = {
	.name = "template change",
	.summary = "Change a stored template",
	.usage = "NAME [--subject S] [--text FILE] [--html FILE]\n"
		 "       [--tenant T] [--json]\n\n"
		 "What is not given stays as it is; --subject '' or an empty file\n"
		 "takes it away. Messages from now on have the new texts.\n" TEXTS,
	.run = run_write,
};

const struct command command_template_list = {
	.name = "template list",
	.summary = "List the stored templates",
	.usage = "[--tenant T] [--json] [-c FILE] [--socket PATH]\n\n"
		 "Of all tenants and of none, or of one.\n",
	.run = run_list,
};

const struct command command_template_remove = {
	.name = "template remove",
	.summary = "Remove a stored template",
	.usage = "NAME [--tenant T] [--json] [-c FILE] [--socket PATH]\n\n"
		 "Messages that name it are refused from now on.\n",
	.run = run_remove,
};
