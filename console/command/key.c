/* `ringpost key add|list|change|remove`: keys of the HTTP API. */
#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/listing.h"

struct wishes {
	struct option_texts senders;
	const char *scopes, *tenant;
	uint64_t per_hour, recipients, days;
	bool per_hour_given, recipients_given, days_given;
	bool disable, enable, json;
};

static struct value *question_of(const struct command *command,
	const struct arguments *arguments, const struct wishes *wishes)
{
	struct value *question = client_question(command->name), *senders;

	value_set_text(question, "name", slice_of(arguments->words[0]));
	if (wishes->senders.count) {
		senders = value_list();
		for (size_t i = 0; i < wishes->senders.count; i++)
			value_append_text(senders, slice_of(wishes->senders.at[i]));
		value_set(question, "senders", senders);
	}
	if (wishes->scopes)
		value_set_text(question, "scopes", slice_of(wishes->scopes));
	if (wishes->tenant)
		value_set_text(question, "tenant", slice_of(wishes->tenant));
	if (wishes->per_hour_given)
		value_set_number(
			question, "messages_per_hour", (int64_t)wishes->per_hour);
	if (wishes->recipients_given)
		value_set_number(question, "recipients_per_message",
			(int64_t)wishes->recipients);
	if (wishes->days_given)
		value_set_number(question, "days", (int64_t)wishes->days);
	if (wishes->disable || wishes->enable)
		value_set_truth(question, "disabled", wishes->disable);
	return question;
}

static void add_row(struct table *table, const struct value *key, int64_t now_ms)
{
	const struct value *senders = value_get(key, "senders");
	int64_t expires_ms = value_get_number(key, "expires_ms");
	struct buffer cell = {0};
	char text[WORDS_SIZE];

	table_add(table, value_get_text(key, "name"));
	value_join(value_get(key, "scopes"), ",", &cell);
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
	table_add(table, value_get_text(key, "tenant"));
	if (value_count(senders) > 1) {
		snprintf(text, sizeof(text), "%.*s and %zu more",
			SLICE_PRINT(value_text(value_at(senders, 0))),
			value_count(senders) - 1);
		table_add_text(table, text);
	} else {
		table_add(table, value_text(value_at(senders, 0)));
	}
	table_add_text(table, value_get_truth(key, "disabled")	   ? "disabled"
			      : expires_ms && expires_ms <= now_ms ? "expired"
								   : "good");
	table_add_text(
		table, words_time(value_get_number(key, "created_ms"), now_ms, text));
}

static bool read_wishes(
	struct arguments *arguments, struct wishes *wishes, bool changes)
{
	const struct option options[] = {
		{"sender", OPTION_TEXTS, &wishes->senders, NULL},
		{"scope", OPTION_TEXT, &wishes->scopes, NULL},
		{"tenant", OPTION_TEXT, &wishes->tenant, NULL},
		{"messages-per-hour", OPTION_NUMBER, &wishes->per_hour,
			&wishes->per_hour_given},
		{"recipients", OPTION_NUMBER, &wishes->recipients,
			&wishes->recipients_given},
		{"days", OPTION_NUMBER, &wishes->days, &wishes->days_given},
		{"json", OPTION_FLAG, &wishes->json, NULL},
		{"disable", OPTION_FLAG, &wishes->disable, NULL},
		{"enable", OPTION_FLAG, &wishes->enable, NULL},
	};

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return false;
	if (arguments->count != 1)
		return fail(FAILURE_CONFIG, "it takes a key's NAME");
	if (!changes && (wishes->disable || wishes->enable))
		return fail(
			FAILURE_CONFIG, "--disable and --enable are for key change");
	if (wishes->disable && wishes->enable)
		return fail(FAILURE_CONFIG, "--disable or --enable, not both");
	if (wishes->days > 36500)
		return fail(FAILURE_CONFIG, "--days: at most 36500");
	return true;
}

static int run_add(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {.scopes = NULL};

	if (!read_wishes(arguments, &wishes, false))
		return command_refuse(command, "%s", failure_last()->text);
	return listing_ask_text(arguments, question_of(command, arguments, &wishes),
		wishes.json, "key");
}

static int run_change(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {.scopes = NULL};
	int status;

	if (!read_wishes(arguments, &wishes, true))
		return command_refuse(command, "%s", failure_last()->text);
	status = listing_ask_text(arguments, question_of(command, arguments, &wishes),
		wishes.json, "key");
	if (status == EXIT_GOOD && !wishes.json)
		printf("The API key %s is changed.\n", arguments->words[0]);
	return status;
}

static int run_remove(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {.scopes = NULL};
	const struct option options[] = {{"json", OPTION_FLAG, &wishes.json, NULL}};

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes a key's NAME");
	return listing_ask_done(arguments, question_of(command, arguments, &wishes),
		wishes.json, "The API key %s is removed.", arguments->words[0]);
}

static const char *const heads[] = {
	"NAME", "MAY", "TENANT", "SENDERS", "STATE", "MADE"};
static const struct listing listing = {
	heads, ARRAY_COUNT(heads), .words = true, .add_row = add_row};

static int run_list(const struct command *command, struct arguments *arguments)
{
	return listing_run(command, arguments, &listing);
}

#define RIGHTS                                                                        \
	"\n--sender A, once or often: who mail may be from: an address, @domain, or " \
	"'*'.\n--scope: send (the default), read, admin, or several with commas.\n"   \
	"--tenant: whose mail it is, and nobody else's is touched.\n"                 \
	"--messages-per-hour, --recipients (of a message): 0 or not given: the\n"     \
	"configuration's.\n--days: it is good for so long.\n"

const struct command command_key_add = {
	.name = "key add",
	.summary = "Make a key for the HTTP API",
	.usage = "NAME --sender A… [--scope S] [--tenant T] [--days N]\n"
		 "       [--messages-per-hour N] [--recipients N] [--json]\n\n"
		 "Prints the key, and keeps only a hash of it: it is not shown again.\n"
		 "Mail sent with it is of the account \"api:NAME\".\n" RIGHTS,
	.run = run_add,
};

const struct command command_key_change = {
	.name = "key change",
	.summary = "Change what a key may do",
	.usage = "NAME [--sender A]… [--scope S] [--tenant T] [--days N]\n"
		 "       [--messages-per-hour N] [--recipients N] "
		 "[--disable|--enable]\n       [--json]\n\n"
		 "What is not given stays as it is; --sender replaces all there were.\n"
		 "Other nodes know within 30 seconds.\n" RIGHTS,
	.run = run_change,
};

const struct command command_key_list = {
	.name = "key list",
	.summary = "List the keys of the HTTP API",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "Names, what each may do, for whom, and when it was made.\n",
	.run = run_list,
};

const struct command command_key_remove = {
	.name = "key remove",
	.summary = "Take a key of the HTTP API away",
	.usage = "NAME [--json] [-c FILE] [--socket PATH]\n\n"
		 "At once on this node, within 30 seconds on the others.\n",
	.run = run_remove,
};
