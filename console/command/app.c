/* `ringpost app add|list|remove`: passwords for one program each. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/words.h"

static struct value *question_for(
	const struct command *command, const struct arguments *arguments)
{
	struct value *question = client_question(command->name);

	value_set_text(question, "name", slice_of(arguments->words[0]));
	if (arguments->count > 1)
		value_set_text(question, "label", slice_of(arguments->words[1]));
	return question;
}

static void print_json(const struct value *line, struct buffer *text)
{
	value_print(line, text);
	buffer_append_byte(text, '\n');
}

static void print_password(const struct value *line, bool json, struct buffer *text)
{
	if (json)
		print_json(line, text);
	else
		buffer_append_format(
			text, "%.*s\n", SLICE_PRINT(value_get_text(line, "password")));
}

static void add_row(struct table *table, const struct value *app)
{
	char text[WORDS_SIZE];

	table_add(table, value_get_text(app, "label"));
	snprintf(text, sizeof(text), "%.*s%s",
		SLICE_PRINT(value_get_text(app, "scopes")),
		value_get_truth(app, "apop") ? ", APOP" : "");
	table_add_text(table, text);
	table_add_text(table,
		words_time(value_get_number(app, "created_ms"), clock_wall_ms(), text));
}

/* Prints what the daemon answers to QUESTION. TABLE: rows of a list, or NULL: a
 * new password. */
static int ask(const struct arguments *arguments, struct value *question, bool json,
	struct table *table)
{
	struct client *client = client_open_for(arguments);
	struct buffer text = {0};
	struct value *line = NULL;
	bool last = false, good;

	if (client && client_ask(client, &question))
		while ((line = client_hear(client, &last)) && !last) {
			if (!table)
				print_password(line, json, &text);
			else if (json)
				print_json(line, &text);
			else
				add_row(table, line);
			value_release(&line);
		}
	good = line != NULL;
	if (good && table && !json)
		table_print(table, words_terminal_width(), &text);
	if (buffer_size(&text)) {
		fwrite(text.bytes + text.start, 1, buffer_size(&text), stdout);
		memory_wipe(text.bytes, text.capacity);
	}
	buffer_finish(&text);
	value_release(&line);
	value_release(&question);
	client_close(&client);
	return good ? EXIT_GOOD : command_fail();
}

static int run_add(const struct command *command, struct arguments *arguments)
{
	const char *scopes = NULL;
	bool json = false, apop = false;
	const struct option options[] = {{"scope", OPTION_TEXT, &scopes, NULL},
		{"apop", OPTION_FLAG, &apop, NULL}, {"json", OPTION_FLAG, &json, NULL}};
	struct value *question;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 2)
		return command_refuse(
			command, "it takes an account's NAME and a LABEL");
	question = question_for(command, arguments);
	if (scopes)
		value_set_text(question, "scopes", slice_of(scopes));
	value_set_truth(question, "apop", apop);
	return ask(arguments, question, json, NULL);
}

static int run_list(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct table table = {.columns = 3};
	int status;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes an account's NAME");
	table_add_text(&table, "LABEL");
	table_add_text(&table, "FOR");
	table_add_text(&table, "MADE");
	status = ask(arguments, question_for(command, arguments), json, &table);
	table_finish(&table);
	return status;
}

static int run_remove(const struct command *command, struct arguments *arguments)
{
	int status;

	if (!arguments_parse(arguments, NULL, 0))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 2)
		return command_refuse(
			command, "it takes an account's NAME and a LABEL");
	status = ask(arguments, question_for(command, arguments), false, NULL);
	if (status == EXIT_GOOD)
		printf("%s of %s is removed.\n", arguments->words[1],
			arguments->words[0]);
	return status;
}

const struct command command_app_add = {
	.name = "app add",
	.summary = "Give an account a password for one program",
	.usage =
		"NAME LABEL [--scope submit|pickup|submit,pickup] [--apop]\n"
		"       [--json]\n\n"
		"Makes a password for the account NAME, prints it, and keeps only keys "
		"of\nit: it is not shown again. The LABEL says which program or device "
		"has it,\nso that it can be taken away alone. Without --scope it is "
		"for "
		"submission\nonly. SCRAM needs the name NAME#LABEL; other mechanisms "
		"take both forms.\nWith --apop, for POP3's command of that\n"
		"name, it is also kept sealed under the secret rp:secret in Redis: "
		"whoever\nhas both can read it.\n",
	.run = run_add,
};

const struct command command_app_list = {
	.name = "app list",
	.summary = "List the app passwords of an account",
	.usage = "NAME [--json] [-c FILE] [--socket PATH]\n\n"
		 "Labels, what each is good for, and when it was made.\n",
	.run = run_list,
};

const struct command command_app_remove = {
	.name = "app remove",
	.summary = "Take an app password away",
	.usage = "NAME LABEL [-c FILE] [--socket PATH]\n\n"
		 "Sessions that logged in with it may send no more.\n",
	.run = run_remove,
};
