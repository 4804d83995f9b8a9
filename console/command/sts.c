/* `ringpost sts`: the MTA-STS policy of a domain. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/words.h"

static void print(const struct value *answer, struct buffer *text)
{
	struct slice mode = value_get_text(answer, "mode");
	const struct value *hosts = value_get(answer, "mx");
	int64_t now_ms = clock_wall_ms();
	char when[WORDS_SIZE];

	buffer_append_format(
		text, "%.*s: ", SLICE_PRINT(value_get_text(answer, "domain")));
	if (slice_equal(mode, SLICE("absent"))) {
		buffer_append(text, SLICE("no policy is known\n"));
	} else {
		buffer_append_format(text, "mode %.*s, id %.*s\n", SLICE_PRINT(mode),
			SLICE_PRINT(value_get_text(answer, "id")));
		for (size_t i = 0; i < value_count(hosts); i++)
			buffer_append_format(text, "  mx %.*s\n",
				SLICE_PRINT(value_text(value_at(hosts, i))));
		buffer_append_format(text, "  fetched %s",
			words_when(
				value_get_number(answer, "fetched_ms"), now_ms, when));
		buffer_append_format(text, ", holds until %s\n",
			words_when(
				value_get_number(answer, "expires_ms"), now_ms, when));
	}
	if (value_has(answer, "trouble"))
		buffer_append_format(text, "  %.*s: %.*s\n",
			SLICE_PRINT(value_get_text(answer, "trouble")),
			SLICE_PRINT(value_get_text(answer, "reason")));
}

static int run(const struct command *command, struct arguments *arguments)
{
	bool json = false, again = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL},
		{"again", OPTION_FLAG, &again, NULL}};
	struct value *question, *answer;
	struct buffer text = {0};

	if (!arguments_parse(arguments, options, 2))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one domain");
	question = client_question("sts");
	value_set_text(question, "domain", slice_of(arguments->words[0]));
	value_set_truth(question, "again", again);
	answer = client_ask_all(arguments, question, NULL);
	if (!answer)
		return command_fail();
	if (json) {
		value_print(answer, &text);
		buffer_append_byte(&text, '\n');
	} else {
		print(answer, &text);
	}
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	value_release(&answer);
	return EXIT_GOOD;
}

const struct command command_sts = {
	.name = "sts",
	.summary = "Show the MTA-STS policy of a domain",
	.usage = "DOMAIN [--again] [--json] [-c FILE] [--socket PATH]\n\n"
		 "The policy that mail to the domain obeys now (RFC 8461): looked up "
		 "and\n"
		 "fetched if it is not known, as for a message. Where one is published "
		 "and\n"
		 "cannot be had, it says why; an older policy holds until its end. "
		 "--again\n"
		 "asks DNS anew, and the domain's server though it failed of late.\n",
	.run = run,
};
