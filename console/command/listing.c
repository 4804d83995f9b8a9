/* Prints what the server lists; see listing.h. */
#include "command/listing.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"

#include "client/client.h"

static bool hear(struct client *client, bool json, struct table *table,
	const struct listing *listing)
{
	struct buffer text = {0};
	struct value *line;
	bool last = false;

	while ((line = client_hear(client, &last)) && !last) {
		if (json) {
			value_print(line, &text);
			buffer_append_byte(&text, '\n');
		} else {
			listing->add_row(table, line, clock_wall_ms());
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

int listing_run(const struct command *command, struct arguments *arguments,
	const struct listing *listing)
{
	bool json = false, good;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct table table = {.columns = listing->columns};
	struct value *question;
	struct client *client;

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	for (size_t i = 0; i < listing->columns; i++) {
		table.right[i] = i + 1 < listing->columns;
		table_add_text(&table, listing->heads[i]);
	}
	client = client_open_for(arguments);
	question = client_question(command->name);
	good = client && client_ask(client, &question) &&
	       hear(client, json, &table, listing);
	value_release(&question);
	client_close(&client);
	table_finish(&table);
	return good ? EXIT_GOOD : command_fail();
}
