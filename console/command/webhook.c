/* `ringpost webhook list|test|dead|redeliver|add|remove`: who is sent events. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/listing.h"

/* The answer's last line; the others go to ITEM. NULL with a failure. */
static struct value *ask(const struct arguments *arguments, struct value *question,
	void (*item)(const struct value *line, bool json), bool json)
{
	struct client *client = client_open_for(arguments);
	struct value *line = NULL;
	bool last = false;

	if (client && client_ask(client, &question))
		while ((line = client_hear(client, &last)) && !last) {
			if (item)
				item(line, json);
			value_release(&line);
		}
	value_release(&question);
	client_close(&client);
	return line;
}

static void print_value(const struct value *value)
{
	struct buffer text = {0};

	value_print(value, &text);
	buffer_append_byte(&text, '\n');
	fwrite(text.bytes + text.start, 1, buffer_size(&text), stdout);
	buffer_finish(&text);
}

/* With one word, NAME. NULL: not understood, *status_r says how it ends. */
static struct value *question_for(const struct command *command,
	struct arguments *arguments, bool *json, int *status_r)
{
	const struct option options[] = {{"json", OPTION_FLAG, json, NULL}};
	struct value *question;

	*status_r = EXIT_USAGE;
	if (!arguments_parse(arguments, options, 1)) {
		command_refuse(command, "%s", failure_last()->text);
		return NULL;
	}
	if (arguments->count != 1) {
		command_refuse(command, "it takes a webhook's NAME");
		return NULL;
	}
	question = client_question(command->name);
	value_set_text(question, "name", slice_of(arguments->words[0]));
	return question;
}

/* ---- list ---- */

static void add_row(struct table *table, const struct value *hook, int64_t now_ms)
{
	int64_t failing_ms = value_get_number(hook, "failing_ms");
	struct slice why = value_get_text(hook, "why");
	char text[WORDS_SIZE];
	struct buffer cell = {0};

	table_add_text(
		table, words_number((uint64_t)value_get_number(hook, "sent"), text));
	table_add_text(table,
		words_number((uint64_t)value_get_number(hook, "dead_letters"), text));
	table_add_text(
		table, words_duration(value_get_number(hook, "behind_ms"), text));
	buffer_append_format(&cell, "%.*s %.*s",
		SLICE_PRINT(value_get_text(hook, "webhook")),
		SLICE_PRINT(value_get_text(hook, "url")));
	if (value_get_truth(hook, "disabled"))
		buffer_append_format(&cell, "; disabled");
	if (value_get_number(hook, "missed"))
		buffer_append_format(&cell, "; missed some");
	if (failing_ms)
		buffer_append_format(&cell, "; failing since %s: %.*s",
			words_time(failing_ms, now_ms, text), SLICE_PRINT(why));
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
}

static int run_list(const struct command *command, struct arguments *arguments)
{
	static const char *const heads[] = {"SENT", "DEAD", "BEHIND", "WEBHOOK"};
	const struct listing listing = {heads, ARRAY_COUNT(heads), .add_row = add_row};

	return listing_run(command, arguments, &listing);
}

/* ---- test ---- */

static int run_test(const struct command *command, struct arguments *arguments)
{
	bool json = false, taken;
	int status;
	struct value *question = question_for(command, arguments, &json, &status);
	struct value *answer;

	if (!question)
		return status;
	answer = ask(arguments, question, NULL, json);
	if (!answer)
		return command_fail();
	taken = value_get_truth(answer, "taken");
	if (json)
		print_value(answer);
	else if (taken)
		printf("%s took it: %lld, in %.3f s.\n", arguments->words[0],
			(long long)value_get_number(answer, "status"),
			(double)value_get_number(answer, "took_us") / 1e6);
	else
		printf("%s did not take it: %.*s\n", arguments->words[0],
			SLICE_PRINT(value_get_text(answer, "why")));
	value_release(&answer);
	return taken ? EXIT_GOOD : EXIT_FAILED;
}

/* ---- dead, redeliver ---- */

static void print_dead(const struct value *letter, bool json)
{
	struct slice events = value_get_text(letter, "events");
	char count[WORDS_SIZE], at[WORDS_SIZE];

	if (json) {
		print_value(letter);
		return;
	}
	printf("%s  %s, not taken: %.*s\n",
		words_time(value_get_number(letter, "at_ms"), clock_wall_ms(), at),
		words_count((uint64_t)value_get_number(letter, "count"), "event",
			"events", count),
		SLICE_PRINT(value_get_text(letter, "why")));
	fwrite(events.at, 1, events.size, stdout);
	printf("\n");
}

static int run_dead(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	int status;
	struct value *question = question_for(command, arguments, &json, &status);
	struct value *answer;

	if (!question)
		return status;
	answer = ask(arguments, question, print_dead, json);
	if (!answer)
		return command_fail();
	value_release(&answer);
	return EXIT_GOOD;
}

