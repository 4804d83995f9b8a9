/* `ringpost reload`, `ringpost stop`: what signals do, with an answer. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"

#define STOP_WAIT_MS (3700 * 1000) /* shutdown_limit is an hour at the most */

static int run_reload(const struct command *command, struct arguments *arguments)
{
	bool json = false, reloaded;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct value *answer;

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	answer = client_ask_all(arguments, client_question("reload"), NULL);
	if (!answer)
		return command_fail();
	reloaded = value_get_truth(answer, "reloaded");
	if (json) {
		command_print_json(answer);
	} else if (reloaded) {
		struct slice later = value_get_text(answer, "later");

		printf("The new configuration is in force.\n");
		if (later.size)
			printf("These count from the next start on: %.*s.\n",
				SLICE_PRINT(later));
	} else {
		struct slice errors = slice_trim_all(value_get_text(answer, "errors"));

		output_text(errors, stderr);
		fprintf(stderr, "\nringpost: nothing was changed; the server goes on "
				"with the configuration it has\n");
	}
	value_release(&answer);
	return reloaded ? EXIT_GOOD : EXIT_CONFIG;
}

/* Until the process is gone; true at once when it already is. */
static bool wait_for_end(pid_t pid)
{
	struct pollfd ended = {.events = POLLIN};
	int ready;

	ended.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (ended.fd < 0)
		return errno == ESRCH ||
		       fail_errno(FAILURE_RESOURCE, errno, "cannot watch the server");
	do
		ready = poll(&ended, 1, STOP_WAIT_MS);
	while (ready < 0 && errno == EINTR);
	close(ended.fd);
	return ready > 0 || fail(FAILURE_TIMEOUT, "the server does not end");
}

static int run_stop(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct value *answer;
	pid_t pid;

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	answer = client_ask_all(arguments, client_question("stop"), NULL);
	if (!answer)
		return command_fail();
	pid = (pid_t)value_get_number(answer, "pid");
	if (!wait_for_end(pid))
		value_release(&answer);
	return command_tell(&answer, json, "The server has ended.");
}

const struct command command_reload = {
	.name = "reload",
	.summary = "Make the running server read its configuration again",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "Certificates and keys are read again, too, and the log file is "
		 "opened\n"
		 "anew. No session is dropped. When anything is wrong, it is printed, "
		 "the\n"
		 "exit status is 78, and the server goes on as before.\n",
	.run = run_reload,
};

const struct command command_stop = {
	.name = "stop",
	.summary = "End the running server in good order",
	.usage =
		"[--json] [-c FILE] [--socket PATH]\n\n"
		"Waits until it has ended: it finishes what is under way, for as long "
		"as\n"
		"shutdown_limit says. Mail that is not delivered stays in the queue.\n",
	.run = run_stop,
};
