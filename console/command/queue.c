/* `ringpost queue count`, `queue list`, `queue show`: what is in the queue. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"
#include "command/message_print.h"
#include "report/report.h"
#include "report/words.h"

#define LIMIT_DEFAULT 100

static void flush(struct buffer *text)
{
	output_text(buffer_contents(text), stdout);
	buffer_finish(text);
}

static void print_each(void *context, const struct value *line)
{
	(void)context;
	command_print_json(line);
}

static void set_if(struct value *question, const char *name, const char *text)
{
	if (text)
		value_set_text(question, name, slice_of(text));
}

/* --- count --- */

static void print_counts(const struct value *answer)
{
	const struct value *states = value_get(answer, "states");
	const struct value *domains = value_get(answer, "domains");
	struct table table = {.columns = 3, .right = {true}};
	char text[WORDS_SIZE];
	struct buffer out = {0};

	buffer_append_format(&out, "%lld ready, %lld taken, %lld deferred, %lld held\n",
		(long long)value_get_number(states, "ready"),
		(long long)value_get_number(states, "taken"),
		(long long)value_get_number(states, "deferred"),
		(long long)value_get_number(states, "held"));
	for (size_t i = 0; i < value_count(domains); i++) {
		const struct value *domain = value_at(domains, i);
		int64_t due = value_get_number(domain, "next_due_ms");

		table_add_text(&table,
			words_number(
				(uint64_t)value_get_number(domain, "count"), text));
		table_add(&table, value_get_text(domain, "domain"));
		table_add_text(
			&table, due ? words_when(due, clock_wall_ms(), text) : "");
	}
	if (table.count)
		table_print(&table, words_terminal_width(), &out);
	flush(&out);
	table_finish(&table);
}

static int run_count(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct value *answer;

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	answer = client_ask_all(arguments, client_question("queue count"), NULL);
	if (!answer)
		return command_fail();
	(json ? command_print_json : print_counts)(answer);
	value_release(&answer);
	return EXIT_GOOD;
}

/* --- list --- */

static void print_list(const struct value *list, const struct value *answer)
{
	struct buffer text = {0};

	if (!value_count(list)) {
		printf("Nothing.\n");
		return;
	}
	report_entries(list, clock_wall_ms(), words_terminal_width(), &text);
	flush(&text);
	if (value_get_truth(answer, "more"))
		printf("There is more: --limit N shows it, ringpost queue count counts "
		       "it.\n");
}

static int run_list(const struct command *command, struct arguments *arguments)
{
	const char *domain = NULL, *sender = NULL, *state = NULL, *tenant = NULL,
		   *stream = NULL, *tag = NULL;
	uint64_t limit = LIMIT_DEFAULT;
	bool json = false;
	const struct option options[] = {
		{"domain", OPTION_TEXT, &domain, NULL},
		{"sender", OPTION_TEXT, &sender, NULL},
		{"state", OPTION_TEXT, &state, NULL},
		{"tenant", OPTION_TEXT, &tenant, NULL},
		{"stream", OPTION_TEXT, &stream, NULL},
		{"tag", OPTION_TEXT, &tag, NULL},
		{"limit", OPTION_NUMBER, &limit, NULL},
		{"json", OPTION_FLAG, &json, NULL},
	};
	struct value *question, *list, *answer = NULL;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	question = client_question("queue list");
	set_if(question, "domain", domain);
	set_if(question, "sender", sender);
	set_if(question, "state", state);
	set_if(question, "tenant", tenant);
	set_if(question, "stream", stream);
	set_if(question, "tag", tag);
	value_set_number(question, "limit", (int64_t)limit);
	list = value_list();
	answer = json ? client_ask_each(arguments, question, print_each, NULL)
		      : client_ask_all(arguments, question, list);
	if (answer && !json)
		print_list(list, answer);
	value_release(&list);
	if (!answer)
		return command_fail();
	value_release(&answer);
	return EXIT_GOOD;
}

/* --- show --- */

static void print_entries(const struct value *list, const struct value *answer)
{
	struct slice header = value_get_text(answer, "header");
	struct buffer text = {0};

	for (size_t i = 0; i < value_count(list); i++) {
		report_entry(value_at(list, i), clock_wall_ms(), &text);
		buffer_append_byte(&text, '\n');
	}
	if (value_has(answer, "header_trouble"))
		buffer_append_format(&text, "The header cannot be read: %.*s\n",
			SLICE_PRINT(value_get_text(answer, "header_trouble")));
	while (header.at && header.size) {
		struct slice line = slice_trim_all(slice_cut(&header, '\n'));

		buffer_append_byte(&text, '|');
		for (size_t i = 0; i < line.size; i++)
			buffer_append_byte(&text,
				(unsigned char)line.at[i] < ' ' || line.at[i] == 0x7f
					? ' '
					: line.at[i]);
		buffer_append_byte(&text, '\n');
	}
	flush(&text);
}

static int show(struct client *client, const char *id, bool json)
{
	struct value *question = client_question("queue show");
	struct value *list = value_list(), *answer = NULL;
	size_t count;

	value_set_text(question, "id", slice_of(id));
	value_set_truth(question, "header", !json);
	if (client_ask(client, &question))
		answer = client_hear_all(client, list);
	count = value_count(list);
	if (answer && json)
		for (size_t i = 0; i < count; i++) {
			struct buffer text = {0};

			value_print(value_at(list, i), &text);
			buffer_append_byte(&text, '\n');
			flush(&text);
		}
	else if (answer)
		print_entries(list, answer);
	value_release(&question);
	value_release(&list);
	if (!answer)
		return command_fail();
	value_release(&answer);
	if (count)
		return EXIT_GOOD;
	fprintf(stderr,
		"ringpost: %s is not in the queue; ringpost why %s tells what became "
		"of it\n",
		id, id);
	return EXIT_FAILED;
}

static int run_show(const struct command *command, struct arguments *arguments)
{
	bool json = false, body = false;
	const struct option options[] = {
		{"json", OPTION_FLAG, &json, NULL},
		{"body", OPTION_FLAG, &body, NULL},
	};
	struct client *client;
	int status;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one ID");
	client = client_open_for(arguments);
	if (!client)
		return command_fail();
	if (!body)
		status = show(client, arguments->words[0], json);
	else if (message_print(client, arguments->words[0]))
		status = EXIT_GOOD;
	else
		status = command_fail();
	client_close(&client);
	return status;
}

const struct command command_queue_count = {
	.name = "queue count",
	.summary = "Count what is queued, by state and destination",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "The fullest destinations, with when the next attempt is due.\n",
	.run = run_count,
};

const struct command command_queue_list = {
	.name = "queue list",
	.summary = "List what is queued",
	.usage =
		"[--domain D] [--sender S] [--state S]\n"
		"       [--tenant T] [--stream S] [--tag T] [--limit N] [--json]\n\n"
		"Each entry is a message on its way to one destination domain. Listed "
		"are\n"
		"those to domain D, from the address S (or @domain), in the state "
		"ready,\n"
		"taken, deferred or held, of a tenant, a stream or with a tag; 100, or "
		"N, of\n"
		"them. With --json, each is a line of JSON.\n",
	.run = run_list,
};

const struct command command_queue_show = {
	.name = "queue show",
	.summary = "Show all that is known of a queued message",
	.usage = "ID [--body | --json]\n\n"
		 "Envelope, recipients, attempts and the message's header. With --body "
		 "the\n"
		 "whole message as it will be sent, and nothing else.\n",
	.run = run_show,
};
