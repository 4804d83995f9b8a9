/* `ringpost status`: how the running server is doing, on one screen. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/report.h"

static int run(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct value *answer;
	struct buffer text = {0};

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	answer = client_ask_all(arguments, client_question("status"), NULL);
	if (!answer)
		return command_fail();
	if (json)
		value_print_indented(answer, &text);
	else
		report_status(answer, clock_wall_ms(), &text);
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	value_release(&answer);
	return EXIT_GOOD;
}

const struct command command_status = {
	.name = "status",
	.summary = "Say how the running server is doing",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "Whether it accepts mail, what it received and delivered since its "
		 "start\n"
		 "and in the last minute, what is queued, and how the parts it depends "
		 "on\n"
		 "do. ringpost sites tells of destinations.\n",
	.run = run,
};
