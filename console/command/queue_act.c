/* `ringpost queue retry|hold|release|drop|rebind`: what becomes of queued mail. */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/words.h"

struct acting {
	const char *domain, *sender, *tenant, *stream, *tag;
	const char *pool, *route; /* of rebind; "" is another than NULL */
	bool all, yes, json, dry_run;
};

/* What was done to how many. */
static void tell(const struct command *command, const struct value *answer,
	const struct acting *acting)
{
	static const struct {
		const char *name, *done;
	} words[] = {
		{"queue retry", "tried again now"},
		{"queue hold", "held"},
		{"queue release", "released"},
		{"queue drop", "dropped"},
		{"queue rebind", "rebound"},
	};
	int64_t changed = value_get_number(answer, "changed");
	char count[WORDS_SIZE];

	if (acting->json) {
		printf("{\"changed\":%lld}\n", (long long)changed);
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (strcmp(words[i].name, command->name) == 0)
			printf("%s: %s%s.\n",
				words_count(
					(uint64_t)changed, "entry", "entries", count),
				acting->dry_run ? "would be " : "", words[i].done);
}

static void set_if(struct value *question, const char *name, const char *text)
{
	if (text)
		value_set_text(question, name, slice_of(text));
}

/* The answers to all of the questions, added up; NULL with a failure. */
static struct value *ask(struct client *client, const struct command *command,
	const struct acting *acting, const char *id)
{
	struct value *question = client_question(command->name), *answer = NULL;
	bool last;

	if (id)
		value_set_text(question, "id", slice_of(id));
	set_if(question, "domain", acting->domain);
	set_if(question, "sender", acting->sender);
	set_if(question, "tenant", acting->tenant);
	set_if(question, "stream", acting->stream);
	set_if(question, "tag", acting->tag);
	set_if(question, "pool", acting->pool);
	set_if(question, "route", acting->route);
	value_set_truth(question, "all", acting->all);
	value_set_truth(question, "dry_run", acting->dry_run);
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
		tell(command, sum, acting);
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

/* What a word too few would lose is counted first. */
static int ask_for_yes(const struct command *command, const struct arguments *arguments,
	const struct acting *acting)
{
	struct client *client = client_open_for(arguments);
	struct acting counting = *acting;
	struct value *answer;
	char count[WORDS_SIZE];

	counting.dry_run = true;
	answer = client ? ask(client, command, &counting, NULL) : NULL;
	client_close(&client);
	if (!answer)
		return command_refuse(
			command, "this loses mail, without a bounce: say --yes, too");
	words_count((uint64_t)value_get_number(answer, "changed"), "entry", "entries",
		count);
	value_release(&answer);
	return command_refuse(command,
		"this loses mail (%s), without a bounce: say --yes, too", count);
}

static int check(const struct command *command, const struct arguments *arguments,
	const struct acting *acting)
{
	bool selects = acting->domain || acting->sender || acting->tenant ||
		       acting->stream || acting->tag;
	bool binds = acting->pool || acting->route;

	if (!arguments->count && !selects && !acting->all)
		return command_refuse(command,
			"which mail? an ID, --domain, --sender, --tenant, --stream, "
			"--tag, or --all of it");
	if (acting->all && (arguments->count || selects))
		return command_refuse(command, "--all goes with nothing else");
	if (arguments->count && selects)
		return command_refuse(command,
			"an ID goes without --domain, --sender, --tenant, --stream and "
			"--tag");
	if (command == &command_queue_rebind && !binds)
		return command_refuse(command, "to what? --pool, --route, or both");
	if (command == &command_queue_drop && !arguments->count && !acting->yes &&
		!acting->dry_run)
		return ask_for_yes(command, arguments, acting);
	return EXIT_GOOD;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct acting acting = {0};
	const struct option options[] = {
		{"domain", OPTION_TEXT, &acting.domain, NULL},
		{"sender", OPTION_TEXT, &acting.sender, NULL},
		{"tenant", OPTION_TEXT, &acting.tenant, NULL},
		{"stream", OPTION_TEXT, &acting.stream, NULL},
		{"tag", OPTION_TEXT, &acting.tag, NULL},
		{"all", OPTION_FLAG, &acting.all, NULL},
		{"yes", OPTION_FLAG, &acting.yes, NULL},
		{"dry-run", OPTION_FLAG, &acting.dry_run, NULL},
		{"json", OPTION_FLAG, &acting.json, NULL},
		{"pool", OPTION_TEXT, &acting.pool, NULL}, /* the last two: rebind */
		{"route", OPTION_TEXT, &acting.route, NULL},
	};
	size_t known = ARRAY_COUNT(options) - (command != &command_queue_rebind) * 2u;
	int status;

	if (!arguments_parse(arguments, options, known))
		return command_refuse(command, "%s", failure_last()->text);
	status = check(command, arguments, &acting);
	return status == EXIT_GOOD ? act(command, arguments, &acting) : status;
}

#define SELECTION                                                                     \
	"Of ID: a message with all its destinations, or one entry of it, as queue\n"  \
	"list names it; several may be given. Else everything to a --domain, from\n"  \
	"a --sender (an address, or @domain), of a --tenant, --stream or --tag, or\n" \
	"of several of these together; or --all. Says how many there were; with\n"    \
	"--dry-run it only counts them.\n"
#define SELECTOR                                           \
	"ID … | --domain D | --sender S | … | --all\n" \
	"       [--dry-run] [--json]\n\n"

const struct command command_queue_retry = {
	.name = "queue retry",
	.summary = "Try queued mail again now",
	.usage = SELECTOR
	"What waits for its next attempt is due at once; a site that is down is "
	"tried.\n" SELECTION,
	.run = run,
};

const struct command command_queue_hold = {
	.name = "queue hold",
	.summary = "Keep queued mail from being delivered",
	.usage = SELECTOR "Until it is released. It still expires.\n" SELECTION,
	.run = run,
};

const struct command command_queue_release = {
	.name = "queue release",
	.summary = "Let held mail go on",
	.usage = SELECTOR "It is due at once.\n" SELECTION,
	.run = run,
};

const struct command command_queue_drop = {
	.name = "queue drop",
	.summary = "Throw queued mail away",
	.usage = SELECTOR "It is gone, and its sender is not told. Without an ID that "
			  "takes --yes.\n" SELECTION,
	.run = run,
};

const struct command command_queue_rebind = {
	.name = "queue rebind",
	.summary = "Send queued mail another way",
	.usage = "[--pool P] [--route R]\n       " SELECTOR
		 "From its next attempt on it leaves by the pool of sources P, or goes "
		 "as the\n"
		 "route says whose domain or host is R. An empty name: as it would "
		 "have gone.\n" SELECTION,
	.run = run,
};
