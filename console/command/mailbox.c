/* `ringpost mailbox list|create|rename|delete`: mailboxes by name. */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "command/mailbox_ask.h"
#include "report/words.h"

static void flush(struct table *table)
{
	struct buffer text = {0};

	table_print(table, words_terminal_width(), &text);
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	table_finish(table);
}

static void add_number(struct table *table, const struct value *line, const char *name)
{
	char text[WORDS_SIZE];

	table_add_text(
		table, words_number((uint64_t)value_get_number(line, name), text));
}

static void add_size(struct table *table, const struct value *line)
{
	char text[WORDS_SIZE];

	table_add_text(
		table, words_size((uint64_t)value_get_number(line, "bytes"), text));
}

/* ---- list ---- */

static void list_account(void *context, const struct value *line)
{
	struct table *table = context;
	struct buffer quota = {0};

	table_add(table, value_get_text(line, "account"));
	add_number(table, line, "mailboxes");
	add_number(table, line, "messages");
	add_size(table, line);
	mailbox_words_quota(&quota, line);
	table_add(table, buffer_contents(&quota));
	buffer_finish(&quota);
}

static void list_mailbox(void *context, const struct value *line)
{
	struct table *table = context;

	table_add(table, value_get_text(line, "mailbox"));
	table_add(table, value_get_text(line, "use"));
	if (value_get_truth(line, "selectable")) {
		add_number(table, line, "messages");
		add_number(table, line, "unseen");
		add_size(table, line);
	} else {
		table_add_text(table, "-");
		table_add_text(table, "-");
		table_add_text(table, "-");
	}
	table_add_text(table, value_get_truth(line, "subscribed") ? "subscribed" : "");
}

static void begin_table(struct table *table, const char *const *heads, size_t count)
{
	for (size_t i = 0; i < count; i++)
		table_add_text(table, heads[i]);
}

static int run_list(const struct command *command, struct arguments *arguments)
{
	static const char *const account_heads[] = {
		"ACCOUNT", "MAILBOXES", "MESSAGES", "SIZE", "QUOTA"};
	static const char *const mailbox_heads[] = {
		"MAILBOX", "USE", "MESSAGES", "UNSEEN", "SIZE", ""};
	struct table table = {.right = {false, false, true, true, false}};
	struct mailbox_ask ask = {.arguments = arguments, .context = &table};
	const struct option options[] = {{"json", OPTION_FLAG, &ask.json, NULL}};
	struct value *question, *answer;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count > 1)
		return command_refuse(command, "it takes one ACCOUNT, or none");
	question = client_question(command->name);
	if (arguments->count) {
		value_set_text(question, "account", slice_of(arguments->words[0]));
		ask.hear = list_mailbox;
		table.columns = ARRAY_COUNT(mailbox_heads);
		begin_table(&table, mailbox_heads, table.columns);
		table.right[4] = true;
	} else {
		ask.hear = list_account;
		table.columns = ARRAY_COUNT(account_heads);
		begin_table(&table, account_heads, table.columns);
		table.right[1] = true;
	}
	answer = mailbox_ask(&ask, question);
	if (answer && !ask.json)
		flush(&table);
	else
		table_finish(&table);
	if (!answer)
		return command_fail();
	value_release(&answer);
	return EXIT_GOOD;
}

/* ---- create, rename, delete ---- */

static int run_create(const struct command *command, struct arguments *arguments)
{
	struct mailbox_ask ask = {.arguments = arguments};
	const char *use = NULL;
	bool json = false;
	const struct option options[] = {
		{"use", OPTION_TEXT, &use, NULL}, {"json", OPTION_FLAG, &json, NULL}};
	struct value *question, *answer;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 2)
		return command_refuse(command, "it takes an ACCOUNT and a MAILBOX");
	question = client_question(command->name);
	value_set_text(question, "account", slice_of(arguments->words[0]));
	value_set_text(question, "mailbox", slice_of(arguments->words[1]));
	if (use)
		value_set_text(question, "use", slice_of(use));
	answer = mailbox_ask(&ask, question);
	return command_tell(&answer, json, "%s has a mailbox %s.", arguments->words[0],
		arguments->words[1]);
}

