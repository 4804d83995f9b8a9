/* `ringpost changes`: who changed what. */
#include "base/failure.h"
#include "base/memory.h"

#include "client/client.h"
#include "command/listing.h"
#include "report/moment.h"

#define LIMIT_ELSE 50

struct wish {
	const char *by, *of, *object, *tenant, *since;
	uint64_t limit;
	bool json;
};

static void add_row(struct table *table, const struct value *change, int64_t now_ms)
{
	struct slice key = value_get_text(change, "key");
	struct slice tenant = value_get_text(change, "tenant");
	struct slice reason = value_get_text(change, "reason");
	struct slice outcome = value_get_text(change, "outcome");
	struct slice why = slice_cut(&reason, '\n');
	char at[32], text[WORDS_SIZE];
	struct buffer cell = {0};
	int64_t at_ms = 0;

	if (slice_to_text(value_get_text(change, "at"), at, sizeof(at)))
		moment_parse(at, &at_ms);
	table_add_text(table, words_time(at_ms, now_ms, text));
	buffer_append_format(&cell, "%s%.*s", key.size ? "key " : "",
		SLICE_PRINT(key.size ? key : value_get_text(change, "by")));
	table_add(table, buffer_contents(&cell));
	buffer_clear(&cell);
	table_add(table, value_get_text(change, "command"));
	buffer_append(&cell, value_get_text(change, "object"));
	if (tenant.size)
		buffer_append_format(&cell, " of %.*s", SLICE_PRINT(tenant));
	if (!slice_equal(outcome, SLICE("done")))
		buffer_append_format(&cell, "%s%.*s: %.*s",
			buffer_size(&cell) ? ", " : "", SLICE_PRINT(outcome),
			SLICE_PRINT(why));
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
}

static void add_text(struct value *question, const char *name, const char *text)
{
	if (text)
		value_set_text(question, name, slice_of(text));
}

static int run(const struct command *command, struct arguments *arguments)
{
	static const char *const heads[] = {"WHEN", "WHO", "DID", "TO"};
	const struct listing listing = {
		heads, ARRAY_COUNT(heads), .words = true, .add_row = add_row};
	struct wish wish = {.limit = LIMIT_ELSE};
	const struct option options[] = {{"by", OPTION_TEXT, &wish.by, NULL},
		{"command", OPTION_TEXT, &wish.of, NULL},
		{"object", OPTION_TEXT, &wish.object, NULL},
		{"tenant", OPTION_TEXT, &wish.tenant, NULL},
		{"since", OPTION_TEXT, &wish.since, NULL},
		{"limit", OPTION_NUMBER, &wish.limit, NULL},
		{"json", OPTION_FLAG, &wish.json, NULL}};
	struct value *question;
	int64_t since_ms = 0;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)) ||
		!moment_read_past("--since", wish.since, &since_ms))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	question = client_question(command->name);
	add_text(question, "by", wish.by);
	add_text(question, "of", wish.of);
	add_text(question, "object", wish.object);
	add_text(question, "tenant", wish.tenant);
	value_set_number(question, "since_ms", since_ms);
	value_set_number(question, "limit", (int64_t)wish.limit);
	return listing_ask(arguments, question, wish.json, &listing);
}

const struct command command_changes = {
	.name = "changes",
	.summary = "Say who changed what, with a command or over HTTP",
	.usage = "[--since TIME] [--by WHO] [--command NAME] [--object NAME]\n"
		 "       [--tenant NAME] [--limit N] [--json] [-c FILE] [--socket "
		 "PATH]\n\n"
		 "The youngest first, from the log (its last 256 MiB), 50 of them; "
		 "with\n"
		 "what was tried and refused, too.\n\n"
		 "--since: a time, or so long ago (2h). --by: \"uid 0\", the name of "
		 "an\n"
		 "API key, or its id. --command: \"webhook add\", or all of "
		 "\"webhook\".\n",
	.run = run,
};
