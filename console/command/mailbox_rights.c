/* `ringpost mailbox rights`: who else may do what with a mailbox. */
#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "command/mailbox_ask.h"
#include "report/words.h"

static void list_one(void *context, const struct value *line)
{
	struct table *table = context;

	table_add(table, value_get_text(line, "who"));
	table_add(table, value_get_text(line, "rights"));
}

static void print(struct table *table, size_t heads)
{
	struct buffer text = {0};

	if (table->count > heads)
		table_print(table, words_terminal_width(), &text);
	else
		buffer_append(&text, SLICE("Nobody else has rights there.\n"));
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
}

/* As SETACL has them. */
static void name_change(struct value *question, const struct arguments *arguments,
	const char * not, const char *how)
{
	struct buffer text = {0};

	buffer_append_format(&text, "%s%s", not, arguments->words[2]);
	value_set_text(question, "who", buffer_contents(&text));
	buffer_clear(&text);
	buffer_append_format(&text, "%s%s", how, arguments->words[3]);
	value_set_text(question, "rights", buffer_contents(&text));
	buffer_finish(&text);
}

static int run_rights(const struct command *command, struct arguments *arguments)
{
	struct table table = {.columns = 2};
	struct mailbox_ask ask = {
		.arguments = arguments, .hear = list_one, .context = &table};
	bool add = false, remove = false, deny = false;
	const struct option options[] = {{"json", OPTION_FLAG, &ask.json, NULL},
		{"add", OPTION_FLAG, &add, NULL},
		{"remove", OPTION_FLAG, &remove, NULL},
		{"deny", OPTION_FLAG, &deny, NULL}};
	struct value *question, *answer;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if ((add && remove) || (arguments->count == 2 && (add || remove || deny)))
		return command_refuse(
			command, "--add, --remove and --deny are about WHO's RIGHTS");
	if (arguments->count != 2 && arguments->count != 4)
		return command_refuse(command,
			"it takes an ACCOUNT and a MAILBOX, then nothing, or WHO and "
			"RIGHTS");
	question = client_question(command->name);
	value_set_text(question, "account", slice_of(arguments->words[0]));
	value_set_text(question, "mailbox", slice_of(arguments->words[1]));
	if (arguments->count == 4)
		name_change(question, arguments, deny ? "-" : "",
			add	 ? "+"
			: remove ? "-"
				 : "");
	table_add_text(&table, "WHO");
	table_add_text(&table, "RIGHTS");
	answer = mailbox_ask(&ask, question);
	if (answer && !ask.json)
		print(&table, 2);
	table_finish(&table);
	if (!answer)
		return command_fail();
	value_release(&answer);
	return EXIT_GOOD;
}

const struct command command_mailbox_rights = {
	.name = "mailbox rights",
	.summary = "Show or change who else may do what with a mailbox",
	.usage =
		"ACCOUNT MAILBOX [--json]\n"
		"       ACCOUNT MAILBOX WHO RIGHTS [--add|--remove] [--deny]\n"
		"\n"
		"WHO is an account's name, or anyone. RIGHTS are letters, as IMAP's\n"
		"SETACL has them (RFC 4314): l it is listed, r read, s \\Seen kept, w\n"
		"other flags, i messages put there, k mailboxes made below, x it is\n"
		"removed, t \\Deleted, e expunged, a rights changed; or none. --add,\n"
		"--remove: to what WHO has, or from it. --deny: what WHO may not,\n"
		"whatever others are given. The owner has all rights, always. Others "
		"find\n"
		"it as \"Other users/ACCOUNT/MAILBOX\", or \"Shared/MAILBOX\"\n"
		"(pickup.shared_account).\n",
	.run = run_rights,
};
