/* `ringpost help`: what there is to say about a command, or all of them. */
#include <stdio.h>

#include "base/failure.h"
#include "base/output.h"

#include "command/commands.h"
#include "report/value.h"

static void print_all(struct buffer *text)
{
	buffer_append(text,
		SLICE("Ringpost takes mail from applications and people, keeps it "
		      "safe,\nand gets it delivered.\n\n"));
	commands_print_list(text, NULL);
	buffer_append(
		text, SLICE("\nEvery command takes -c FILE, the configuration (default "
			    "$RINGPOST_CONFIG,\nelse " ARGUMENTS_DEFAULT_CONFIG
			    "); those that ask the running server also\ntake --socket "
			    "PATH, its admin socket.\n\nringpost help COMMAND tells "
			    "more.\n"));
}

/* All of them, for manual pages and whoever else wants to know. */
static void print_json(struct buffer *text)
{
	struct value *list = value_list(), *item;
	const char *heading, *about = "";
	const struct command *command;

	for (size_t at = 0; (command = commands_next(&at, &heading));) {
		struct slice usage = slice_of(command->usage);
		size_t end = slice_find(usage, SLICE("\n\n"));

		if (heading)
			about = heading;
		if (command->internal)
			continue;
		item = value_object();
		value_set_text(item, "about", slice_of(about));
		value_set_text(item, "name", slice_of(command->name));
		value_set_text(item, "summary", slice_of(command->summary));
		value_set_text(item, "synopsis", slice_part(usage, 0, end));
		value_set_text(item, "text", slice_trim_all(slice_from(usage, end)));
		value_append(list, item);
	}
	value_print_indented(list, text);
	value_release(&list);
}

static int run(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	const struct command *about;
	struct buffer text = {0};
	size_t named;

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	about = commands_find(arguments->words, arguments->count, &named);
	if (json && arguments->count)
		return command_refuse(command, "--json is of all commands");
	if (json) {
		print_json(&text);
	} else if (!arguments->count) {
		print_all(&text);
	} else if (about) {
		command_print_help(about, &text);
	} else if (!commands_print_list(&text, arguments->words[0])) {
		const char *near = commands_suggest(arguments->words, arguments->count);

		return command_refuse(command, "there is no command \"%s\"%s%s%s",
			arguments->words[0], near ? "; did you mean \"" : "",
			near ? near : "", near ? "\"?" : "");
	}
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	return EXIT_GOOD;
}

const struct command command_help = {
	.name = "help",
	.summary = "Say how a command is used",
	.usage = "[COMMAND | --json]\n\n"
		 "Without COMMAND: which commands there are; with --json, all that is "
		 "said of\neach.\n",
	.run = run,
};
