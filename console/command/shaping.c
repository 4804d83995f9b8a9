/* `ringpost shaping`: the rules that are part of the program. */
#include <stdio.h>

#include "base/failure.h"
#include "base/output.h"
#include "shaping/shaping.h"

#include "command/commands.h"

static int run(const struct command *command, struct arguments *arguments)
{
	struct slice text = shaping_shipped();

	if (!arguments_parse(arguments, NULL, 0))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	output_text(text, stdout);
	return EXIT_GOOD;
}

const struct command command_shaping = {
	.name = "shaping",
	.summary = "Print the built-in rules for large receivers",
	.usage = "\n\n"
		 "Limits and reactions for Google, Yahoo, Microsoft and others, with "
		 "the\n"
		 "reason for each, and how a file of your own changes them. For what "
		 "comes\n"
		 "of all: ringpost check DOMAIN.\n",
	.run = run,
};
