/* `ringpost message list`, `show`, `events`: messages as their senders see them. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/moment.h"
#include "report/report.h"
#include "report/words.h"

#define LIMIT_DEFAULT 100
#define PAGE	      1000
#define CURSOR_MAX    64

static void flush(struct buffer *text)
{
	output_text(buffer_contents(text), stdout);
	buffer_finish(text);
}

static void print_line(const struct value *line)
{
	struct buffer text = {0};

	value_print(line, &text);
	buffer_append_byte(&text, '\n');
	flush(&text);
}

static void set_if(struct value *question, const char *name, const char *text)
{
	if (text)
		value_set_text(question, name, slice_of(text));
}

/* --- list --- */

struct listing {
	const char *domain, *recipient, *sender, *state, *tenant, *stream, *tag;
	int64_t since_ms, until_ms; /* 0: none */
	uint64_t limit;		    /* that are left */
	bool json;
	char cursor[CURSOR_MAX];
};

static struct value *question_of(const struct listing *listing)
{
	struct value *question = client_question("message list");

	set_if(question, "domain", listing->domain);
	set_if(question, "recipient", listing->recipient);
	set_if(question, "sender", listing->sender);
	set_if(question, "state", listing->state);
	set_if(question, "tenant", listing->tenant);
	set_if(question, "stream", listing->stream);
	set_if(question, "tag", listing->tag);
	if (listing->since_ms)
		value_set_number(question, "since", listing->since_ms / 1000);
	if (listing->until_ms)
		value_set_number(question, "until", listing->until_ms / 1000);
	set_if(question, "cursor", listing->cursor[0] ? listing->cursor : NULL);
	value_set_number(question, "limit",
		listing->limit && listing->limit < PAGE ? (int64_t)listing->limit
							: PAGE);
	return question;
}

/* A page, printed; false with a failure. The cursor moves on; "": it was the last. */
static bool print_page(struct client *client, struct listing *listing, bool *any)
{
	struct value *question = question_of(listing), *list = value_list();
	struct value *answer = client_ask(client, &question)
				       ? client_hear_all(client, list)
				       : NULL;
	struct buffer text = {0};
	bool good = answer != NULL;

	for (size_t i = 0; good && listing->json && i < value_count(list); i++)
		print_line(value_at(list, i));
	if (good && !listing->json && value_count(list)) {
		report_messages(list, clock_wall_ms(), words_terminal_width(), &text);
		flush(&text);
	}
	*any |= value_count(list) > 0;
	if (listing->limit)
		listing->limit -= value_count(list) < listing->limit ? value_count(list)
								     : listing->limit;
	slice_to_text(value_get_text(answer, "next"), listing->cursor, CURSOR_MAX);
	value_release(&question);
	value_release(&list);
	value_release(&answer);
	return good;
}

static int list(const struct arguments *arguments, struct listing *listing)
{
	struct client *client = client_open_for(arguments);
	bool all = listing->limit == 0, good = client != NULL, any = false;

	do
		good = good && print_page(client, listing, &any);
	while (good && listing->cursor[0] && (all || listing->limit));
	client_close(&client);
	if (!good)
		return command_fail();
	if (listing->json)
		return EXIT_GOOD;
	if (!any)
		printf("Nothing.\n");
	if (listing->cursor[0])
		printf("There is more: --cursor %s goes on, --limit 0 shows all.\n",
			listing->cursor);
	return EXIT_GOOD;
}

static int run_list(const struct command *command, struct arguments *arguments)
{
	struct listing listing = {.limit = LIMIT_DEFAULT};
	const char *since = NULL, *until = NULL, *cursor = NULL;
	const struct option options[] = {
		{"domain", OPTION_TEXT, &listing.domain, NULL},
		{"recipient", OPTION_TEXT, &listing.recipient, NULL},
		{"sender", OPTION_TEXT, &listing.sender, NULL},
		{"state", OPTION_TEXT, &listing.state, NULL},
		{"tenant", OPTION_TEXT, &listing.tenant, NULL},
		{"stream", OPTION_TEXT, &listing.stream, NULL},
		{"tag", OPTION_TEXT, &listing.tag, NULL},
		{"since", OPTION_TEXT, &since, NULL},
		{"until", OPTION_TEXT, &until, NULL},
		{"limit", OPTION_NUMBER, &listing.limit, NULL},
		{"cursor", OPTION_TEXT, &cursor, NULL},
		{"json", OPTION_FLAG, &listing.json, NULL},
	};

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)) ||
		!moment_read_past("--since", since, &listing.since_ms) ||
		!moment_read_past("--until", until, &listing.until_ms))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	if (cursor && !slice_to_text(slice_of(cursor), listing.cursor, CURSOR_MAX))
		return command_refuse(command, "\"%s\" is no cursor", cursor);
	return list(arguments, &listing);
}

