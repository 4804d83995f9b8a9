/* `ringpost message cancel`, `reschedule`: taken back, or for another time. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/moment.h"
#include "report/words.h"

static void print_list(const char *words, const struct value *list)
{
	for (size_t i = 0; i < value_count(list); i++)
		printf("%-12s %.*s\n", words,
			SLICE_PRINT(value_text(value_at(list, i))));
}

static int tell(struct value *answer, const char *done, bool json)
{
	if (!answer)
		return command_fail();
	if (json) {
		command_print_json(answer);
	} else {
		print_list(done, value_get(answer, done));
		print_list("in delivery", value_get(answer, "in_delivery"));
		print_list("unchanged", value_get(answer, "unchanged"));
	}
	value_release(&answer);
	return EXIT_GOOD;
}

static int run_cancel(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct value *question;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one ID");
	question = client_question(command->name);
	value_set_text(question, "id", slice_of(arguments->words[0]));
	return tell(client_ask_all(arguments, question, NULL), "canceled", json);
}

static int run_reschedule(const struct command *command, struct arguments *arguments)
{
	bool json = false, now = false;
	const char *length = NULL, *until = NULL;
	const struct option options[] = {
		{"for", OPTION_TEXT, &length, NULL},
		{"until", OPTION_TEXT, &until, NULL},
		{"now", OPTION_FLAG, &now, NULL},
		{"json", OPTION_FLAG, &json, NULL},
	};
	struct value *question;
	int64_t until_ms;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)) ||
		!moment_read_end(length, until, &until_ms))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one ID");
	if (now == (until_ms != 0))
		return command_refuse(
			command, "to when? one of --until, --for and --now");
	question = client_question(command->name);
	value_set_text(question, "id", slice_of(arguments->words[0]));
	value_set_number(question, "send_at", now ? 0 : (until_ms + 999) / 1000);
	return tell(client_ask_all(arguments, question, NULL), "rescheduled", json);
}

const struct command command_message_cancel = {
	.name = "message cancel",
	.summary = "Take a message back, as far as it is not delivered",
	.usage = "ID [--json]\n\n"
		 "Names the recipients it will not reach any more. Those it is being\n"
		 "delivered to at this moment get it, or are canceled, too, if this "
		 "attempt\n"
		 "fails. Nobody is told. It fails where nothing is left to cancel. "
		 "ringpost\n"
		 "queue drop does this to many.\n",
	.run = run_cancel,
};

const struct command command_message_reschedule = {
	.name = "message reschedule",
	.summary = "Choose another time for a message that waits",
	.usage = "ID --until TIME | --for LENGTH | --now\n"
		 "       [--json]\n\n"
		 "It is not sent before TIME (2026-11-22T08:00, with Z behind it for "
		 "UTC),\n"
		 "or for so long (30m, 2h, 3d); at most submission.future_release "
		 "ahead. "
		 "A\n"
		 "message that was tried already keeps the time when it expires. What "
		 "is\n"
		 "being delivered, and what an operator holds, stays as it is. "
		 "ringpost\n"
		 "queue retry, hold and release go for one ID as for many.\n",
	.run = run_reschedule,
};
