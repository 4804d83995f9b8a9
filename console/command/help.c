/* `ringpost help`: what there is to say about a command, or all of them. */
#include <stdio.h>

#include "base/failure.h"

#include "command/commands.h"

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

static int run(const struct command *command, struct arguments *arguments)
{
	const struct command *about;
	struct buffer text = {0};
	size_t named;

	if (!arguments_parse(arguments, NULL, 0))
		return command_refuse(command, "%s", failure_last()->text);
	about = commands_find(arguments->words, arguments->count, &named);
	if (!arguments->count) {
		print_all(&text);
	} else if (about) {
		command_print_help(about, &text);
	} else if (!commands_print_list(&text, arguments->words[0])) {
		const char *near = commands_suggest(arguments->words, arguments->count);

		return command_refuse(command, "there is no command \"%s\"%s%s%s",
			arguments->words[0], near ? "; did you mean \"" : "",
			near ? near : "", near ? "\"?" : "");
	}
	fwrite(text.bytes + text.start, 1, buffer_size(&text), stdout);
	buffer_finish(&text);
	return EXIT_GOOD;
}

const struct command command_help = {
	.name = "help",
	.summary = "Say how a command is used",
	.usage = "[COMMAND]\n\n"
		 "Without COMMAND: which commands there are.\n",
	.run = run,
};
