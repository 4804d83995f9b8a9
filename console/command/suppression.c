/* `ringpost suppression list|check|add|remove`: addresses that get no mail. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/moment.h"
#include "report/words.h"

#define LIMIT_DEFAULT 100

static void take_entries(void *context, const struct value *line)
{
	const struct value *entries = value_get(line, "entries");

	for (size_t i = 0; i < value_count(entries); i++)
		value_append(context, value_copy(value_at(entries, i)));
}

static void flush(struct buffer *text)
{
	output_text(buffer_contents(text), stdout);
	buffer_finish(text);
}

static void print_table(const struct value *list)
{
	struct table table = {.columns = 6};
	int64_t now_ms = clock_wall_ms();
	struct buffer text = {0};
	char words[WORDS_SIZE];

	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *one = value_at(list, i);
		int64_t until_ms = value_get_number(one, "until_ms");

		table_add(&table, value_get_text(one, "address"));
		table_add(&table, value_has(one, "tenant")
					  ? value_get_text(one, "tenant")
					  : SLICE("everybody"));
		table_add(&table, value_get_text(one, "reason"));
		table_add_text(&table,
			words_when(value_get_number(one, "since_ms"), now_ms, words));
		snprintf(words, sizeof(words), "for good");
		if (until_ms)
			words_time(until_ms, now_ms, words);
		table_add_text(&table, words);
		table_add(&table, value_get_text(one, "detail"));
	}
	table_print(&table, words_terminal_width(), &text);
	flush(&text);
	table_finish(&table);
}

/* ---- list ---- */

static int run_list(const struct command *command, struct arguments *arguments)
{
	const char *tenant = NULL, *reason = NULL;
	bool json = false, everybody = false;
	uint64_t limit = LIMIT_DEFAULT;
	const struct option options[] = {
		{"tenant", OPTION_TEXT, &tenant, NULL},
		{"everybody", OPTION_FLAG, &everybody, NULL},
		{"reason", OPTION_TEXT, &reason, NULL},
		{"limit", OPTION_NUMBER, &limit, NULL},
		{"json", OPTION_FLAG, &json, NULL},
	};
	struct value *question, *answer, *list;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	if (tenant && everybody)
		return command_refuse(command, "--tenant goes without --everybody");
	question = client_question(command->name);
	if (tenant || everybody)
		value_set_text(question, "tenant", slice_of(tenant));
	if (reason)
		value_set_text(question, "reason", slice_of(reason));
	value_set_number(question, "limit", (int64_t)limit);
	list = value_list();
	answer = client_ask_each(arguments, question, take_entries, list);
	if (!answer) {
		value_release(&list);
		return command_fail();
	}
	if (json)
		command_print_json(list);
	else if (!value_count(list))
		printf("Nobody is suppressed.\n");
	else
		print_table(list);
	if (!json && value_get_truth(answer, "more"))
		printf("There is more: --limit N shows it, ringpost suppression export "
		       "all of it.\n");
	value_release(&list);
	value_release(&answer);
	return EXIT_GOOD;
}

/* ---- check ---- */

static void print_check(
	const char *address, const char *tenant, const struct value *answer)
{
	const struct value *entries = value_get(answer, "entries");
	const struct value *list = value_get(answer, "list");
	bool suppressed = value_get_truth(answer, "suppressed");
	char count[WORDS_SIZE], size[WORDS_SIZE];

	printf("%s%s%s: mail is %s.\n", address, tenant ? ", tenant " : "",
		tenant ? tenant : "", suppressed ? "suppressed" : "not suppressed");
	if (value_count(entries))
		print_table(entries);
	if (suppressed != (value_count(entries) > 0))
		printf("This process does not know yet of the last change.\n");
	printf("The list has %s, %s of memory%s.\n",
		words_count((uint64_t)value_get_number(list, "entries"), "entry",
			"entries", count),
		words_size((uint64_t)value_get_number(list, "bytes"), size),
		value_get_truth(list, "loaded") ? "" : ", and is being loaded");
	if (value_get_number(list, "waiting"))
		printf("%s not written yet: Redis does not take them.\n",
			words_count((uint64_t)value_get_number(list, "waiting"),
				"report is", "reports are", count));
	if (value_get_number(list, "lost"))
		printf("%s lost since the start: Redis was away for too long.\n",
			words_count((uint64_t)value_get_number(list, "lost"),
				"report was", "reports were", count));
}

