/* `ringpost events`: what happens to messages, as applications are told. */
#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/report.h"

#define LIMIT_DEFAULT 1000
#define WAIT_MS	      10000
#define CURSOR_MAX    64

struct wishes {
	struct option_texts events;
	const char *message, *tenant;
	uint64_t limit;
	bool follow, json;
	char from[CURSOR_MAX]; /* moves on */
};

/* For people: time, event, message, whose it is about, what was said. */
static void print_words(struct slice line)
{
	struct value *event = value_parse(line);
	struct buffer text = {0};

	report_event(event, &text);
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	value_release(&event);
}

/* The line itself, with the cursor in front of its fields. */
static void print_json(struct slice cursor, struct slice line)
{
	printf("{\"cursor\":\"%.*s\",", SLICE_PRINT(cursor));
	output_text(slice_from(line, 1), stdout);
	printf("\n");
}

static struct value *question_of(
	const struct command *command, const struct wishes *wishes)
{
	struct value *question = client_question(command->name);

	if (wishes->events.count) {
		struct value *kinds = value_list();

		for (size_t i = 0; i < wishes->events.count; i++)
			value_append_text(kinds, slice_of(wishes->events.at[i]));
		value_set(question, "kinds", kinds);
	}
	if (wishes->message)
		value_set_text(question, "message", slice_of(wishes->message));
	if (wishes->tenant)
		value_set_text(question, "tenant", slice_of(wishes->tenant));
	value_set_text(question, "cursor", slice_of(wishes->from));
	value_set_number(question, "limit", (int64_t)wishes->limit);
	value_set_number(question, "wait_ms", wishes->follow ? WAIT_MS : 0);
	return question;
}

static void print_line(const struct value *item, bool json)
{
	struct slice line = value_get_text(item, "line");

	if (json)
		print_json(value_get_text(item, "cursor"), line);
	else
		print_words(line);
}

/* One answer. False with a failure. */
static bool hear(struct client *client, struct wishes *wishes, bool *any_r)
{
	struct value *line;
	bool last = false;

	*any_r = false;
	while ((line = client_hear(client, &last)) && !last) {
		print_line(line, wishes->json);
		*any_r = true;
		value_release(&line);
	}
	fflush(stdout);
	if (!line)
		return false;
	if (value_get_truth(line, "missed"))
		fprintf(stderr,
			"ringpost: what came right behind %s is no longer there\n",
			wishes->from);
	slice_to_text(value_get_text(line, "next"), wishes->from, sizeof(wishes->from));
	value_release(&line);
	return true;
}

static int ask(const struct command *command, const struct arguments *arguments,
	struct wishes *wishes)
{
	struct client *client = client_open_for(arguments);
	bool good = client != NULL, any;

	do {
		struct value *question = question_of(command, wishes);

		good = good && client_ask(client, &question) &&
		       hear(client, wishes, &any);
		value_release(&question);
	} while (good && wishes->follow && !ferror(stdout));
	client_close(&client);
	return good ? EXIT_GOOD : command_fail();
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {.limit = LIMIT_DEFAULT};
	const char *from = NULL;
	const struct option options[] = {
		{"from", OPTION_TEXT, &from, NULL},
		{"follow", OPTION_FLAG, &wishes.follow, NULL},
		{"event", OPTION_TEXTS, &wishes.events, NULL},
		{"message", OPTION_TEXT, &wishes.message, NULL},
		{"tenant", OPTION_TEXT, &wishes.tenant, NULL},
		{"limit", OPTION_NUMBER, &wishes.limit, NULL},
		{"json", OPTION_FLAG, &wishes.json, NULL},
	};

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	if (!from && wishes.follow)
		from = "end";
	if (!slice_to_text(slice_of(from), wishes.from, sizeof(wishes.from)))
		return command_refuse(command, "\"%s\" is no cursor", from);
	return ask(command, arguments, &wishes);
}

const struct command command_events = {
	.name = "events",
	.summary = "Print what happens to messages, as applications are told",
	.usage =
		"[--follow] [--from CURSOR] [--event NAME …] [--message ID]\n"
		"       [--tenant NAME] [--limit N] [--json] [-c FILE] "
		"[--socket PATH]\n\n"
		"Reads the stream (events.stream), from its beginning, or from behind\n"
		"CURSOR on, which --json prints with each event; 1,000 events unless\n"
		"--limit says otherwise, 0: all. --follow goes on with what comes, "
		"and\n"
		"begins with that unless --from says where.\n",
	.run = run,
};
