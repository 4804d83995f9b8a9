/* `ringpost webhook list|show|test|dead|redeliver`: who is sent events. */
#include "command/webhook.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "command/listing.h"

struct value *webhook_question(const struct command *command,
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

/* Lines of the answer about one webhook; JSON tells PRINT how. */
static int print_each(const struct command *command, struct arguments *arguments,
	void (*print)(void *json, const struct value *line))
{
	bool json = false;
	int status;
	struct value *question = webhook_question(command, arguments, &json, &status);
	struct value *answer;

	if (!question)
		return status;
	answer = client_ask_each(arguments, question, print, &json);
	if (!answer)
		return command_fail();
	value_release(&answer);
	return EXIT_GOOD;
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
		SLICE_PRINT(value_get_text(hook, "name")),
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

/* ---- show ---- */

static void print_list(const char *title, const struct value *list, const char *none)
{
	printf("%-10s", title);
	for (size_t i = 0; i < value_count(list); i++)
		printf("%s%.*s", i ? ", " : "",
			SLICE_PRINT(value_text(value_at(list, i))));
	printf("%s\n", value_count(list) ? "" : none);
}

static void print_hook(void *context, const struct value *hook)
{
	char sent[WORDS_SIZE], behind[WORDS_SIZE], dead[WORDS_SIZE];

	if (*(const bool *)context) {
		command_print_json(hook);
		return;
	}
	printf("%-10s%.*s%s%s\n", "url", SLICE_PRINT(value_get_text(hook, "url")),
		value_get_truth(hook, "configured") ? " (of the configuration)" : "",
		value_get_truth(hook, "disabled") ? ", disabled" : "");
	print_list("events", value_get(hook, "events"), "all");
	print_list("tenants", value_get(hook, "tenants"), "everybody's mail");
	printf("%-10s%s, %s behind, %s\n", "sent",
		words_count((uint64_t)value_get_number(hook, "sent"), "event", "events",
			sent),
		words_duration(value_get_number(hook, "behind_ms"), behind),
		words_count((uint64_t)value_get_number(hook, "dead_letters"),
			"dead letter", "dead letters", dead));
	if (value_get_number(hook, "failing_ms"))
		printf("%-10ssince %s: %.*s\n", "failing",
			words_time(value_get_number(hook, "failing_ms"),
				clock_wall_ms(), sent),
			SLICE_PRINT(value_get_text(hook, "why")));
}

static int run_show(const struct command *command, struct arguments *arguments)
{
	return print_each(command, arguments, print_hook);
}

/* ---- test ---- */

static int run_test(const struct command *command, struct arguments *arguments)
{
	bool json = false, taken;
	int status;
	struct value *question = webhook_question(command, arguments, &json, &status);
	struct value *answer;

	if (!question)
		return status;
	answer = client_ask_all(arguments, question, NULL);
	if (!answer)
		return command_fail();
	taken = value_get_truth(answer, "taken");
	if (json)
		command_print_json(answer);
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

static void print_dead(void *context, const struct value *letter)
{
	struct slice events = value_get_text(letter, "events");
	char count[WORDS_SIZE], at[WORDS_SIZE];

	if (*(const bool *)context) {
		command_print_json(letter);
		return;
	}
	printf("%s  %s, not taken: %.*s\n",
		words_time(value_get_number(letter, "at_ms"), clock_wall_ms(), at),
		words_count((uint64_t)value_get_number(letter, "count"), "event",
			"events", count),
		SLICE_PRINT(value_get_text(letter, "why")));
	output_text(events, stdout);
	printf("\n");
}

static int run_dead(const struct command *command, struct arguments *arguments)
{
	return print_each(command, arguments, print_dead);
}

static int run_redeliver(const struct command *command, struct arguments *arguments)
{
	bool json = false, refused;
	char letters[WORDS_SIZE], events[WORDS_SIZE];
	int status;
	struct value *question = webhook_question(command, arguments, &json, &status);
	struct value *answer;

	if (!question)
		return status;
	answer = client_ask_all(arguments, question, NULL);
	if (!answer)
		return command_fail();
	refused = value_has(answer, "taken");
	if (json) {
		command_print_json(answer);
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

const struct command command_webhook_list = {
	.name = "webhook list",
	.summary = "Say how far each webhook is, and what is wrong with it",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "Of each webhook: events sent, dead letters, how far it is behind,\n"
		 "and what went wrong last, if it fails.\n",
	.run = run_list,
};

const struct command command_webhook_show = {
	.name = "webhook show",
	.summary = "Say what a webhook is sent, and how that goes",
	.usage = "NAME [--json] [-c FILE] [--socket PATH]\n",
	.run = run_show,
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
