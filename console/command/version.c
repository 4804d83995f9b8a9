/* `ringpost version`: what this is made of and runs on. */
#include <stdio.h>
#include <sys/utsname.h>

#include "base/failure.h"
#include "run/ring.h"

#include "command/commands.h"
#include "report/value.h"

static void print_json(void)
{
	struct value *value = value_object();
	struct slice libraries = SLICE(RINGPOST_LIBRARIES);
	struct value *list = value_list();
	struct utsname kernel;
	bool works = ring_probe();

	while (libraries.at)
		value_append_text(list, slice_trim(slice_cut(&libraries, ',')));
	value_set_text(value, "version", slice_of(RINGPOST_VERSION));
	value_set(value, "libraries", list);
	if (uname(&kernel) == 0) {
		value_set_text(value, "system", slice_of(kernel.sysname));
		value_set_text(value, "kernel", slice_of(kernel.release));
		value_set_text(value, "machine", slice_of(kernel.machine));
	}
	value_set_truth(value, "works", works);
	value_set_text(value, "io_uring",
		slice_of(works ? ring_describe() : failure_last()->text));
	command_print_json(value);
	value_release(&value);
}

static int run(const struct command *command, struct arguments *arguments)
{
	bool json = false, works;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct utsname kernel;

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (json) {
		print_json();
		return EXIT_GOOD;
	}
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
	.usage = "[--json]\n\n"
		 "Also which kernel this runs on, and what of its io_uring is used.\n",
	.run = run,
};
