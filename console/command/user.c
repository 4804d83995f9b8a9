/* `ringpost user add|change|password|remove`: accounts. */
#include <stdio.h>
#include <string.h>

#include "base/config_value.h"
#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/commands.h"
#include "client/password.h"

struct rights {
	struct option_texts senders, addresses;
	const char *password_file, *tenant, *quota;
	uint64_t messages_per_hour, recipients, sessions;
	uint64_t quota_bytes, quota_messages;
	bool hour_given, recipients_given, sessions_given, senders_given, tenant_given;
	bool addresses_given, quota_given, quota_messages_given;
	bool no_senders, no_addresses, cram_md5, disable, enable, json;
};

static void set_texts(
	struct value *question, const char *key, const struct option_texts *texts)
{
	struct value *list = value_list();

	for (size_t i = 0; i < texts->count; i++)
		value_append_text(list, slice_of(texts->at[i]));
	value_set(question, key, list);
}

static struct value *question_for(
	const struct command *command, const char *name, const struct rights *rights)
{
	struct value *question = client_question(command->name);

	value_set_text(question, "name", slice_of(name));
	if (rights->tenant_given)
		value_set_text(question, "tenant", slice_of(rights->tenant));
	if (rights->hour_given)
		value_set_number(question, "messages_per_hour",
			(int64_t)rights->messages_per_hour);
	if (rights->recipients_given)
		value_set_number(question, "recipients_per_message",
			(int64_t)rights->recipients);
	if (rights->sessions_given)
		value_set_number(question, "sessions", (int64_t)rights->sessions);
	if (rights->disable || rights->enable)
		value_set_truth(question, "disabled", rights->disable);
	value_set_truth(question, "cram_md5", rights->cram_md5);
	if (rights->senders.count || rights->no_senders)
		set_texts(question, "senders", &rights->senders);
	if (rights->addresses.count || rights->no_addresses)
		set_texts(question, "addresses", &rights->addresses);
	if (rights->quota_given)
		value_set_number(question, "quota_bytes", (int64_t)rights->quota_bytes);
	if (rights->quota_messages_given)
		value_set_number(
			question, "quota_messages", (int64_t)rights->quota_messages);
	return question;
}

/* Asks the daemon to do it; takes QUESTION over. */
static int ask(const struct arguments *arguments, struct value *question, bool json,
	const char *done)
{
	struct value *answer = client_ask_all(arguments, question, NULL);

	if (!answer)
		return command_fail();
	if (json)
		command_print_json(answer);
	else
		printf("%s %s.\n", arguments->words[0], done);
	if (!json && value_get_truth(answer, "mail"))
		printf("Its mail stays until ringpost mailbox delete %s --all --yes.\n",
			arguments->words[0]);
	value_release(&answer);
	return EXIT_GOOD;
}

/* The server first: nobody wants to type a password for nothing. */
static int ask_with_password(const struct arguments *arguments, struct value *question,
	const struct rights *rights, const char *done)
{
	struct client *client = client_open_for(arguments);
	struct buffer password = {0};
	int status = EXIT_FAILED;

	if (!client) {
		value_release(&question);
		return command_fail();
	}
	client_close(&client);
	if (password_read(rights->password_file, &password)) {
		value_set_text(question, "password", buffer_contents(&password));
		status = ask(arguments, question, rights->json, done);
	} else {
		value_release(&question);
		status = command_fail();
	}
	password_finish(&password);
	return status;
}

