/* `ringpost mailbox adopt|export|backup`: mail from others, for others, copied. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/mailbox_ask.h"
#include "report/words.h"

char *mailbox_folder_of(const char *word)
{
	char here[PATH_MAX];

	if (word[0] == '/')
		return memory_copy_text(slice_of(word));
	if (getcwd(here, sizeof(here)))
		return memory_format("%s/%s", here, word);
	fail_errno(FAILURE_FILE, errno, "the current folder");
	return NULL;
}

static void print_figures(const struct command *command, const char *const *words,
	const struct value *answer)
{
	bool adopts = command == &command_mailbox_adopt;
	int64_t skipped = value_get_number(answer, "skipped");
	char messages[WORDS_SIZE], mailboxes[WORDS_SIZE], size[WORDS_SIZE];

	printf("%s: %s (%s) in %s %s %s.\n", words[0],
		words_count((uint64_t)value_get_number(answer, "messages"), "message",
			"messages", messages),
		words_size((uint64_t)value_get_number(answer, "bytes"), size),
		words_count((uint64_t)value_get_number(answer, "mailboxes"), "mailbox",
			"mailboxes", mailboxes),
		adopts ? "taken over from" : "written to", words[1]);
	if (skipped)
		printf("%s passed over: %s.\n",
			words_count((uint64_t)skipped, "was", "were", messages),
			adopts ? "folders whose names no mailbox may have, files that "
				 "went away meanwhile"
			       : "messages that were expunged meanwhile");
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct mailbox_ask ask = {.arguments = arguments};
	const struct option options[] = {{"json", OPTION_FLAG, &ask.json, NULL}};
	struct value *question, *answer;
	char *folder;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 2)
		return command_refuse(command, "it takes an ACCOUNT and a FOLDER");
	folder = mailbox_folder_of(arguments->words[1]);
	if (!folder)
		return command_fail();
	question = client_question(command->name);
	value_set_text(question, "account", slice_of(arguments->words[0]));
	value_set_text(question, "folder", slice_of(folder));
	memory_free(folder);
	answer = mailbox_ask(&ask, question);
	if (!answer)
		return command_fail();
	if (!ask.json)
		print_figures(command, (const char *const *)arguments->words, answer);
	value_release(&answer);
	return EXIT_GOOD;
}

/* ---- backup ---- */

static void print_copy(void *context, const struct value *line)
{
	char files[WORDS_SIZE], size[WORDS_SIZE], copied[WORDS_SIZE];

	(void)context;
	if (value_has(line, "wrong")) {
		fprintf(stderr, "ringpost: %.*s: %.*s\n",
			SLICE_PRINT(value_get_text(line, "account")),
			SLICE_PRINT(value_get_text(line, "wrong")));
		return;
	}
	printf("%.*s: %s, %s; %s new\n", SLICE_PRINT(value_get_text(line, "account")),
		words_count((uint64_t)value_get_number(line, "files"), "file", "files",
			files),
		words_size((uint64_t)value_get_number(line, "bytes"), size),
		words_size((uint64_t)value_get_number(line, "copied_bytes"), copied));
}

static struct value *backup_question(const struct arguments *arguments)
{
	char *folder = mailbox_folder_of(arguments->words[0]);
	struct value *question, *list;

	if (!folder)
		return NULL;
	question = client_question("mailbox backup");
	list = value_list();
	for (size_t i = 1; i < arguments->count; i++)
		value_append_text(list, slice_of(arguments->words[i]));
	value_set(question, "accounts", list);
	value_set_text(question, "folder", slice_of(folder));
	memory_free(folder);
	return question;
}

static int run_backup(const struct command *command, struct arguments *arguments)
{
	struct mailbox_ask ask = {.arguments = arguments, .hear = print_copy};
	const struct option options[] = {{"json", OPTION_FLAG, &ask.json, NULL}};
	struct value *question, *answer;
	char text[WORDS_SIZE];
	uint64_t failed;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (!arguments->count)
		return command_refuse(command, "it takes a FOLDER");
	question = backup_question(arguments);
	answer = question ? mailbox_ask(&ask, question) : NULL;
	if (!answer)
		return command_fail();
	failed = (uint64_t)value_get_number(answer, "failed");
	if (!ask.json && !value_get_number(answer, "accounts"))
		printf("No account has mail here.\n");
	if (failed)
		fprintf(stderr, "ringpost: %s not copied\n",
			words_count(failed, "account was", "accounts were", text));
	value_release(&answer);
	return failed ? EXIT_FAILED : EXIT_GOOD;
}

const struct command command_mailbox_backup = {
	.name = "mailbox backup",
	.summary = "Copy accounts' mail so that it can be put back",
	.usage = "FOLDER [ACCOUNT …] [--json]\n"
		 "\n"
		 "Of the accounts, or of all: a copy as of one moment of each, in a "
		 "folder of\n"
		 "its own in FOLDER, while mail comes and goes. Where there is an "
		 "older copy\n"
		 "only what is new is copied, and the older one is whole until the new "
		 "one is.\n"
		 "\n"
		 "To put one back: stop the server, put the account's folder in the "
		 "place of its\n"
		 "own (ringpost mailbox show says where), owned by the server's user, "
		 "and start\n"
		 "it. UIDs begin anew: clients fetch their mail again.\n",
	.run = run_backup,
};

const struct command command_mailbox_adopt = {
	.name = "mailbox adopt",
	.summary = "Take over the mail of a Maildir into an account",
	.usage = "ACCOUNT FOLDER [--json]\n"
		 "\n"
		 "FOLDER is a Maildir++ as Dovecot, Courier and others keep it: with "
		 "cur/, new/\n"
		 "and folders such as .Work.2026. All messages are copied, with flags, "
		 "keywords,\n"
		 "dates and subscriptions; what is in FOLDER stays as it is. Done "
		 "twice, they\n"
		 "are there twice. The user that the server runs as must be able to "
		 "read it.\n",
	.run = run,
};

const struct command command_mailbox_export = {
	.name = "mailbox export",
	.summary = "Write an account's mail as a Maildir",
	.usage = "ACCOUNT FOLDER [--json]\n"
		 "\n"
		 "Makes FOLDER, which must not be there yet, as a Maildir++ that other "
		 "servers\n"
		 "read: with flags, the first 26 keywords of each mailbox, dates, "
		 "subscriptions,\n"
		 "and UIDs for Dovecot. Mail stays here, too. The user that the server "
		 "runs as\n"
		 "must be able to make FOLDER.\n",
	.run = run,
};