static int run_rename(const struct command *command, struct arguments *arguments)
{
	struct mailbox_ask ask = {.arguments = arguments};
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct value *question, *answer;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 3)
		return command_refuse(
			command, "it takes an ACCOUNT, a MAILBOX and its new name");
	question = client_question(command->name);
	value_set_text(question, "account", slice_of(arguments->words[0]));
	value_set_text(question, "mailbox", slice_of(arguments->words[1]));
	value_set_text(question, "to", slice_of(arguments->words[2]));
	answer = mailbox_ask(&ask, question);
	return command_tell(&answer, json, "%s of %s is %s from now on.",
		arguments->words[1], arguments->words[0], arguments->words[2]);
}

static int run_delete(const struct command *command, struct arguments *arguments)
{
	struct mailbox_ask ask = {.arguments = arguments};
	bool all = false, below = false, yes = false, json = false;
	const struct option options[] = {{"all", OPTION_FLAG, &all, NULL},
		{"below", OPTION_FLAG, &below, NULL}, {"yes", OPTION_FLAG, &yes, NULL},
		{"json", OPTION_FLAG, &json, NULL}};
	struct value *question, *answer;
	char count[WORDS_SIZE];

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != (all ? 1 : 2))
		return command_refuse(command,
			"it takes an ACCOUNT and a MAILBOX, or an ACCOUNT and --all");
	question = client_question(command->name);
	value_set_text(question, "account", slice_of(arguments->words[0]));
	if (!all)
		value_set_text(question, "mailbox", slice_of(arguments->words[1]));
	value_set_truth(question, "all", all);
	value_set_truth(question, "below", below);
	value_set_truth(question, "yes", yes);
	answer = mailbox_ask(&ask, question);
	words_count((uint64_t)value_get_number(answer, "messages"), "message",
		"messages", count);
	if (all)
		return command_tell(&answer, json,
			"%s has no mail here any more: %s gone.", arguments->words[0],
			count);
	return command_tell(&answer, json, "%s of %s: %s gone.", arguments->words[1],
		arguments->words[0], count);
}

const struct command command_mailbox_list = {
	.name = "mailbox list",
	.summary = "List accounts with mail here, or the mailboxes of one",
	.usage = "[ACCOUNT] [--json] [-c FILE] [--socket PATH]\n"
		 "\n"
		 "How many messages each has, how much room they take, and how much of "
		 "its\n"
		 "quota that is.\n"
		 "\n"
		 "Where the server runs it does this itself; else the command works on "
		 "the\n"
		 "files.\n",
	.run = run_list,
};

const struct command command_mailbox_create = {
	.name = "mailbox create",
	.summary = "Make a mailbox in an account",
	.usage = "ACCOUNT MAILBOX [--use USE] [--json]\n"
		 "\n"
		 "MAILBOX is a name with a '/' between levels, as in Work/2026; levels "
		 "above\n"
		 "it are made, too, and it is subscribed to. USE says what clients put "
		 "there:\n"
		 "all, archive, drafts, flagged, junk, sent, trash or important; one "
		 "mailbox\n"
		 "each.\n"
		 "\n"
		 "Where the server runs it does this itself; else the command works on "
		 "the\n"
		 "files.\n",
	.run = run_create,
};

const struct command command_mailbox_rename = {
	.name = "mailbox rename",
	.summary = "Give a mailbox another name, with all below it",
	.usage = "ACCOUNT MAILBOX NEW-NAME [--json]\n"
		 "\n"
		 "Sessions that have it open go on. INBOX stays: its messages go to "
		 "the new\n"
		 "one.\n"
		 "\n"
		 "Where the server runs it does this itself; else the command works on "
		 "the\n"
		 "files.\n",
	.run = run_rename,
};

const struct command command_mailbox_delete = {
	.name = "mailbox delete",
	.summary = "Remove a mailbox with its messages, or all mail of an account",
	.usage = "ACCOUNT MAILBOX [--below] [--yes] [--json]\n"
		 "       ACCOUNT --all [--yes] [--json]\n"
		 "\n"
		 "--below: with those below it, which otherwise stay. --all: "
		 "everything the\n"
		 "account has here, its folder too; the account itself is removed by "
		 "ringpost\n"
		 "user remove. INBOX is emptied. Where messages would be lost, it "
		 "takes --yes.\n"
		 "\n"
		 "Where the server runs it does this itself; else the command works on "
		 "the\n"
		 "files.\n",
	.run = run_delete,
};
