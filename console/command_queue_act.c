/* `ringpost queue retry|hold|release|drop`: what becomes of queued mail. */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "console/client.h"
#include "console/commands.h"
#include "console/words.h"

struct acting {
	const char *domain, *sender;
	bool all, yes, json;
};

/* What was done to how many. */
static void tell(const struct command *command, const struct value *answer, bool json)
{
	static const struct {
		const char *name, *done;
	} words[] = {
		{"queue retry", "tried again now"},
		{"queue hold", "held"},
		{"queue release", "released"},
		{"queue drop", "dropped"},
	};
	int64_t changed = value_get_number(answer, "changed");
	char count[WORDS_SIZE];

	if (json) {
		printf("{\"changed\":%lld}\n", (long long)changed);
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (strcmp(words[i].name, command->name) == 0)
			printf("%s: %s.\n",
				words_count(
					(uint64_t)changed, "entry", "entries", count),
				words[i].done);
}

/* The answers to all of the questions, added up; NULL with a failure. */
static struct value *ask(struct client *client, const struct command *command,
	const struct acting *acting, const char *id)
{
	struct value *question = client_question(command->name), *answer = NULL;
	bool last;

	if (id)
		value_set_text(question, "id", slice_of(id));
	if (acting->domain)
		value_set_text(question, "domain", slice_of(acting->domain));
	if (acting->sender)
		value_set_text(question, "sender", slice_of(acting->sender));
	value_set_truth(question, "all", acting->all);
	if (client_ask(client, &question))
		answer = client_hear(client, &last);
	value_release(&question);
	return answer;
}

static int act(const struct command *command, const struct arguments *arguments,
	const struct acting *acting)
{
	struct client *client = client_open_for(arguments);
	struct value *sum = value_object(), *answer = NULL;
	size_t at = 0;

	if (!client) {
		value_release(&sum);
		return command_fail();
	}
	do {
		value_release(&answer);
		answer = ask(client, command, acting,
			arguments->count ? arguments->words[at] : NULL);
		value_set_number(sum, "changed",
			value_get_number(sum, "changed") +
				value_get_number(answer, "changed"));
	} while (answer && ++at < arguments->count);
	client_close(&client);
	if (answer)
		tell(command, sum, acting->json);
	at = (size_t)value_get_number(sum, "changed");
	value_release(&sum);
	if (!answer)
		return command_fail();
	value_release(&answer);
	if (at || !arguments->count)
		return EXIT_GOOD;
	fprintf(stderr, "ringpost: nothing in the queue is like that\n");
	return EXIT_FAILED;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct acting acting = {0};
	const struct option options[] = {
		{"domain", OPTION_TEXT, &acting.domain, NULL},
		{"sender", OPTION_TEXT, &acting.sender, NULL},
		{"all", OPTION_FLAG, &acting.all, NULL},
		{"yes", OPTION_FLAG, &acting.yes, NULL},
		{"json", OPTION_FLAG, &acting.json, NULL},
	};
	bool selects;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	selects = acting.domain || acting.sender;
	if (!arguments->count && !selects && !acting.all)
		return command_refuse(command,
			"which mail? an ID, --domain, --sender, or --all of it");
	if (acting.all && (arguments->count || selects))
		return command_refuse(command, "--all goes with nothing else");
	if (arguments->count && selects)
		return command_refuse(
			command, "an ID goes without --domain and --sender");
	if (command == &command_queue_drop && !arguments->count && !acting.yes)
		return command_refuse(
			command, "this loses mail, without a bounce: say --yes, too");
	return act(command, arguments, &acting);
}

#define SELECTION                                                                    \
	"Of ID: a message with all its destinations, or one entry of it, as queue\n" \
	"list names it; several may be given. Else everything to a --domain, from\n" \
	"a --sender (an address, or @domain), or --all. Says how many there were.\n"

const struct command command_queue_retry = {
	.name = "queue retry",
	.summary = "Try queued mail again now",
	.usage = "ID … | --domain D | --sender S | --all [--json]\n\n"
		 "What waits for its next attempt is due at once; a site that is down "
		 "is tried.\n" SELECTION,
	.run = run,
};

const struct command command_queue_hold = {
	.name = "queue hold",
	.summary = "Keep queued mail from being delivered",
	.usage = "ID … | --domain D | --sender S | --all [--json]\n\n"
		 "Until it is released. It still expires.\n" SELECTION,
	.run = run,
};

const struct command command_queue_release = {
	.name = "queue release",
	.summary = "Let held mail go on",
	.usage = "ID … | --domain D | --sender S | --all [--json]\n\n"
		 "It is due at once.\n" SELECTION,
	.run = run,
};

const struct command command_queue_drop = {
	.name = "queue drop",
	.summary = "Throw queued mail away",
	.usage = "ID … | (--domain D | --sender S | --all) --yes [--json]\n\n"
		 "It is gone, and its sender is not told.\n" SELECTION,
	.run = run,
};
