/* `ringpost user show`, `ringpost key show`: all of one account or API key. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/words.h"

#define NAME_SIZE 40

static void print_value(struct buffer *cell, const char *name, const struct value *item)
{
	char text[WORDS_SIZE];

	if (value_count(item))
		value_join(item, ", ", cell);
	else if (value_text(item).at)
		buffer_append(cell, value_text(item));
	else if (slice_ends(slice_of(name), SLICE("_ms")))
		buffer_append(cell, slice_of(words_time(value_number(item),
					    clock_wall_ms(), text)));
	else if (value_truth(item))
		buffer_append(cell, SLICE("yes"));
	else if (value_number(item))
		buffer_append_format(cell, "%lld", (long long)value_number(item));
}

/* What is nothing in particular is left out. */
static void add_row(void *context, const char *name, const struct value *item)
{
	struct table *table = context;
	struct buffer cell = {0};
	char label[NAME_SIZE];
	size_t size;

	print_value(&cell, name, item);
	snprintf(label, sizeof(label), "%s", name);
	size = strlen(label);
	if (slice_ends(slice_of(label), SLICE("_ms")))
		label[size - 3] = '\0';
	for (char *c = label; *c; c++)
		if (*c == '_')
			*c = ' ';
	if (buffer_size(&cell)) {
		table_add_text(table, label);
		table_add(table, buffer_contents(&cell));
	}
	buffer_finish(&cell);
}

static void print(void *context, const struct value *line)
{
	bool json = *(const bool *)context;
	struct table table = {.columns = 2};
	struct buffer text = {0};

	if (json) {
		value_print(line, &text);
		buffer_append_byte(&text, '\n');
	} else {
		value_each(line, add_row, &table);
		table_print(&table, words_terminal_width(), &text);
	}
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	table_finish(&table);
}

static int run(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct value *question, *line;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one NAME");
	question = client_question(command->name);
	value_set_text(question, "name", slice_of(arguments->words[0]));
	line = client_ask_each(arguments, question, print, &json);
	if (!line)
		return command_fail();
	value_release(&line);
	return EXIT_GOOD;
}

const struct command command_user_show = {
	.name = "user show",
	.summary = "Show an account",
	.usage = "NAME [--json] [-c FILE] [--socket PATH]\n\n"
		 "What it may do, its addresses and limits; never a password.\n",
	.run = run,
};

const struct command command_key_show = {
	.name = "key show",
	.summary = "Show a key of the HTTP API",
	.usage = "NAME [--json] [-c FILE] [--socket PATH]\n\n"
		 "What may be done with it, but not the key itself: nobody has it.\n",
	.run = run,
};
