/* `ringpost sources`: where mail leaves from, and how it goes with each. */
#include "base/memory.h"

#include "command/listing.h"

static void say_place(struct buffer *cell, const struct value *source)
{
	static const char *const names[] = {"address", "address6", "proxy"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		struct slice text = value_get_text(source, names[i]);

		if (text.size)
			buffer_append_format(cell, "%s%.*s", i == 2 ? " by " : " ",
				SLICE_PRINT(text));
	}
}

static void say_pools(struct buffer *cell, const struct value *pools)
{
	for (size_t i = 0; i < value_count(pools); i++)
		buffer_append_format(cell, "%s%.*s", i ? ", " : ", of ",
			SLICE_PRINT(value_text(value_at(pools, i))));
}

static void say_warmup(struct buffer *cell, const struct value *warmup, int64_t now_ms)
{
	struct slice provider = value_get_text(warmup, "provider");
	int64_t until = value_get_number(warmup, "shut_until_ms");
	char text[WORDS_SIZE];

	buffer_append_format(cell, "; warm-up");
	if (provider.size)
		buffer_append_format(cell, " toward %.*s", SLICE_PRINT(provider));
	if (value_get_truth(warmup, "over"))
		buffer_append_format(cell, " over");
	else if (value_get_number(warmup, "day") == 0)
		buffer_append_format(cell, " not begun");
	else
		buffer_append_format(cell, " day %lld of %lld, %lld of %lld sent",
			(long long)value_get_number(warmup, "day"),
			(long long)value_get_number(warmup, "days"),
			(long long)value_get_number(warmup, "sent"),
			(long long)value_get_number(warmup, "allowed"));
	if (until > now_ms)
		buffer_append_format(
			cell, ", more %s", words_when(until, now_ms, text));
}

static void add_row(struct table *table, const struct value *source, int64_t now_ms)
{
	static const char *const columns[] = {
		"connections", "waiting", "delivered", "deferred"};
	const struct value *warmups = value_get(source, "warmup");
	struct slice trouble = value_get_text(source, "trouble");
	struct buffer cell = {0};
	char text[WORDS_SIZE];

	for (size_t i = 0; i < ARRAY_COUNT(columns); i++)
		table_add_text(table,
			words_number(
				(uint64_t)value_get_number(source, columns[i]), text));
	buffer_append(&cell, value_get_text(source, "source"));
	say_place(&cell, source);
	say_pools(&cell, value_get(source, "pools"));
	if (trouble.size)
		buffer_append_format(&cell, "; out: %.*s", SLICE_PRINT(trouble));
	for (size_t i = 0; i < value_count(warmups); i++)
		say_warmup(&cell, value_at(warmups, i), now_ms);
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
}

static int run(const struct command *command, struct arguments *arguments)
{
	static const char *const heads[] = {
		"CONN", "WAITING", "DELIVERED", "DEFERRED", "SOURCE"};
	const struct listing listing = {heads, ARRAY_COUNT(heads), .add_row = add_row};

	return listing_run(command, arguments, &listing);
}

const struct command command_sources = {
	.name = "sources",
	.summary = "Say how it goes with each address mail leaves from",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "Of each source: connections, entries waiting, deliveries since the\n"
		 "start, its address, its pools, why it is out, if it is, and how far\n"
		 "its warm-up has come: \"sent\" counts all nodes.\n",
	.run = run,
};