/* What is wrong with what was asked for, or NULL. */
static const char *find_fault(struct rights *rights, bool adds)
{
	const char *fault = NULL;

	if (adds && (rights->disable || rights->enable || rights->no_senders ||
			    rights->no_addresses))
		return "--disable, --enable, --own-sender and --no-address are for "
		       "user "
		       "change";
	if (!adds && (rights->password_file || rights->cram_md5))
		return "a new password takes ringpost user password";
	if (rights->disable && rights->enable)
		return "--disable or --enable, not both";
	if (rights->no_senders && rights->senders.count)
		return "--sender or --own-sender, not both";
	if (rights->no_addresses && rights->addresses.count)
		return "--address or --no-address, not both";
	if (rights->quota_given)
		fault = config_value_size(
			slice_of(rights->quota), &rights->quota_bytes);
	if (fault || rights->quota_bytes > INT64_MAX)
		return "--quota takes a size, as 2 GiB; 0 for the configuration's";
	return NULL;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct rights rights = {0};
	const struct option options[] = {
		{"sender", OPTION_TEXTS, &rights.senders, &rights.senders_given},
		{"tenant", OPTION_TEXT, &rights.tenant, &rights.tenant_given},
		{"messages-per-hour", OPTION_NUMBER, &rights.messages_per_hour,
			&rights.hour_given},
		{"recipients", OPTION_NUMBER, &rights.recipients,
			&rights.recipients_given},
		{"sessions", OPTION_NUMBER, &rights.sessions, &rights.sessions_given},
		{"address", OPTION_TEXTS, &rights.addresses, &rights.addresses_given},
		{"quota", OPTION_TEXT, &rights.quota, &rights.quota_given},
		{"quota-messages", OPTION_NUMBER, &rights.quota_messages,
			&rights.quota_messages_given},
		/* Of both: none for a change. */
		{"password-file", OPTION_TEXT, &rights.password_file, NULL},
		{"cram-md5", OPTION_FLAG, &rights.cram_md5, NULL},
		/* Of a change. */
		{"own-sender", OPTION_FLAG, &rights.no_senders, NULL},
		{"no-address", OPTION_FLAG, &rights.no_addresses, NULL},
		{"disable", OPTION_FLAG, &rights.disable, NULL},
		{"enable", OPTION_FLAG, &rights.enable, NULL},
		{"json", OPTION_FLAG, &rights.json, NULL},
	};
	bool adds = command == &command_user_add;
	const char *fault;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one NAME");
	fault = find_fault(&rights, adds);
	if (fault)
		return command_refuse(command, "%s", fault);
	if (adds)
		return ask_with_password(arguments,
			question_for(command, arguments->words[0], &rights), &rights,
			"may log in");
	return ask(arguments, question_for(command, arguments->words[0], &rights),
		rights.json, "is changed");
}

static int run_password(const struct command *command, struct arguments *arguments)
{
	struct rights rights = {0};
	const struct option options[] = {
		{"password-file", OPTION_TEXT, &rights.password_file, NULL},
		{"cram-md5", OPTION_FLAG, &rights.cram_md5, NULL},
		{"json", OPTION_FLAG, &rights.json, NULL},
	};

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one NAME");
	return ask_with_password(arguments,
		question_for(command, arguments->words[0], &rights), &rights,
		"has a new password");
}

static int run_remove(const struct command *command, struct arguments *arguments)
{
	struct rights rights = {0};
	const struct option options[] = {{"json", OPTION_FLAG, &rights.json, NULL}};

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one NAME");
	return ask(arguments, question_for(command, arguments->words[0], &rights),
		rights.json, "is removed");
}

#define PASSWORD                                                                    \
	"The password is the first line of --password-file or of standard input;\n" \
	"on a terminal it is asked for. It is kept as a yescrypt hash and SCRAM\n"  \
	"keys; with --cram-md5 also in the clear, which that mechanism needs.\n"
#define RIGHTS                                                                         \
	"--sender A, once or often: an address, @domain, or * for any; without it,\n"  \
	"only the account's own name. --messages-per-hour, --recipients (of a\n"       \
	"message) and --sessions: limits instead of the configuration's; 0: those.\n"  \
	"--tenant T: whose mail it is, for shares, limits and lists; \"\": "           \
	"nobody's.\n"                                                                  \
	"--address A, once or often: mail for it is this account's, as mail for its\n" \
	"name is; @domain: what is nobody else's there. --quota SIZE (2 GiB) and\n"    \
	"--quota-messages: what its mailboxes may hold, as --sessions.\n"

const struct command command_user_add = {
	.name = "user add",
	.summary = "Make an account that may send",
	.usage = "NAME [--password-file F] [--sender A]… [--cram-md5]\n"
		 "       [--messages-per-hour N] [--recipients N] [--sessions "
		 "N]\n"
		 "       [--tenant T] [--address A]… [--quota SIZE] "
		 "[--quota-messages N] [--json]\n\n" RIGHTS PASSWORD,
	.run = run,
};

const struct command command_user_change = {
	.name = "user change",
	.summary = "Change what an account may do",
	.usage =
		"NAME [--sender A]… [--own-sender] [--messages-per-hour N]\n"
		"       [--recipients N] [--sessions N] [--tenant T]\n"
		"       [--address A]… [--no-address] [--quota SIZE] "
		"[--quota-messages N]\n"
		"       [--disable | --enable] [--json]\n\n"
		"What is not given stays as it is; --sender and --address replace all\n"
		"there were, --own-sender and --no-address take them away.\n" RIGHTS,
	.run = run,
};

const struct command command_user_password = {
	.name = "user password",
	.summary = "Give an account another password",
	.usage = "NAME [--password-file F] [--cram-md5] [--json]\n\n" PASSWORD,
	.run = run_password,
};

const struct command command_user_remove = {
	.name = "user remove",
	.summary = "Remove an account",
	.usage = "NAME [--json] [-c FILE] [--socket PATH]\n\n"
		 "It cannot log in any more. What it sent stays queued.\n",
	.run = run_remove,
};
