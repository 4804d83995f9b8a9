/* `ringpost user list`: which accounts there are. */
#include "base/memory.h"

#include "command/listing.h"

static void add_limit(struct buffer *cell, const struct value *account,
	const char *name, const char *what)
{
	int64_t limit = value_get_number(account, name);

	if (limit)
		buffer_append_format(cell, "%s%lld %s", buffer_size(cell) ? ", " : "",
			(long long)limit, what);
}

static void add_quota(struct buffer *cell, int64_t bytes)
{
	char text[WORDS_SIZE];

	if (bytes)
		buffer_append_format(cell, "%s%s kept", buffer_size(cell) ? ", " : "",
			words_size((uint64_t)bytes, text));
}

static void add_texts(struct buffer *cell, const struct value *texts)
{
	for (size_t i = 0; i < value_count(texts); i++)
		buffer_append_format(cell, "%s%.*s", buffer_size(cell) ? " " : "",
			SLICE_PRINT(value_text(value_at(texts, i))));
}

static void add_row(struct table *table, const struct value *account, int64_t now_ms)
{
	const struct value *senders = value_get(account, "senders");
	struct buffer cell = {0};
	char text[WORDS_SIZE];

	table_add(table, value_get_text(account, "name"));
	table_add_text(table,
		words_time(value_get_number(account, "changed_ms"), now_ms, text));
	add_texts(&cell, senders);
	if (!value_count(senders))
		buffer_append(&cell, SLICE("(its own name)"));
	table_add(table, buffer_contents(&cell));
	buffer_clear(&cell);
	add_texts(&cell, value_get(account, "addresses"));
	table_add(table, buffer_contents(&cell));
	buffer_clear(&cell);
	if (value_get_truth(account, "disabled"))
		buffer_append(&cell, SLICE("DISABLED"));
	if (value_get_text(account, "tenant").size)
		buffer_append_format(&cell, "%stenant %.*s",
			buffer_size(&cell) ? ", " : "",
			SLICE_PRINT(value_get_text(account, "tenant")));
	add_limit(&cell, account, "messages_per_hour", "messages/h");
	add_limit(&cell, account, "recipients_per_message", "recipients");
	add_limit(&cell, account, "sessions", "sessions");
	add_limit(&cell, account, "quota_messages", "messages kept");
	add_quota(&cell, value_get_number(account, "quota_bytes"));
	if (value_get_truth(account, "cram_md5"))
		buffer_append_format(
			&cell, "%sCRAM-MD5", buffer_size(&cell) ? ", " : "");
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
}

static const char *const heads[] = {
	"NAME", "CHANGED", "MAY SEND AS", "MAIL FOR", "LIMITS"};
static const struct listing listing = {
	heads, ARRAY_COUNT(heads), .words = true, .add_row = add_row};

static int run(const struct command *command, struct arguments *arguments)
{
	return listing_run(command, arguments, &listing);
}

const struct command command_user_list = {
	.name = "user list",
	.summary = "List the accounts",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "With the addresses each may send as, those whose mail is its own, "
		 "and limits\n"
		 "of its own.\n",
	.run = run,
};
