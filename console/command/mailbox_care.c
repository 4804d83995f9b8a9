/* `ringpost mailbox check|repair|expire`: looking after mail. */
#include <stdio.h>

#include "base/config_value.h"
#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/mailbox_ask.h"
#include "report/words.h"

static void set_accounts(struct value *question, const struct arguments *arguments)
{
	struct value *list = value_list();

	for (size_t i = 0; i < arguments->count; i++)
		value_append_text(list, slice_of(arguments->words[i]));
	value_set(question, "accounts", list);
}

/* ---- check ---- */

static const struct {
	const char *name, *one, *many;
} findings[] = {
	{"lost", "message file is gone", "message files are gone"},
	{"resized", "message file has another size", "message files have another size"},
	{"strange", "file belongs to no message", "files belong to no message"},
	{"unfiled", "message has no file", "messages have no file"},
	{"references", "file is counted wrongly", "files are counted wrongly"},
	{"sums", "sum is wrong", "sums are wrong"},
	{"numbers", "mailbox would give a UID or MODSEQ again",
		"mailboxes would give a UID or MODSEQ again"},
};

static void print_findings(const struct value *found)
{
	struct slice damage = value_get_text(found, "damage");
	char text[WORDS_SIZE + 80];

	if (value_has(found, "damage"))
		printf("  its database is damaged: %.*s\n", SLICE_PRINT(damage));
	for (size_t i = 0; i < ARRAY_COUNT(findings); i++) {
		int64_t count = value_get_number(found, findings[i].name);
		char number[WORDS_SIZE];

		if (!count)
			continue;
		snprintf(text, sizeof(text), "%s %s",
			words_number((uint64_t)count, number),
			count == 1 ? findings[i].one : findings[i].many);
		printf("  %s\n", text);
	}
}

static void print_check(void *context, const struct value *line)
{
	char messages[WORDS_SIZE], files[WORDS_SIZE];

	(void)context;
	printf("%.*s: ", SLICE_PRINT(value_get_text(line, "account")));
	if (value_get_truth(line, "good"))
		printf("good (%s, %s)\n",
			words_count((uint64_t)value_get_number(line, "messages"),
				"message", "messages", messages),
			words_count((uint64_t)value_get_number(line, "files"), "file",
				"files", files));
	else
		printf("NOT GOOD\n");
	print_findings(line);
}

static int run_check(const struct command *command, struct arguments *arguments)
{
	struct mailbox_ask ask = {.arguments = arguments, .hear = print_check};
	const struct option options[] = {{"json", OPTION_FLAG, &ask.json, NULL}};
	struct value *question, *answer;
	uint64_t bad;
	char text[WORDS_SIZE];

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	question = client_question(command->name);
	set_accounts(question, arguments);
	answer = mailbox_ask(&ask, question);
	if (!answer)
		return command_fail();
	bad = (uint64_t)value_get_number(answer, "bad");
	if (!ask.json && !value_get_number(answer, "checked"))
		printf("No account has mail here.\n");
	if (bad)
		fprintf(stderr,
			"ringpost: %s not good: ringpost mailbox repair ACCOUNT\n",
			words_count(bad, "account is", "accounts are", text));
	value_release(&answer);
	return bad ? EXIT_FAILED : EXIT_GOOD;
}

/* ---- repair ---- */

static bool is_left(const struct value *answer)
{
	const struct value *left = value_get(answer, "left");

	return left && !value_get_truth(left, "good");
}

static void print_repair(const char *account, const struct value *answer)
{
	const struct value *found = value_get(answer, "found");

	if (value_get_truth(found, "good")) {
		printf("%s: there is nothing to repair.\n", account);
		return;
	}
	printf("%s: repaired\n", account);
	print_findings(found);
	if (!is_left(answer))
		return;
	printf("What is left:\n");
	print_findings(value_get(answer, "left"));
}

static int run_repair(const struct command *command, struct arguments *arguments)
{
	struct mailbox_ask ask = {.arguments = arguments};
	const char *strange = NULL;
	bool rebuild = false, left;
	const struct option options[] = {{"json", OPTION_FLAG, &ask.json, NULL},
		{"strange", OPTION_TEXT, &strange, NULL},
		{"rebuild", OPTION_FLAG, &rebuild, NULL}};
	struct value *question, *answer;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one ACCOUNT");
	question = client_question(command->name);
	value_set_text(question, "account", slice_of(arguments->words[0]));
	if (strange)
		value_set_text(question, "strange", slice_of(strange));
	value_set_truth(question, "rebuild", rebuild);
	answer = mailbox_ask(&ask, question);
	if (!answer)
		return command_fail();
	if (!ask.json)
		print_repair(arguments->words[0], answer);
	left = is_left(answer);
	value_release(&answer);
	return left ? EXIT_FAILED : EXIT_GOOD;
}

/* ---- expire ---- */

struct expiring {
	const char *age, *size;
	uint64_t keep, age_ms, keep_bytes;
	bool flagged, dry_run;
};

static void print_expired(void *context, const struct value *line)
{
	const struct expiring *expiring = context;
	char count[WORDS_SIZE];

	printf("%.*s of %.*s: %s %s.\n", SLICE_PRINT(value_get_text(line, "mailbox")),
		SLICE_PRINT(value_get_text(line, "account")),
		words_count((uint64_t)value_get_number(line, "messages"), "message",
			"messages", count),
		expiring->dry_run ? "would go" : "gone");
}

