/* `ringpost sources`: where mail leaves from, and how it goes with each. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"

#include "console/client.h"
#include "console/commands.h"
#include "console/words.h"

static void say_place(struct buffer *cell, const struct value *source)
{
	static const char *const names[] = {"address", "address6", "proxy"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		struct slice text = value_get_text(source, names[i]);

		if (text.size)
			buffer_append_format(cell, "%s%.*s", i == 2 ? " by " : " ",
				SLICE_PRINT(text));
	}
}

static void say_pools(struct buffer *cell, const struct value *pools)
{
	for (size_t i = 0; i < value_count(pools); i++)
		buffer_append_format(cell, "%s%.*s", i ? ", " : ", of ",
			SLICE_PRINT(value_text(value_at(pools, i))));
}

static void say_warmup(struct buffer *cell, const struct value *warmup, int64_t now_ms)
{
	struct slice provider = value_get_text(warmup, "provider");
	int64_t until = value_get_number(warmup, "shut_until_ms");
	char text[WORDS_SIZE];

	buffer_append_format(cell, "; warm-up");
	if (provider.size)
		buffer_append_format(cell, " toward %.*s", SLICE_PRINT(provider));
	if (value_get_truth(warmup, "over"))
		buffer_append_format(cell, " over");
	else if (value_get_number(warmup, "day") == 0)
		buffer_append_format(cell, " not begun");
	else
		buffer_append_format(cell, " day %lld of %lld, %lld of %lld sent",
			(long long)value_get_number(warmup, "day"),
			(long long)value_get_number(warmup, "days"),
			(long long)value_get_number(warmup, "sent"),
			(long long)value_get_number(warmup, "allowed"));
	if (until > now_ms)
		buffer_append_format(
			cell, ", more %s", words_when(until, now_ms, text));
}

static void add_row(struct table *table, const struct value *source, int64_t now_ms)
{
	static const char *const columns[] = {
		"connections", "waiting", "delivered", "deferred"};
	const struct value *warmups = value_get(source, "warmup");
	struct slice trouble = value_get_text(source, "trouble");
	struct buffer cell = {0};
	char text[WORDS_SIZE];

	for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
		table_add_text(table,
			words_number(
				(uint64_t)value_get_number(source, columns[i]), text));
	buffer_append(&cell, value_get_text(source, "source"));
	say_place(&cell, source);
	say_pools(&cell, value_get(source, "pools"));
	if (trouble.size)
		buffer_append_format(&cell, "; out: %.*s", SLICE_PRINT(trouble));
	for (size_t i = 0; i < value_count(warmups); i++)
		say_warmup(&cell, value_at(warmups, i), now_ms);
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
}

static bool hear(struct client *client, bool json, struct table *table)
{
	struct buffer text = {0};
	struct value *line;
	bool last = false;

	while ((line = client_hear(client, &last)) && !last) {
		if (json) {
			value_print(line, &text);
			buffer_append_byte(&text, '\n');
		} else {
			add_row(table, line, clock_wall_ms());
		}
		value_release(&line);
	}
	if (line && !json && table->count)
		table_print(table, words_terminal_width(), &text);
	if (line)
		fwrite(text.bytes + text.start, 1, buffer_size(&text), stdout);
	buffer_finish(&text);
	last = line != NULL;
	value_release(&line);
	return last;
}

static int run(const struct command *command, struct arguments *arguments)
{
	static const char *const heads[] = {
		"CONN", "WAITING", "DELIVERED", "DEFERRED", "SOURCE"};
	bool json = false, good;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct table table = {
		.columns = ARRAY_COUNT(heads), .right = {true, true, true, true}};
	struct value *question;
	struct client *client;

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	for (size_t i = 0; i < ARRAY_COUNT(heads); i++)
		table_add_text(&table, heads[i]);
	client = client_open_for(arguments);
	question = client_question("sources");
	good = client && client_ask(client, &question) && hear(client, json, &table);
	value_release(&question);
	client_close(&client);
	table_finish(&table);
	return good ? EXIT_GOOD : command_fail();
}

const struct command command_sources = {
	.name = "sources",
	.summary = "Say how it goes with each address mail leaves from",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "Of each source: connections, entries waiting, deliveries since the\n"
		 "start, its address, its pools, why it is out, if it is, and how far\n"
		 "its warm-up has come: \"sent\" counts all nodes.\n",
	.run = run,
};
