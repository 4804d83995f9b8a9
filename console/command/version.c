/* `ringpost version`: what this is made of and runs on. */
#include <stdio.h>
#include <sys/utsname.h>

#include "base/failure.h"
#include "run/ring.h"

#include "command/commands.h"

static int run(const struct command *command, struct arguments *arguments)
{
	struct utsname kernel;
	bool works;

	if (!arguments_parse(arguments, NULL, 0))
		return command_refuse(command, "%s", failure_last()->text);
	printf("ringpost %s\n", RINGPOST_VERSION);
	printf("built with  %s\n", RINGPOST_LIBRARIES);
	if (uname(&kernel) == 0)
		printf("kernel      %s %s, %s\n", kernel.sysname, kernel.release,
			kernel.machine);
	works = ring_probe();
	printf("io_uring    %s\n", works ? ring_describe() : failure_last()->text);
	return EXIT_GOOD;
}

const struct command command_version = {
	.name = "version",
	.summary = "Say which version this is, of which libraries",
	.usage = "\n\n"
		 "Also which kernel this runs on, and what of its io_uring is used.\n",
	.run = run,
};