/* What is wrong, or NULL. */
static const char *read_limits(struct expiring *expiring, size_t words)
{
	bool given = expiring->age || expiring->keep || expiring->size;
	const char *wrong = NULL;

	if (words == 2 && !given)
		return "how much may stay? --older-than, --keep, --keep-size";
	if (words < 2 && (given || expiring->flagged))
		return "of which MAILBOX? without one, pickup.retention says what "
		       "goes";
	if (expiring->age)
		wrong = config_value_duration(
			slice_of(expiring->age), &expiring->age_ms);
	if (wrong || (expiring->age && !expiring->age_ms))
		return "--older-than takes a time, as 30d";
	if (expiring->size)
		wrong = config_value_size(
			slice_of(expiring->size), &expiring->keep_bytes);
	if (wrong || (expiring->size && !expiring->keep_bytes))
		return "--keep-size takes a size, as 2GiB";
	return NULL;
}

static struct value *expire_question(
	const struct arguments *arguments, const struct expiring *expiring)
{
	struct value *question = client_question("mailbox expire");

	value_set_truth(question, "dry_run", expiring->dry_run);
	if (arguments->count < 2) {
		set_accounts(question, arguments);
		return question;
	}
	value_set_text(question, "account", slice_of(arguments->words[0]));
	value_set_text(question, "mailbox", slice_of(arguments->words[1]));
	value_set_number(question, "age_ms", (int64_t)expiring->age_ms);
	value_set_number(question, "keep", (int64_t)expiring->keep);
	value_set_number(question, "keep_bytes", (int64_t)expiring->keep_bytes);
	value_set_truth(question, "flagged", expiring->flagged);
	return question;
}

static void print_nothing(const struct value *answer, bool dry_run)
{
	if (value_has(answer, "rules") && !value_get_number(answer, "rules"))
		printf("The configuration has no pickup.retention: all mail is "
		       "kept.\n");
	else if (!value_get_number(answer, "messages"))
		printf("Nothing %s.\n", dry_run ? "would go" : "had to go");
}

static int run_expire(const struct command *command, struct arguments *arguments)
{
	struct expiring expiring = {0};
	struct mailbox_ask ask = {
		.arguments = arguments, .hear = print_expired, .context = &expiring};
	const struct option options[] = {
		{"json", OPTION_FLAG, &ask.json, NULL},
		{"older-than", OPTION_TEXT, &expiring.age, NULL},
		{"keep", OPTION_NUMBER, &expiring.keep, NULL},
		{"keep-size", OPTION_TEXT, &expiring.size, NULL},
		{"flagged", OPTION_FLAG, &expiring.flagged, NULL},
		{"dry-run", OPTION_FLAG, &expiring.dry_run, NULL},
	};
	struct value *answer;
	const char *wrong;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count > 2)
		return command_refuse(command, "it takes an ACCOUNT and a MAILBOX");
	wrong = read_limits(&expiring, arguments->count);
	if (wrong)
		return command_refuse(command, "%s", wrong);
	answer = mailbox_ask(&ask, expire_question(arguments, &expiring));
	if (!answer)
		return command_fail();
	if (!ask.json)
		print_nothing(answer, expiring.dry_run);
	value_release(&answer);
	return EXIT_GOOD;
}

const struct command command_mailbox_check = {
	.name = "mailbox check",
	.summary = "Compare messages on the disk with what is known of them",
	.usage = "[ACCOUNT …] [--json]\n"
		 "\n"
		 "Of the accounts, or of all: whether the database is whole, each "
		 "message has\n"
		 "its file and each file its message, and all sums are right. Mail "
		 "comes and\n"
		 "goes meanwhile. The status is 1 where something is wrong.\n",
	.run = run_check,
};

const struct command command_mailbox_repair = {
	.name = "mailbox repair",
	.summary = "Make an account's files and database agree again",
	.usage = "ACCOUNT [--strange recover|leave|remove] [--rebuild]\n"
		 "       [--json]\n"
		 "\n"
		 "Messages whose file is gone are expunged, sums and numbers are put "
		 "right.\n"
		 "Files of no message become messages in a mailbox Recovered, unless "
		 "--strange\n"
		 "says otherwise.\n"
		 "\n"
		 "--rebuild: the database cannot be read. With the server stopped, it "
		 "is\n"
		 "renamed, and a new one made of the files: all messages are in "
		 "Recovered then,\n"
		 "without flags, mailboxes and subscriptions. A backup has those.\n",
	.run = run_repair,
};

const struct command command_mailbox_expire = {
	.name = "mailbox expire",
	.summary = "Remove messages of a mailbox that are old, or too many",
	.usage = "ACCOUNT MAILBOX [--older-than TIME] [--keep N]\n"
		 "       [--keep-size SIZE] [--flagged] [--dry-run] [--json]\n"
		 "       [ACCOUNT] [--dry-run] [--json]\n"
		 "\n"
		 "MAILBOX may have '*' for anything and '%' for one level, as in "
		 "'Bounces/*'.\n"
		 "Messages that have been in it for longer than TIME go, and the "
		 "oldest until N,\n"
		 "or SIZE, are left. Flagged ones stay, unless --flagged. Without a "
		 "MAILBOX,\n"
		 "what pickup.retention says goes now. --dry-run only counts.\n",
	.run = run_expire,
};