/* Asks `ADDRESS [--tenant T] [--json]` of the server; NULL: the status says why not. */
static struct value *ask_address(const struct command *command,
	struct arguments *arguments, const char **tenant_r, bool *json_r, int *status_r)
{
	const struct option options[] = {{"tenant", OPTION_TEXT, tenant_r, NULL},
		{"json", OPTION_FLAG, json_r, NULL}};
	struct value *question, *answer;

	*tenant_r = NULL;
	*json_r = false;
	if (!arguments_parse(arguments, options, ARRAY_COUNT(options))) {
		*status_r = command_refuse(command, "%s", failure_last()->text);
		return NULL;
	}
	if (arguments->count != 1) {
		*status_r = command_refuse(command, "it takes one ADDRESS");
		return NULL;
	}
	question = client_question(command->name);
	value_set_text(question, "address", slice_of(arguments->words[0]));
	if (*tenant_r)
		value_set_text(question, "tenant", slice_of(*tenant_r));
	answer = client_ask_all(arguments, question, NULL);
	if (!answer)
		*status_r = command_fail();
	return answer;
}

static int run_check(const struct command *command, struct arguments *arguments)
{
	const char *tenant;
	bool json, suppressed;
	int status;
	struct value *answer = ask_address(command, arguments, &tenant, &json, &status);

	if (!answer)
		return status;
	suppressed = value_get_truth(answer, "suppressed");
	if (json)
		command_print_json(answer);
	else
		print_check(arguments->words[0], tenant, answer);
	value_release(&answer);
	return suppressed ? EXIT_FAILED : EXIT_GOOD;
}

/* ---- add, remove ---- */

static struct value *entry_of(const char *address, const char *tenant,
	const char *reason, const char *detail, int64_t until_ms)
{
	struct value *entry = value_object();

	value_set_text(entry, "address", slice_of(address));
	if (tenant)
		value_set_text(entry, "tenant", slice_of(tenant));
	value_set_text(entry, "reason", slice_of(reason));
	if (detail)
		value_set_text(entry, "detail", slice_of(detail));
	if (until_ms)
		value_set_number(entry, "until_ms", until_ms);
	return entry;
}

/* What became of each of WORDS; EXIT_FAILED where one was wrong. */
static int tell_added(
	const struct arguments *arguments, const struct value *answer, bool json)
{
	const struct value *wrong = value_get(answer, "wrong");
	uint64_t added = (uint64_t)value_get_number(answer, "added");
	size_t there = arguments->count - (size_t)added - value_count(wrong);
	char text[WORDS_SIZE];

	if (json)
		command_print_json(answer);
	else if (added)
		printf("%s suppressed from now on.\n",
			words_count(added, "address is", "addresses are", text));
	if (!json && there)
		printf("%s so already, for as long or longer.\n",
			words_count(there, "address is", "addresses are", text));
	for (size_t i = 0; i < value_count(wrong); i++)
		fprintf(stderr, "ringpost: %.*s\n",
			SLICE_PRINT(value_get_text(value_at(wrong, i), "why")));
	return value_count(wrong) ? EXIT_FAILED : EXIT_GOOD;
}

