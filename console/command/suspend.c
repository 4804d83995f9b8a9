/* `ringpost suspend|resume|suspensions`: leaving mail alone for a while. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/moment.h"
#include "report/words.h"

#define SCOPES 6

struct wish {
	const char *names[SCOPES];
	const char *length, *until, *reason;
	bool json;
};
static const char *const scopes[SCOPES] = {
	"domain", "tenant", "stream", "tag", "source", "provider"};

static void tell(const struct command *command, const struct wish *wish, size_t scope,
	int64_t until_ms, const struct value *answer)
{
	char text[WORDS_SIZE];
	bool suspend = command == &command_suspend;

	if (wish->json) {
		printf("{\"%s\":%s}\n", suspend ? "suspended" : "resumed",
			suspend || value_get_truth(answer, "was") ? "true" : "false");
		return;
	}
	if (!suspend)
		printf("%s %s goes on.\n", scopes[scope], wish->names[scope]);
	else if (until_ms)
		printf("%s %s is suspended until %s.\n", scopes[scope],
			wish->names[scope],
			words_time(until_ms, clock_wall_ms(), text));
	else
		printf("%s %s is suspended until ringpost resume --%s %s.\n",
			scopes[scope], wish->names[scope], scopes[scope],
			wish->names[scope]);
}

static int act(const struct command *command, const struct arguments *arguments,
	const struct wish *wish, size_t scope, int64_t until_ms)
{
	struct value *question = client_question(command->name), *answer;
	bool was;

	value_set_text(question, "scope", slice_of(scopes[scope]));
	value_set_text(question, "name", slice_of(wish->names[scope]));
	value_set_number(question, "until_ms", until_ms);
	if (wish->reason)
		value_set_text(question, "reason", slice_of(wish->reason));
	answer = client_ask_all(arguments, question, NULL);
	if (!answer)
		return command_fail();
	was = command == &command_suspend || value_get_truth(answer, "was");
	if (was || wish->json)
		tell(command, wish, scope, until_ms, answer);
	else
		fprintf(stderr, "ringpost: %s %s was not suspended\n", scopes[scope],
			wish->names[scope]);
	value_release(&answer);
	return was ? EXIT_GOOD : EXIT_FAILED;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct wish wish = {0};
	struct option options[SCOPES + 4];
	size_t count = 0, scope = SCOPES;
	int64_t until_ms = 0;

	for (; count < SCOPES; count++)
		options[count] = (struct option){
			scopes[count], OPTION_TEXT, &wish.names[count], NULL};
	options[count++] = (struct option){"json", OPTION_FLAG, &wish.json, NULL};
	if (command == &command_suspend) {
		options[count++] = (struct option){
			"for", OPTION_TEXT, &wish.length, NULL};
		options[count++] = (struct option){
			"until", OPTION_TEXT, &wish.until, NULL};
		options[count++] = (struct option){
			"reason", OPTION_TEXT, &wish.reason, NULL};
	}
	if (!arguments_parse(arguments, options, count))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	for (size_t i = 0; i < SCOPES; i++) {
		if (!wish.names[i])
			continue;
		if (scope < SCOPES)
			return command_refuse(command, "--%s goes without --%s",
				scopes[i], scopes[scope]);
		scope = i;
	}
	if (scope == SCOPES)
		return command_refuse(command,
			"which mail? --domain, --tenant, --stream, --tag, --source or "
			"--provider");
	if (!moment_read_end(wish.length, wish.until, &until_ms))
		return command_refuse(command, "%s", failure_last()->text);
	return act(command, arguments, &wish, scope, until_ms);
}

static void print_list(const struct value *list)
{
	struct table table = {.columns = 5};
	int64_t now_ms = clock_wall_ms();
	struct buffer text = {0};
	char words[WORDS_SIZE];

	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *one = value_at(list, i);
		int64_t until_ms = value_get_number(one, "until_ms");

		table_add(&table, value_get_text(one, "scope"));
		table_add(&table, value_get_text(one, "name"));
		table_add_text(&table,
			words_when(value_get_number(one, "since_ms"), now_ms, words));
		snprintf(words, sizeof(words), "until it is resumed");
		if (until_ms)
			words_time(until_ms, now_ms, words);
		table_add_text(&table, words);
		table_add(&table, value_get_text(one, "reason"));
	}
	if (value_count(list))
		table_print(&table, words_terminal_width(), &text);
	else
		buffer_append(&text, SLICE("Nothing is suspended.\n"));
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	table_finish(&table);
}

static int run_list(const struct command *command, struct arguments *arguments)
{
	bool json = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct value *question, *answer;
	struct buffer text = {0};

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	question = client_question(command->name);
	answer = client_ask_all(arguments, question, NULL);
	if (!answer)
		return command_fail();
	if (json) {
		value_print(value_get(answer, "suspensions"), &text);
		printf("%.*s\n", (int)buffer_size(&text), text.bytes + text.start);
		buffer_finish(&text);
	} else {
		print_list(value_get(answer, "suspensions"));
	}
	value_release(&answer);
	return EXIT_GOOD;
}

const struct command command_suspend = {
	.name = "suspend",
	.summary = "Leave mail of a domain, tenant, tag … alone for a while",
	.usage =
		"--SCOPE NAME [--for 2h | --until TIME] [--reason TEXT] [--json]\n\n"
		"SCOPE is domain, tenant, stream, tag, source or provider.\n\n"
		"At once, on all nodes, and over restarts: mail for or of it stays in "
		"the\n"
		"queue. It is accepted, not lost, not tried; it still expires. What is "
		"being\n"
		"delivered at this moment goes on to its end. A domain is example.com, "
		"or\n"
		".example.com for all below it; a provider is one of the shaping "
		"rules, "
		"as\n"
		"google; mail of a suspended source leaves from the others of its "
		"pool.\n"
		"TIME is local, as 2026-11-22T08:00, or UTC with Z behind it. Without "
		"an "
		"end\n"
		"it lasts until ringpost resume. Saying it again changes the end.\n",
	.run = run,
};

const struct command command_resume = {
	.name = "resume",
	.summary = "Let suspended mail go on",
	.usage = "--SCOPE NAME [--json]\n\n"
		 "SCOPE is domain, tenant, stream, tag, source or provider.\n\n"
		 "What waited is due at once. Named as it was suspended.\n",
	.run = run,
};

const struct command command_suspensions = {
	.name = "suspensions",
	.summary = "List what is suspended, until when and why",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "As all nodes know it.\n",
	.run = run_list,
};
