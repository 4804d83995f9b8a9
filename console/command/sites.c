/* `ringpost sites`: destinations, and how it goes with each. */
#include "base/memory.h"

#include "command/listing.h"

static void add_row(struct table *table, const struct value *site, int64_t now_ms)
{
	static const char *const columns[] = {
		"connections", "idle", "ahead", "waiting", "delivered", "deferred"};
	int64_t until = value_get_number(site, "backoff_until_ms");
	struct slice trouble = value_get_text(site, "trouble");
	struct slice limit = value_get_text(site, "limit");
	struct buffer cell = {0};
	char text[WORDS_SIZE];

	for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
		table_add_text(table,
			words_number(
				(uint64_t)value_get_number(site, columns[i]), text));
	buffer_append(&cell, value_get_text(site, "site"));
	if (value_get_text(site, "source").size)
		buffer_append_format(&cell, " from %.*s",
			SLICE_PRINT(value_get_text(site, "source")));
	if (until > now_ms)
		buffer_append_format(&cell, ", left alone, next %s",
			words_when(until, now_ms, text));
	if (limit.size)
		buffer_append_format(&cell, ", waits for %.*s", SLICE_PRINT(limit));
	if (trouble.size)
		buffer_append_format(&cell, ": %.*s", SLICE_PRINT(trouble));
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
}

static int run(const struct command *command, struct arguments *arguments)
{
	static const char *const heads[] = {
		"CONN", "IDLE", "AHEAD", "WAITING", "DELIVERED", "DEFERRED", "SITE"};
	const struct listing listing = {heads, ARRAY_COUNT(heads), .add_row = add_row};

	return listing_run(command, arguments, &listing);
}

const struct command command_sites = {
	.name = "sites",
	.summary = "Say how it goes with each destination",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "A site is a set of mail servers, for whichever domains. Shown are "
		 "those\n"
		 "the server has to do with now: connections, how many\n"
		 "messages may be in flight over each, entries waiting and for which "
		 "limit,\n"
		 "and what the last trouble was.\n",
	.run = run,
};
