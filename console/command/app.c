/* `ringpost app add|list|remove`: passwords for one program each. */
#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/listing.h"

static struct value *question_for(
	const struct command *command, const struct arguments *arguments)
{
	struct value *question = client_question(command->name);

	value_set_text(question, "name", slice_of(arguments->words[0]));
	if (arguments->count > 1)
		value_set_text(question, "label", slice_of(arguments->words[1]));
	return question;
}

static void add_row(struct table *table, const struct value *app, int64_t now_ms)
{
	struct buffer cell = {0};
	char text[WORDS_SIZE];

	table_add(table, value_get_text(app, "label"));
	value_join(value_get(app, "scopes"), ",", &cell);
	if (value_get_truth(app, "apop"))
		buffer_append(&cell, SLICE(", APOP"));
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
	table_add_text(
		table, words_time(value_get_number(app, "created_ms"), now_ms, text));
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
	return listing_ask_text(arguments, question, json, "password");
}

static const char *const heads[] = {"LABEL", "FOR", "MADE"};
static const struct listing listing = {
	heads, ARRAY_COUNT(heads), .words = true, .add_row = add_row};

static int run_list(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes an account's NAME");
	return listing_ask(arguments, question_for(command, arguments), json, &listing);
}

static int run_remove(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 2)
		return command_refuse(
			command, "it takes an account's NAME and a LABEL");
	return listing_ask_done(arguments, question_for(command, arguments), json,
		"%s of %s is removed.", arguments->words[1], arguments->words[0]);
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
	.usage = "NAME LABEL [--json] [-c FILE] [--socket PATH]\n\n"
		 "Sessions that logged in with it may send no more.\n",
	.run = run_remove,
};
