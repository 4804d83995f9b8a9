/* Prints what the server lists; see listing.h. */
#include "command/listing.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"

/* MEMBER, TABLE: of lines, unless they are printed as JSON; or NULL. */
struct hearing {
	const struct listing *listing;
	struct table *table;
	const char *member;
	bool json;
	struct buffer text;
};

static void take(void *context, const struct value *line)
{
	struct hearing *hearing = context;

	if (hearing->json) {
		value_print(line, &hearing->text);
		buffer_append_byte(&hearing->text, '\n');
	} else if (hearing->table) {
		hearing->listing->add_row(hearing->table, line, clock_wall_ms());
	} else if (hearing->member && value_has(line, hearing->member)) {
		struct slice text = value_get_text(line, hearing->member);

		buffer_append(&hearing->text, text);
		if (!slice_ends(text, SLICE("\n")))
			buffer_append_byte(&hearing->text, '\n');
	}
}

/* The status. */
static int ask(const struct arguments *arguments, struct value *question,
	struct hearing *hearing)
{
	struct value *line = client_ask_each(arguments, question, take, hearing);
	struct buffer *text = &hearing->text;
	bool good = line != NULL;

	value_release(&line);
	if (good && hearing->table && !hearing->json) {
		if (hearing->table->count == hearing->table->columns)
			buffer_append(text, SLICE("None.\n"));
		else
			table_print(hearing->table, words_terminal_width(), text);
	}
	/* What was made is told, even where the end is missing. */
	if ((good || hearing->member) && buffer_size(text))
		output_text(buffer_contents(text), stdout);
	if (hearing->member && text->bytes)
		memory_wipe(text->bytes, text->capacity);
	buffer_finish(text);
	return good ? EXIT_GOOD : command_fail();
}

int listing_ask(const struct arguments *arguments, struct value *question, bool json,
	const struct listing *listing)
{
	struct table table = {.columns = listing->columns};
	struct hearing hearing = {.listing = listing, .table = &table, .json = json};
	int status;

	for (size_t i = 0; i < listing->columns; i++) {
		table.right[i] = !listing->words && i + 1 < listing->columns;
		table_add_text(&table, listing->heads[i]);
	}
	status = ask(arguments, question, &hearing);
	table_finish(&table);
	return status;
}

int listing_ask_text(const struct arguments *arguments, struct value *question,
	bool json, const char *member)
{
	struct hearing hearing = {.member = member, .json = json};

	return ask(arguments, question, &hearing);
}

int listing_ask_done(const struct arguments *arguments, struct value *question,
	bool json, const char *format, ...)
{
	struct value *line = client_ask_all(arguments, question, NULL);
	struct buffer text = {0};
	va_list list;
	int status;

	va_start(list, format);
	buffer_append_va(&text, format, list);
	va_end(list);
	status = command_tell(&line, json, "%.*s", SLICE_PRINT(buffer_contents(&text)));
	buffer_finish(&text);
	return status;
}

int listing_run(const struct command *command, struct arguments *arguments,
	const struct listing *listing)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	return listing_ask(arguments, client_question(command->name), json, listing);
}
