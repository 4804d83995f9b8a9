/* `ringpost totp on|check|off`: the second factor of an account. */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/commands.h"

#define CODE_MAX 64

/* Asks the daemon, takes QUESTION over; the line of its answer, or the last. */
static struct value *ask(const struct arguments *arguments, struct value *question)
{
	struct client *client = client_open_for(arguments);
	struct value *line = NULL;
	bool last;

	if (client && client_ask(client, &question))
		line = client_hear(client, &last);
	value_release(&question);
	client_close(&client);
	return line;
}

static struct value *question_of(const char *command, const struct arguments *arguments)
{
	struct value *question = client_question(command);

	value_set_text(question, "name", slice_of(arguments->words[0]));
	return question;
}

static bool read_code(char code[CODE_MAX])
{
	fprintf(stderr, "The code it shows now: ");
	fflush(stderr);
	if (!fgets(code, CODE_MAX, stdin))
		return fail(FAILURE_DATA, "no code on standard input");
	code[strcspn(code, " \r\n")] = '\0';
	return true;
}

static int run_on(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct value *secret, *question, *done = NULL;
	char code[CODE_MAX];

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes an account's NAME");
	secret = ask(arguments, question_of("totp new", arguments));
	if (!secret)
		return command_fail();
	if (json)
		command_print_json(secret);
	else
		printf("%.*s", SLICE_PRINT(value_get_text(secret, "uri")));
	fflush(stdout);
	if (read_code(code)) {
		question = question_of("totp on", arguments);
		value_set_text(question, "secret", value_get_text(secret, "secret"));
		value_set_text(question, "code", slice_of(code));
		done = ask(arguments, question);
	}
	value_release(&secret);
	return command_tell(&done, json,
		"%s has a second factor; mail programs need an app password now.",
		arguments->words[0]);
}

static int run_check(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct value *question, *done;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 2)
		return command_refuse(command, "it takes an account's NAME and a CODE");
	question = question_of("totp check", arguments);
	value_set_text(question, "code", slice_of(arguments->words[1]));
	done = ask(arguments, question);
	return command_tell(&done, json, "That is the code of now.");
}

static int run_off(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct value *done;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes an account's NAME");
	done = ask(arguments, question_of("totp off", arguments));
	return command_tell(
		&done, json, "%s has no second factor any more.", arguments->words[0]);
}

const struct command command_totp_on = {
	.name = "totp on",
	.summary = "Give an account a second factor",
	.usage = "NAME [--json] [-c FILE] [--socket PATH]\n\n"
		 "Prints an otpauth:// link for an authenticator program (qrencode -t\n"
		 "UTF8 shows it as a picture), and asks for the code that shows; only "
		 "then\nit is kept. From then on the account's own password logs no "
		 "mail "
		 "program\nin: those take app passwords (ringpost app add). Tokens of "
		 "an "
		 "issuer go on.\n",
	.run = run_on,
};

const struct command command_totp_check = {
	.name = "totp check",
	.summary = "Is this code the account's of now?",
	.usage = "NAME CODE [--json] [-c FILE] [--socket PATH]\n\n"
		 "Says whether CODE is good, and uses it up: no code is good twice.\n",
	.run = run_check,
};

const struct command command_totp_off = {
	.name = "totp off",
	.summary = "Take an account's second factor away",
	.usage = "NAME [--json] [-c FILE] [--socket PATH]\n\n"
		 "Its own password is a login again. App passwords stay.\n",
	.run = run_off,
};
