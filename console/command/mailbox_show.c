/* `ringpost mailbox show`: an account's mail, or one of its mailboxes. */
#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/mailbox_ask.h"
#include "report/words.h"

/* "60 % of 2 GiB, 12 % of 10,000 messages". */
void mailbox_words_quota(struct buffer *cell, const struct value *line)
{
	int64_t bytes = value_get_number(line, "quota_bytes");
	int64_t messages = value_get_number(line, "quota_messages");
	char text[WORDS_SIZE];

	if (bytes > 0)
		buffer_append_format(cell, "%.0f %% of %s",
			100.0 * (double)value_get_number(line, "bytes") / (double)bytes,
			words_size((uint64_t)bytes, text));
	if (messages > 0)
		buffer_append_format(cell, "%s%.0f %% of %s", bytes > 0 ? ", " : "",
			100.0 * (double)value_get_number(line, "messages") /
				(double)messages,
			words_count((uint64_t)messages, "message", "messages", text));
}

static void print_counts(const struct value *answer)
{
	char count[WORDS_SIZE], size[WORDS_SIZE];

	printf("%s, %s",
		words_count((uint64_t)value_get_number(answer, "messages"), "message",
			"messages", count),
		words_size((uint64_t)value_get_number(answer, "bytes"), size));
}

static void print_account(const struct value *answer)
{
	struct buffer quota = {0};
	char count[WORDS_SIZE];

	mailbox_words_quota(&quota, answer);
	printf("%.*s\n  has     ", SLICE_PRINT(value_get_text(answer, "account")));
	print_counts(answer);
	printf(", in %s\n", words_count((uint64_t)value_get_number(answer, "mailboxes"),
				    "mailbox", "mailboxes", count));
	if (buffer_size(&quota))
		printf("  quota   %.*s\n", SLICE_PRINT(buffer_contents(&quota)));
	else
		printf("  quota   none\n");
	printf("  folder  %.*s\n", SLICE_PRINT(value_get_text(answer, "folder")));
	buffer_finish(&quota);
}

/* "30 days, 1,000 messages, 1.0 GiB". */
static void print_rule(const struct value *rule)
{
	const char *comma = "";
	char text[WORDS_SIZE];

	printf("  kept  ");
	if (value_get_number(rule, "age_ms")) {
		printf("%s", words_duration(value_get_number(rule, "age_ms"), text));
		comma = ", ";
	}
	if (value_get_number(rule, "messages")) {
		printf("%s%s", comma,
			words_count((uint64_t)value_get_number(rule, "messages"),
				"message", "messages", text));
		comma = ", ";
	}
	if (value_get_number(rule, "bytes"))
		printf("%s%s", comma,
			words_size((uint64_t)value_get_number(rule, "bytes"), text));
	printf("%s\n", value_get_truth(rule, "flagged") ? ", flagged ones, too" : "");
}

static void print_mailbox(const struct value *answer)
{
	const struct value *kept = value_get(answer, "kept");
	struct slice use = value_get_text(answer, "use");

	printf("%.*s of %.*s\n  has   ", SLICE_PRINT(value_get_text(answer, "mailbox")),
		SLICE_PRINT(value_get_text(answer, "account")));
	print_counts(answer);
	printf("; %lld unseen, %lld recent, %lld marked as deleted\n",
		(long long)value_get_number(answer, "unseen"),
		(long long)value_get_number(answer, "recent"),
		(long long)value_get_number(answer, "deleted"));
	printf("  is    %.*s%s%s\n", SLICE_PRINT(use), use.size ? ", " : "",
		value_get_truth(answer, "subscribed") ? "subscribed"
						      : "not subscribed");
	for (size_t i = 0; i < value_count(kept); i++)
		print_rule(value_at(kept, i));
	printf("  IMAP  UIDVALIDITY %lld, UIDNEXT %lld, HIGHESTMODSEQ %lld, MAILBOXID "
	       "%lld\n",
		(long long)value_get_number(answer, "uidvalidity"),
		(long long)value_get_number(answer, "uidnext"),
		(long long)value_get_number(answer, "highest_modseq"),
		(long long)value_get_number(answer, "id"));
}

static int run_show(const struct command *command, struct arguments *arguments)
{
	struct mailbox_ask ask = {.arguments = arguments};
	const struct option options[] = {{"json", OPTION_FLAG, &ask.json, NULL}};
	struct value *question, *answer;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count < 1 || arguments->count > 2)
		return command_refuse(
			command, "it takes an ACCOUNT, and a MAILBOX of it");
	question = client_question(command->name);
	value_set_text(question, "account", slice_of(arguments->words[0]));
	if (arguments->count > 1)
		value_set_text(question, "mailbox", slice_of(arguments->words[1]));
	answer = mailbox_ask(&ask, question);
	if (!answer)
		return command_fail();
	if (!ask.json && arguments->count > 1)
		print_mailbox(answer);
	else if (!ask.json)
		print_account(answer);
	value_release(&answer);
	return EXIT_GOOD;
}

const struct command command_mailbox_show = {
	.name = "mailbox show",
	.summary = "Show an account's mail, or one of its mailboxes",
	.usage = "ACCOUNT [MAILBOX] [--json] [-c FILE] [--socket PATH]\n"
		 "\n"
		 "What it has, what it may have, where it is; of a mailbox also how "
		 "long mail\n"
		 "is kept in it, and what IMAP clients know it by.\n"
		 "\n"
		 "Where the server runs it does this itself; else the command works on "
		 "the\n"
		 "files.\n",
	.run = run_show,
};