/* --- show, events --- */

/* The question COMMAND about the one ID that the words are; NULL: they are others. */
static struct value *question_about(const struct command *command,
	struct arguments *arguments, const char **tenant, bool *json)
{
	const struct option options[] = {
		{"json", OPTION_FLAG, json, NULL},
		{"tenant", OPTION_TEXT, tenant, NULL},
	};
	struct value *question;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options))) {
		command_refuse(command, "%s", failure_last()->text);
		return NULL;
	}
	if (arguments->count != 1) {
		command_refuse(command, "it takes one ID");
		return NULL;
	}
	question = client_question(command->name);
	value_set_text(question, "id", slice_of(arguments->words[0]));
	set_if(question, "tenant", *tenant);
	return question;
}

static int run_show(const struct command *command, struct arguments *arguments)
{
	const char *tenant = NULL;
	bool json = false;
	struct value *question = question_about(command, arguments, &tenant, &json);
	struct buffer text = {0};
	struct value *answer;

	if (!question)
		return EXIT_USAGE;
	answer = client_ask_all(arguments, question, NULL);
	if (!answer)
		return command_fail();
	if (json)
		print_line(answer);
	else
		report_message(answer, clock_wall_ms(), words_terminal_width(), &text);
	flush(&text);
	value_release(&answer);
	return EXIT_GOOD;
}

static void print_events(const struct value *list, bool json)
{
	struct buffer text = {0};

	for (size_t i = 0; i < value_count(list); i++) {
		if (json)
			print_line(value_at(list, i));
		else
			report_event(value_at(list, i), &text);
	}
	flush(&text);
}

static void print_searched(const struct value *searched)
{
	struct buffer text = {0};

	buffer_append(&text, SLICE("ringpost: what happened before is not known\n"));
	report_searched(searched, &text);
	output_text(buffer_contents(&text), stderr);
	buffer_finish(&text);
}

static int run_events(const struct command *command, struct arguments *arguments)
{
	const char *tenant = NULL;
	bool json = false, more = true, whole = true;
	struct value *first = question_about(command, arguments, &tenant, &json);
	struct client *client = first ? client_open_for(arguments) : NULL;
	struct value *searched = NULL; /* before the first of them */
	bool good = client != NULL;

	if (!first)
		return EXIT_USAGE;
	while (good && more) {
		struct value *question = value_copy(first), *list = value_list();
		struct value *answer = client_ask(client, &question)
					       ? client_hear_all(client, list)
					       : NULL;

		good = answer != NULL;
		print_events(list, json);
		more = value_get_truth(answer, "more");
		whole &= value_get_truth(answer, "whole");
		if (!searched)
			searched = value_copy(value_get(answer, "searched"));
		value_set_text(first, "cursor", value_get_text(answer, "next"));
		value_release(&question);
		value_release(&list);
		value_release(&answer);
	}
	value_release(&first);
	client_close(&client);
	if (!good) {
		value_release(&searched);
		return command_fail();
	}
	if (!whole)
		print_searched(searched);
	value_release(&searched);
	return EXIT_GOOD;
}

const struct command command_message_list = {
	.name = "message list",
	.summary = "List messages in the queue, each with all its recipients",
	.usage =
		"[--domain D] [--recipient R] [--sender S]\n"
		"       [--state S] [--tenant T] [--stream S] [--tag T] [--since "
		"TIME]\n"
		"       [--until TIME] [--limit N] [--cursor C] [--json]\n\n"
		"Those with something left to deliver: to domain D, to the address R "
		"(or\n"
		"@domain), from S (or @domain), in the state ready, taken, deferred "
		"or\n"
		"held, of a tenant, a stream, with a tag, received since and until a "
		"time\n"
		"(2026-11-22T08:00, with Z behind it for UTC, or so long ago: 2h); "
		"100, "
		"or\n"
		"N, 0: all. --cursor goes on where an earlier list ended. With "
		"--json,\n"
		"each is a line of JSON. ringpost queue list has each destination in a "
		"line.\n",
	.run = run_list,
};

const struct command command_message_show = {
	.name = "message show",
	.summary = "Say where each recipient of a message stands",
	.usage = "ID [--tenant T] [--json]\n\n"
		 "Those it waits for as the queue has them; those it is done with as "
		 "far "
		 "as\n"
		 "events of applications (events.stream, events.file) or else the log "
		 "are\n"
		 "kept, which it says. ringpost why ID tells it in sentences.\n",
	.run = run_show,
};

const struct command command_message_events = {
	.name = "message events",
	.summary = "Print what happened to a message, in order",
	.usage =
		"ID [--tenant T] [--json]\n\n"
		"From the stream of events, else the file of events and the full ones\n"
		"beside it, else the log.\n",
	.run = run_events,
};
