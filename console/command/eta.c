/* `ringpost eta`: when what is queued will be out, and what that rests on. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"
#include "queue/message.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/words.h"

#define LABEL "  %-10s "

static unsigned long long number(const struct value *line, const char *name)
{
	return (unsigned long long)value_get_number(line, name);
}

/* "14:06:12, in 2 min"; "-": there is none. */
static void say_moment(
	struct buffer *text, const struct value *line, const char *name, int64_t now_ms)
{
	int64_t at_ms = value_get_number(line, name);
	char when[WORDS_SIZE], how_long[WORDS_SIZE];

	if (!at_ms)
		buffer_append_byte(text, '-');
	else if (at_ms < now_ms + 1000)
		buffer_append(text, SLICE("now"));
	else
		buffer_append_format(text, "%s, %s", words_time(at_ms, now_ms, when),
			words_when(at_ms, now_ms, how_long));
}

static void say_rate(struct buffer *text, const struct value *line)
{
	struct slice basis = value_get_text(line, "basis");
	unsigned long long rate = number(line, "per_minute");

	if (slice_equal(basis, SLICE("measured")))
		buffer_append_format(text, "%llu a minute: %llu went out in %llu s",
			rate, number(line, "sent"),
			(number(line, "sent_in_ms") + 999) / 1000);
	else if (slice_equal(basis, SLICE("learned")))
		buffer_append_format(
			text, "%llu a minute, as its servers taught", rate);
	else
		buffer_append_format(text,
			"%llu a minute, a guess: too little went there of late", rate);
}

/* What stops all of it for a while, if anything does. */
static void say_stop(struct buffer *text, const struct value *line, int64_t now_ms)
{
	static const struct {
		const char *name, *words;
	} ends[] = {
		{"suspended_until_ms", "suspended by operator until "},
		{"shut_until_ms", "its servers are left alone until "},
	};

	for (size_t i = 0; i < ARRAY_COUNT(ends); i++) {
		if (!value_has(line, ends[i].name))
			continue;
		buffer_append_format(text, "%s", ends[i].words);
		say_moment(text, line, ends[i].name, now_ms);
		buffer_append(text, SLICE("; "));
	}
}

static void say_basis(struct buffer *text, const struct value *line, int64_t now_ms)
{
	struct slice limit = value_get_text(line, "limit");

	if (value_get_truth(line, "suspended")) {
		buffer_append(text, SLICE("suspended by operator"));
		return;
	}
	if (value_get_truth(line, "stopped")) {
		buffer_append(text, SLICE("nothing goes through just now"));
		return;
	}
	say_stop(text, line, now_ms);
	if (limit.size)
		buffer_append_format(text, "%.*s", SLICE_PRINT(limit));
	else
		say_rate(text, line);
}

static void add_row(struct table *table, const struct value *line, int64_t now_ms)
{
	static const char *const numbers[] = {"ready", "deferred", "held"};
	struct buffer text = {0};
	char word[WORDS_SIZE];

	table_add(table, value_get_text(line, "domain"));
	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++)
		table_add_text(table, words_number(number(line, numbers[i]), word));
	say_moment(&text, line, "ready_out_ms", now_ms);
	table_add(table, buffer_contents(&text));
	buffer_clear(&text);
	say_moment(&text, line, "all_out_ms", now_ms);
	table_add(table, buffer_contents(&text));
	buffer_clear(&text);
	say_basis(&text, line, now_ms);
	table_add(table, buffer_contents(&text));
	buffer_finish(&text);
}

static void say_label(struct buffer *text, const char *label)
{
	buffer_append_format(text, LABEL, label);
}

/* One domain, with all that is known. */
static void say_domain(struct buffer *text, const struct value *line, int64_t now_ms)
{
	struct slice trouble = value_get_text(line, "trouble");

	buffer_append_format(text, "%.*s: %llu ready, %llu deferred, %llu held\n",
		SLICE_PRINT(value_get_text(line, "domain")), number(line, "ready"),
		number(line, "deferred"), number(line, "held"));
	if (number(line, "ready")) {
		say_label(text, "ready out");
		say_moment(text, line, "ready_out_ms", now_ms);
		buffer_append_byte(text, '\n');
	}
	if (number(line, "ready") + number(line, "deferred")) {
		say_label(text, "all out");
		say_moment(text, line, "all_out_ms", now_ms);
		if (number(line, "deferred")) {
			buffer_append(
				text, SLICE(", if all are taken then; last attempt "));
			say_moment(text, line, "last_attempt_ms", now_ms);
		}
		buffer_append_byte(text, '\n');
	}
	say_label(text, "rests on");
	say_basis(text, line, now_ms);
	if (number(line, "ahead"))
		buffer_append_format(text, "; %llu of others in the same line",
			number(line, "ahead"));
	buffer_append_byte(text, '\n');
	if (trouble.size)
		buffer_append_format(
			text, LABEL "%.*s\n", "trouble", SLICE_PRINT(trouble));
	if (number(line, "held"))
		buffer_append_format(
			text, LABEL "until somebody releases them\n", "held");
}

