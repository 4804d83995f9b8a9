/* `ringpost user list`: which accounts there are. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/words.h"

static void add_limit(struct buffer *cell, const struct value *account,
	const char *name, const char *what)
{
	int64_t limit = value_get_number(account, name);

	if (limit)
		buffer_append_format(cell, "%s%lld %s", buffer_size(cell) ? ", " : "",
			(long long)limit, what);
}

static void add_quota(struct buffer *cell, int64_t bytes)
{
	char text[WORDS_SIZE];

	if (bytes)
		buffer_append_format(cell, "%s%s kept", buffer_size(cell) ? ", " : "",
			words_size((uint64_t)bytes, text));
}

static void add_texts(struct buffer *cell, const struct value *texts)
{
	for (size_t i = 0; i < value_count(texts); i++)
		buffer_append_format(cell, "%s%.*s", buffer_size(cell) ? " " : "",
			SLICE_PRINT(value_text(value_at(texts, i))));
}

static void add_row(struct table *table, const struct value *account)
{
	const struct value *senders = value_get(account, "senders");
	struct buffer cell = {0};
	char text[WORDS_SIZE];

	table_add(table, value_get_text(account, "name"));
	table_add_text(table, words_time(value_get_number(account, "changed_ms"),
				      clock_wall_ms(), text));
	add_texts(&cell, senders);
	if (!value_count(senders))
		buffer_append(&cell, SLICE("(its own name)"));
	table_add(table, buffer_contents(&cell));
	buffer_clear(&cell);
	add_texts(&cell, value_get(account, "addresses"));
	table_add(table, buffer_contents(&cell));
	buffer_clear(&cell);
	if (value_get_truth(account, "disabled"))
		buffer_append(&cell, SLICE("DISABLED"));
	if (value_get_text(account, "tenant").size)
		buffer_append_format(&cell, "%stenant %.*s",
			buffer_size(&cell) ? ", " : "",
			SLICE_PRINT(value_get_text(account, "tenant")));
	add_limit(&cell, account, "messages_per_hour", "messages/h");
	add_limit(&cell, account, "recipients", "recipients");
	add_limit(&cell, account, "sessions", "sessions");
	add_limit(&cell, account, "quota_messages", "messages kept");
	add_quota(&cell, value_get_number(account, "quota_bytes"));
	if (value_get_truth(account, "cram_md5"))
		buffer_append_format(
			&cell, "%sCRAM-MD5", buffer_size(&cell) ? ", " : "");
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
}

static bool hear(struct client *client, bool json, struct table *table)
{
	struct buffer text = {0};
	struct value *line;
	bool last = false, good;

	while ((line = client_hear(client, &last)) && !last) {
		if (json) {
			value_print(line, &text);
			buffer_append_byte(&text, '\n');
		} else {
			add_row(table, line);
		}
		value_release(&line);
	}
	good = line != NULL;
	if (good && !json)
		table_print(table, words_terminal_width(), &text);
	fwrite(text.bytes + text.start, 1, buffer_size(&text), stdout);
	buffer_finish(&text);
	value_release(&line);
	return good;
}

static int run(const struct command *command, struct arguments *arguments)
{
	bool json = false, good;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct table table = {.columns = 5};
	struct value *question;
	struct client *client;

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	table_add_text(&table, "NAME");
	table_add_text(&table, "CHANGED");
	table_add_text(&table, "MAY SEND AS");
	table_add_text(&table, "MAIL FOR");
	table_add_text(&table, "LIMITS");
	client = client_open_for(arguments);
	question = client_question("user list");
	good = client && client_ask(client, &question) && hear(client, json, &table);
	value_release(&question);
	client_close(&client);
	table_finish(&table);
	return good ? EXIT_GOOD : command_fail();
}

const struct command command_user_list = {
	.name = "user list",
	.summary = "List the accounts",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "With the addresses each may send as, those whose mail is its own, "
		 "and limits\n"
		 "of its own.\n",
	.run = run,
};