static int run_redeliver(const struct command *command, struct arguments *arguments)
{
	bool json = false, refused;
	char letters[WORDS_SIZE], events[WORDS_SIZE];
	int status;
	struct value *question = question_for(command, arguments, &json, &status);
	struct value *answer;

	if (!question)
		return status;
	answer = ask(arguments, question, NULL, json);
	if (!answer)
		return command_fail();
	refused = value_has(answer, "taken");
	if (json) {
		print_value(answer);
	} else {
		printf("%s with %s sent.\n",
			words_count((uint64_t)value_get_number(answer, "letters"),
				"dead letter", "dead letters", letters),
			words_count((uint64_t)value_get_number(answer, "events"),
				"event", "events", events));
		if (refused)
			printf("The next was not taken: %.*s\n",
				SLICE_PRINT(value_get_text(answer, "why")));
	}
	value_release(&answer);
	return refused ? EXIT_FAILED : EXIT_GOOD;
}

/* ---- add, remove ---- */

static void add_words(struct value *question, const struct option_texts *events,
	const struct option_texts *tenants)
{
	struct value *list = value_list();
	struct buffer words = {0};

	for (size_t i = 0; i < events->count; i++)
		value_append_text(list, slice_of(events->at[i]));
	value_set(question, "events", list);
	for (size_t i = 0; i < tenants->count; i++)
		buffer_append_format(&words, "%s%s", i ? " " : "", tenants->at[i]);
	value_set_text(question, "tenants", buffer_contents(&words));
	buffer_finish(&words);
}

static int run_add(const struct command *command, struct arguments *arguments)
{
	struct option_texts events = {.count = 0}, tenants = {.count = 0};
	bool json = false, private_addresses = false;
	const struct option options[] = {{"event", OPTION_TEXTS, &events, NULL},
		{"tenant", OPTION_TEXTS, &tenants, NULL},
		{"private-addresses", OPTION_FLAG, &private_addresses, NULL},
		{"json", OPTION_FLAG, &json, NULL}};
	struct value *question, *answer;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 2)
		return command_refuse(command, "it takes a NAME and a URL");
	question = client_question(command->name);
	value_set_text(question, "name", slice_of(arguments->words[0]));
	value_set_text(question, "url", slice_of(arguments->words[1]));
	value_set_truth(question, "private_addresses", private_addresses);
	add_words(question, &events, &tenants);
	answer = ask(arguments, question, NULL, json);
	if (!answer)
		return command_fail();
	if (json)
		print_value(answer);
	else
		printf("%.*s\n", SLICE_PRINT(value_get_text(answer, "secret")));
	value_release(&answer);
	return EXIT_GOOD;
}

static int run_remove(const struct command *command, struct arguments *arguments)
{
	bool json = false, was;
	int status;
	struct value *question = question_for(command, arguments, &json, &status);
	struct value *answer;

	if (!question)
		return status;
	answer = ask(arguments, question, NULL, json);
	if (!answer)
		return command_fail();
	was = value_get_truth(answer, "was");
	value_release(&answer);
	if (!was)
		fprintf(stderr,
			"ringpost: no webhook made by a command is called \"%s\"\n",
			arguments->words[0]);
	return was ? EXIT_GOOD : EXIT_FAILED;
}

const struct command command_webhook_list = {
	.name = "webhook list",
	.summary = "Say how far each webhook is, and what is wrong with it",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "Of each webhook: events sent, dead letters, how far it is behind,\n"
		 "and what went wrong last, if it fails.\n",
	.run = run_list,
};

const struct command command_webhook_test = {
	.name = "webhook test",
	.summary = "Send a webhook an event of the kind \"test\"",
	.usage = "NAME [--json] [-c FILE] [--socket PATH]\n\n"
		 "Sends it now, past the stream, and says what was answered.\n",
	.run = run_test,
};

const struct command command_webhook_dead = {
	.name = "webhook dead",
	.summary = "Print the events that a webhook did not take in time",
	.usage = "NAME [--json] [-c FILE] [--socket PATH]\n",
	.run = run_dead,
};

const struct command command_webhook_redeliver = {
	.name = "webhook redeliver",
	.summary = "Send a webhook its dead letters again",
	.usage = "NAME [--json] [-c FILE] [--socket PATH]\n\n"
		 "Oldest first, until all are taken or one is not. What is taken is\n"
		 "no dead letter any more.\n",
	.run = run_redeliver,
};

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

const struct command command_webhook_remove = {
	.name = "webhook remove",
	.summary = "Remove a webhook that was made by a command",
	.usage = "NAME [-c FILE] [--socket PATH]\n\n"
		 "With its dead letters. Those of the configuration are removed "
		 "there.\n",
	.run = run_remove,
};