static void say_totals(struct buffer *text, const struct value *answer, int64_t now_ms)
{
	if (!number(answer, "ready") && !number(answer, "deferred"))
		return;
	buffer_append(text, SLICE("All out: "));
	say_moment(text, answer, "all_out_ms", now_ms);
	if (number(answer, "unknown"))
		buffer_append_format(text, "; of %llu domains there is no telling",
			number(answer, "unknown"));
	buffer_append_byte(text, '\n');
}

static void print(const struct value *list, const struct value *answer)
{
	static const char *const heads[] = {"DOMAIN", "READY", "DEFERRED", "HELD",
		"READY OUT", "ALL OUT", "RESTS ON"};
	struct table table = {
		.columns = ARRAY_COUNT(heads), .right = {false, true, true, true}};
	int64_t now_ms = clock_wall_ms();
	struct buffer text = {0};

	if (value_count(list) == 0)
		buffer_append(&text, SLICE("Nothing is queued.\n"));
	else if (value_count(list) == 1)
		say_domain(&text, value_at(list, 0), now_ms);
	for (size_t i = 0; value_count(list) > 1 && i < ARRAY_COUNT(heads); i++)
		table_add_text(&table, heads[i]);
	for (size_t i = 0; value_count(list) > 1 && i < value_count(list); i++)
		add_row(&table, value_at(list, i), now_ms);
	if (table.count) {
		table_print(&table, words_terminal_width(), &text);
		say_totals(&text, answer, now_ms);
	}
	if (value_get_truth(answer, "more"))
		buffer_append(&text, SLICE("There is more in the queue than was looked "
					   "at: ringpost queue count\n"));
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	table_finish(&table);
}

static int ask(const struct arguments *arguments, struct value *question, bool json)
{
	struct value *list = value_list();
	struct value *line = client_ask_all(arguments, question, list);
	bool good = line != NULL;

	for (size_t i = 0; good && json && i < value_count(list); i++)
		command_print_json(value_at(list, i));
	if (good && !json)
		print(list, line);
	value_release(&line);
	value_release(&list);
	return good ? EXIT_GOOD : command_fail();
}

static int run(const struct command *command, struct arguments *arguments)
{
	static const char *const names[] = {"tenant", "stream", "sender", "tag"};
	const char *values[ARRAY_COUNT(names)] = {NULL};
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL},
		{"tenant", OPTION_TEXT, &values[0], NULL},
		{"stream", OPTION_TEXT, &values[1], NULL},
		{"sender", OPTION_TEXT, &values[2], NULL},
		{"tag", OPTION_TEXT, &values[3], NULL}};
	struct message_id id;
	struct value *question;
	unsigned index;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count > 1)
		return command_refuse(command, "it takes one domain, or one message");
	question = client_question("eta");
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (values[i])
			value_set_text(question, names[i], slice_of(values[i]));
	if (arguments->count) {
		struct slice word = slice_of(arguments->words[0]);

		value_set_text(question,
			entry_key_parse(word, &id, &index) ? "id" : "domain", word);
	}
	return ask(arguments, question, json);
}

const struct command command_eta = {
	.name = "eta",
	.summary = "Say when what is queued will be out",
	.usage = "[DOMAIN|ID] [--tenant T] [--stream S] [--sender A] [--tag T]\n"
		 "       [--json] [-c FILE] [--socket PATH]\n\n"
		 "Of all that is queued, or what is for DOMAIN, of message ID, or of a "
		 "tenant,\nstream, sender (an address or @domain) or tag: when what "
		 "may go now is out,\nand all of it if each message is taken at its "
		 "next attempt. It rests on what\nwent there in the last minute while "
		 "there was a line, on what its servers\ntaught, else on a guess; on "
		 "limits with what was used of them, on the time\nthat servers are "
		 "left alone, and on suspensions. What else will come, it\ncannot "
		 "know. Held mail is not in it, nor what other nodes have.\n",
	.run = run,
};
