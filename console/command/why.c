/* `ringpost why`: where a message is, and why it is there still. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"
#include "feedback/verp.h"
#include "queue/message.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/log_search.h"
#include "report/report.h"

#define EVENTS_MAX 10000

/* The lines of the answer to COMMAND about the message: "queue show", its entries;
 * "returns list", what came back. NULL with a failure. */
static struct value *find(
	const struct arguments *arguments, const char *command, const char *id)
{
	struct value *question = client_question(command);
	struct value *list = value_list(), *line;

	value_set_text(question, "id", slice_of(id));
	line = client_ask_all(arguments, question, list);
	if (!line)
		value_release(&list);
	value_release(&line);
	return list;
}

/* What the event log of the configuration says about it; false: nothing. */
static bool print_log(
	const struct arguments *arguments, struct slice id, struct buffer *text)
{
	struct config *config;
	char *errors = NULL;
	bool found;

	config = config_load(arguments->config, &errors);
	memory_free(errors);
	if (!config)
		return false;
	found = log_search(config->log.file, id, clock_wall_ms(), text);
	config_release(&config);
	return found;
}

/* What applications hear of it, as far as that is kept: also in files that were full
 * long ago. */
struct story {
	struct value *events;
	struct value *answer; /* NULL: nothing is known; the failure says so */
};

/* All of them, page by page. */
static struct story find_events(const struct arguments *arguments, const char *id)
{
	struct story story = {.events = value_list()};
	struct value *question = client_question("message events");
	bool more = true;

	value_set_text(question, "id", slice_of(id));
	while (more && value_count(story.events) < EVENTS_MAX) {
		struct value *answer = client_ask_all(
			arguments, value_copy(question), story.events);

		if (!answer)
			break;
		more = value_get_truth(answer, "more");
		value_set_text(question, "cursor", value_get_text(answer, "next"));
		if (story.answer)
			value_release(&answer);
		else
			story.answer = answer;
	}
	value_release(&question);
	return story;
}

static void print_story(const struct story *story, struct buffer *text)
{
	buffer_append(text, SLICE("Its events say:\n"));
	for (size_t i = 0; i < value_count(story->events); i++) {
		buffer_append(text, SLICE("  "));
		report_event(value_at(story->events, i), text);
	}
	if (!value_get_truth(story->answer, "whole"))
		report_searched(value_get(story->answer, "searched"), text);
}

/* What became known later, from other systems. */
static void print_returned(struct value *returned, struct buffer *text)
{
	struct buffer line = {0};

	if (!value_count(returned))
		return;
	buffer_append(text, SLICE("\nWhat came back about it:\n"));
	for (size_t i = 0; i < value_count(returned); i++) {
		buffer_clear(&line);
		value_print(value_at(returned, i), &line);
		log_line_print(buffer_contents(&line), clock_wall_ms(), text);
	}
	buffer_finish(&line);
}

/* What the log knows, or else what applications hear; or why neither is known. */
static void print_past(const struct arguments *arguments, const struct message_id *id,
	bool is_queued, struct buffer *text)
{
	struct buffer log = {0};
	struct story story = {.answer = NULL};

	if (print_log(arguments, message_id_slice(id), &log)) {
		buffer_append_format(text, "%sThe log says:\n", is_queued ? "\n" : "");
		buffer_append(text, buffer_contents(&log));
	} else {
		buffer_append_format(&log, "%s.\n", failure_last()->text);
		story = find_events(arguments, id->text);
	}
	if (story.answer) {
		buffer_append(text, is_queued ? SLICE("\n") : SLICE_EMPTY);
		print_story(&story, text);
	} else if (story.events && !is_queued) {
		buffer_append(text, buffer_contents(&log));
		buffer_append_format(text, "%s.\n", failure_last()->text);
	}
	value_release(&story.events);
	value_release(&story.answer);
	buffer_finish(&log);
}

static void print_all(struct value *list, const struct arguments *arguments,
	const struct message_id *id, struct buffer *text)
{
	bool is_queued = value_count(list) > 0;

	for (size_t i = 0; i < value_count(list); i++) {
		if (i)
			buffer_append_byte(text, '\n');
		report_why(value_at(list, i), clock_wall_ms(), text);
	}
	if (!is_queued)
		buffer_append_format(text, "%s is not in the queue.\n", id->text);
	print_past(arguments, id, is_queued, text);
}

static void print_json(struct value *list, struct buffer *text)
{
	for (size_t i = 0; i < value_count(list); i++) {
		value_print(value_at(list, i), text);
		buffer_append_byte(text, '\n');
	}
}

/* WORD is an entry's key, or an address that bounces came to. The key is written
 * into TEXT, if it is another. */
static const char *read_word(
	const char *word, struct message_id *id_r, char text[MESSAGE_ID_SIZE + 1])
{
	struct slice rest = slice_of(word);
	unsigned index;

	if (entry_key_parse(rest, id_r, &index))
		return word;
	if (!verp_id(slice_cut(&rest, '@'), id_r))
		return NULL;
	memcpy(text, id_r->text, MESSAGE_ID_SIZE + 1);
	return text;
}

static int run(const struct command *command, struct arguments *arguments)
{
	bool json = false, found;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct buffer text = {0};
	struct message_id id;
	struct value *list, *returned;
	struct story story = {.answer = NULL};
	char key[MESSAGE_ID_SIZE + 1];
	const char *word;

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one ID");
	word = read_word(arguments->words[0], &id, key);
	if (!word)
		return command_refuse(command,
			"\"%s\" is no ID: that is %d letters and digits, as in "
			"\"queued as …\"",
			arguments->words[0], MESSAGE_ID_SIZE);
	list = find(arguments, "queue show", word);
	if (!list)
		return command_fail();
	/* Without Redis there may be much to say all the same. */
	returned = find(arguments, "returns list", id.text);
	if (json && !value_count(list))
		story = find_events(arguments, id.text);
	found = value_count(list) > 0 || value_count(story.events) > 0 ||
		value_count(returned) > 0;
	if (json) {
		print_json(list, &text);
		print_json(story.events, &text);
		print_json(returned, &text);
	} else {
		print_all(list, arguments, &id, &text);
		print_returned(returned, &text);
	}
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	value_release(&list);
	value_release(&story.events);
	value_release(&story.answer);
	value_release(&returned);
	return found || !json ? EXIT_GOOD : EXIT_FAILED;
}

const struct command command_why = {
	.name = "why",
	.summary = "Say where a message is, and what it waits for",
	.usage = "ID [--json] [-c FILE] [--socket PATH]\n\n"
		 "ID is what the sender heard: 250 2.0.0 Ok: queued as ID; or the "
		 "address\n"
		 "a bounce came to, rp-…@…, which says the message. For each of the\n"
		 "message's destinations: its state, what it waits for, what every "
		 "attempt\n"
		 "answered, when the next one comes and when it expires. What the log "
		 "file\n"
		 "knows about it follows, or else its events for applications, as far "
		 "as they\n"
		 "are kept; and what came back about it in the last two weeks (late "
		 "bounces,\n"
		 "complaints): that is all there is once it has left the queue.\n",
	.run = run,
};
