/* `ringpost webhook add|change|remove`: webhooks that are made by commands. */
#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/webhook.h"

struct wish {
	struct option_texts events, tenants;
	const char *url;
	bool private_addresses, no_private_addresses, disable, enable, new_secret, json;
};

static void add_list(
	struct value *question, const char *name, const struct option_texts *texts)
{
	struct value *list = value_list();

	for (size_t i = 0; i < texts->count; i++)
		if (slice_of(texts->at[i]).size)
			value_append_text(list, slice_of(texts->at[i]));
	value_set(question, name, list);
}

/* What of the webhook is asked for; what is not said stays as it is. */
static void add_wish(struct value *question, const struct wish *wish)
{
	if (wish->url)
		value_set_text(question, "url", slice_of(wish->url));
	if (wish->events.count)
		add_list(question, "events", &wish->events);
	if (wish->tenants.count)
		add_list(question, "tenants", &wish->tenants);
	if (wish->private_addresses || wish->no_private_addresses)
		value_set_truth(question, "private_addresses", wish->private_addresses);
	if (wish->disable || wish->enable)
		value_set_truth(question, "disabled", wish->disable);
	if (wish->new_secret)
		value_set_truth(question, "new_secret", true);
}

/* What is said when all went well, but for a secret. */
static int act(const struct arguments *arguments, struct value *question,
	const char *done, bool json)
{
	struct value *answer = client_ask_all(arguments, question, NULL);
	struct slice secret = value_get_text(answer, "secret");

	if (!answer)
		return command_fail();
	if (json)
		command_print_json(answer);
	else if (secret.size)
		printf("%.*s\n", SLICE_PRINT(secret));
	else
		printf("The webhook %s is %s.\n", arguments->words[0], done);
	value_release(&answer);
	return EXIT_GOOD;
}

static int run_add(const struct command *command, struct arguments *arguments)
{
	struct wish wish = {.json = false};
	const struct option options[] = {{"event", OPTION_TEXTS, &wish.events, NULL},
		{"tenant", OPTION_TEXTS, &wish.tenants, NULL},
		{"private-addresses", OPTION_FLAG, &wish.private_addresses, NULL},
		{"json", OPTION_FLAG, &wish.json, NULL}};
	struct value *question;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 2)
		return command_refuse(command, "it takes a NAME and a URL");
	wish.url = arguments->words[1];
	question = client_question(command->name);
	value_set_text(question, "name", slice_of(arguments->words[0]));
	add_wish(question, &wish);
	return act(arguments, question, "made", wish.json);
}

static int run_change(const struct command *command, struct arguments *arguments)
{
	struct wish wish = {.json = false};
	const struct option options[] = {{"url", OPTION_TEXT, &wish.url, NULL},
		{"event", OPTION_TEXTS, &wish.events, NULL},
		{"tenant", OPTION_TEXTS, &wish.tenants, NULL},
		{"private-addresses", OPTION_FLAG, &wish.private_addresses, NULL},
		{"no-private-addresses", OPTION_FLAG, &wish.no_private_addresses, NULL},
		{"disable", OPTION_FLAG, &wish.disable, NULL},
		{"enable", OPTION_FLAG, &wish.enable, NULL},
		{"new-secret", OPTION_FLAG, &wish.new_secret, NULL},
		{"json", OPTION_FLAG, &wish.json, NULL}};
	struct value *question;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes a webhook's NAME");
	if (wish.disable && wish.enable)
		return command_refuse(command, "--disable goes without --enable");
	if (wish.private_addresses && wish.no_private_addresses)
		return command_refuse(command,
			"--private-addresses goes without --no-private-addresses");
	question = client_question(command->name);
	value_set_text(question, "name", slice_of(arguments->words[0]));
	add_wish(question, &wish);
	return act(arguments, question, "changed", wish.json);
}

static int run_remove(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	int status;
	struct value *question = webhook_question(command, arguments, &json, &status);

	return question ? act(arguments, question, "removed", json) : status;
}

const struct command command_webhook_add = {
	.name = "webhook add",
	.summary = "Make a webhook, and print its secret",
	.usage =
		"NAME URL [--event NAME]... [--tenant NAME]...\n"
		"       [--private-addresses] [--json] [-c FILE] [--socket PATH]\n\n"
		"It is sent what happens from now on: all events of everybody's mail,\n"
		"or those named. It is kept in Redis, for all nodes; one that is\n"
		"there already is changed, and has a new secret.\n",
	.run = run_add,
};

const struct command command_webhook_change = {
	.name = "webhook change",
	.summary = "Change a webhook that was made by a command",
	.usage =
		"NAME [--url URL] [--event NAME]... [--tenant NAME]...\n"
		"       [--disable|--enable] [--new-secret]\n"
		"       [--private-addresses|--no-private-addresses]\n"
		"       [--json] [-c FILE] [--socket PATH]\n\n"
		"What is not said stays as it is: it goes on where it was. --event ''\n"
		"and --tenant '' are all again. --new-secret prints one, which is in\n"
		"force at once.\n",
	.run = run_change,
};

const struct command command_webhook_remove = {
	.name = "webhook remove",
	.summary = "Remove a webhook that was made by a command",
	.usage = "NAME [--json] [-c FILE] [--socket PATH]\n\n"
		 "With its dead letters. Those of the configuration are removed "
		 "there.\n",
	.run = run_remove,
};