static int run_add(const struct command *command, struct arguments *arguments)
{
	const char *tenant = NULL, *reason = "manual", *detail = NULL, *length = NULL,
		   *until = NULL;
	bool json = false;
	const struct option options[] = {
		{"tenant", OPTION_TEXT, &tenant, NULL},
		{"reason", OPTION_TEXT, &reason, NULL},
		{"detail", OPTION_TEXT, &detail, NULL},
		{"for", OPTION_TEXT, &length, NULL},
		{"until", OPTION_TEXT, &until, NULL},
		{"json", OPTION_FLAG, &json, NULL},
	};
	struct value *question, *answer, *list;
	int64_t until_ms;
	int status;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)) ||
		!moment_read_end(length, until, &until_ms))
		return command_refuse(command, "%s", failure_last()->text);
	if (!arguments->count || arguments->count > 20)
		return command_refuse(command,
			"it takes 1 to 20 addresses; more go into a file: ringpost "
			"suppression import");
	list = value_list();
	for (size_t i = 0; i < arguments->count; i++)
		value_append(list, entry_of(arguments->words[i], tenant, reason, detail,
					   until_ms));
	question = client_question(command->name);
	value_set(question, "entries", list);
	answer = client_ask_all(arguments, question, NULL);
	if (!answer)
		return command_fail();
	status = tell_added(arguments, answer, json);
	value_release(&answer);
	return status;
}

static int run_remove(const struct command *command, struct arguments *arguments)
{
	const char *tenant;
	bool json, was;
	int status;
	struct value *answer = ask_address(command, arguments, &tenant, &json, &status);

	if (!answer)
		return status;
	was = value_get_truth(answer, "was");
	if (json)
		command_print_json(answer);
	value_release(&answer);
	if (json)
		return was ? EXIT_GOOD : EXIT_FAILED;
	if (was)
		printf("%s may be sent to again.\n", arguments->words[0]);
	else
		fprintf(stderr, "ringpost: %s has no entry %s%s\n", arguments->words[0],
			tenant ? "of tenant " : "of everybody's mail (--tenant T?)",
			tenant ? tenant : "");
	return was ? EXIT_GOOD : EXIT_FAILED;
}

const struct command command_suppression_list = {
	.name = "suppression list",
	.summary = "List addresses that get no mail any more",
	.usage = "[--tenant T | --everybody] [--reason R] [--limit N]\n"
		 "       [--json]\n\n"
		 "At most 100 unless --limit says otherwise (0: all), in no order. R "
		 "is\n"
		 "hard-bounce, soft-bounce, complaint, unsubscribe, manual or "
		 "imported.\n"
		 "--everybody: entries that are of no tenant, and so of all mail.\n",
	.run = run_list,
};
const struct command command_suppression_check = {
	.name = "suppression check",
	.summary = "Say whether an address gets mail",
	.usage = "ADDRESS [--tenant T] [--json]\n\n"
		 "Whether mail of the tenant (without one: of nobody's) to ADDRESS is\n"
		 "suppressed, by which entries, and how long. Exit status 0: it is "
		 "not;\n"
		 "1: it is, or that cannot be told.\n",
	.run = run_check,
};
const struct command command_suppression_add = {
	.name = "suppression add",
	.summary = "Send no mail to an address any more",
	.usage = "ADDRESS … [--tenant T] [--for 30d | --until TIME]\n"
		 "       [--reason R] [--detail TEXT] [--json]\n\n"
		 "At once here, within a second on other nodes, over restarts. ADDRESS "
		 "is\n"
		 "user@example.com, or @example.com for all of a domain. Without "
		 "--tenant\n"
		 "mail of all is meant; without an end it holds until suppression "
		 "remove.\n"
		 "What becomes of mail to it says suppression.at_submission. Of two "
		 "entries\n"
		 "for one address the one that holds longer stays.\n",
	.run = run_add,
};
const struct command command_suppression_remove = {
	.name = "suppression remove",
	.summary = "Send mail to an address again",
	.usage = "ADDRESS [--tenant T] [--json]\n\n"
		 "Takes out the entry of the tenant, or without one that of "
		 "everybody's mail;\n"
		 "with it forgets bounces that were counted.\n",
	.run = run_remove,
};
