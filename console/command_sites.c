/* `ringpost sites`: destinations, and how it goes with each. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"

#include "console/client.h"
#include "console/commands.h"
#include "console/words.h"

static void add_row(struct table *table, const struct value *site, int64_t now_ms)
{
	static const char *const columns[] = {
		"connections", "idle", "ahead", "waiting", "delivered", "deferred"};
	int64_t until = value_get_number(site, "backoff_until_ms");
	struct slice trouble = value_get_text(site, "trouble");
	struct slice limit = value_get_text(site, "limit");
	struct buffer cell = {0};
	char text[WORDS_SIZE];

	for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
		table_add_text(table,
			words_number(
				(uint64_t)value_get_number(site, columns[i]), text));
	buffer_append(&cell, value_get_text(site, "site"));
	if (value_get_text(site, "source").size)
		buffer_append_format(&cell, " from %.*s",
			SLICE_PRINT(value_get_text(site, "source")));
	if (until > now_ms)
		buffer_append_format(&cell, ", left alone, next %s",
			words_when(until, now_ms, text));
	if (limit.size)
		buffer_append_format(&cell, ", waits for %.*s", SLICE_PRINT(limit));
	if (trouble.size)
		buffer_append_format(&cell, ": %.*s", SLICE_PRINT(trouble));
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
		"CONN", "IDLE", "AHEAD", "WAITING", "DELIVERED", "DEFERRED", "SITE"};
	bool json = false, good;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct table table = {.columns = ARRAY_COUNT(heads),
		.right = {true, true, true, true, true, true}};
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
	question = client_question("sites");
	good = client && client_ask(client, &question) && hear(client, json, &table);
	value_release(&question);
	client_close(&client);
	table_finish(&table);
	return good ? EXIT_GOOD : command_fail();
}

const struct command command_sites = {
	.name = "sites",
	.summary = "Say how it goes with each destination",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "A site is a set of mail servers, for whichever domains. Shown are "
		 "those\n"
		 "the server has to do with now: connections, how many\n"
		 "messages may be in flight over each, entries waiting and for which "
		 "limit,\n"
		 "and what the last trouble was.\n",
	.run = run,
};
