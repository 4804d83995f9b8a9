/* Many notifications in one message; see dsn_digest.h. */
#include "mail/dsn_digest.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "mail/dsn_write.h"
#include "mail/msgid.h"
#include "mail/text.h"

static void put_header(
	struct dsn_writer *writer, const struct dsn_digest *digest, uint64_t total);
static void put_counts(struct dsn_writer *writer, const struct dsn_digest *digest);
static void put_line(struct dsn_writer *writer, const struct dsn_digest_line *line);

/* ---- As it is kept ---- */

static void pack_field(struct buffer *into, struct slice field, size_t most)
{
	char clean[DSN_DIGEST_SAID_MAX];

	if (most > sizeof(clean))
		most = sizeof(clean);
	buffer_append(into, slice_make(clean, text_clean(field, clean, most)));
}

void dsn_digest_pack(const struct dsn_digest_line *line, struct buffer *into)
{
	buffer_append_format(into, "%s\t", dsn_action_word(line->action));
	pack_field(into, line->status, 16);
	buffer_append_byte(into, '\t');
	pack_field(into, line->id, 32);
	buffer_append_byte(into, '\t');
	pack_field(into, line->address, DSN_DIGEST_SAID_MAX);
	buffer_append_byte(into, '\t');
	pack_field(into, line->said, DSN_DIGEST_SAID_MAX);
}

static bool action_of(struct slice word, enum dsn_action *action_r)
{
	for (unsigned i = 0; i < DSN_ACTIONS; i++) {
		if (!slice_equal(word, slice_of(dsn_action_word((enum dsn_action)i))))
			continue;
		*action_r = (enum dsn_action)i;
		return true;
	}
	return false;
}

bool dsn_digest_unpack(struct slice text, struct dsn_digest_line *line_r)
{
	struct dsn_digest_line line = {.action = DSN_FAILED};

	if (text.size > DSN_DIGEST_LINE_MAX ||
		!action_of(slice_cut(&text, '\t'), &line.action))
		return false;
	line.status = slice_cut(&text, '\t');
	line.id = slice_cut(&text, '\t');
	line.address = slice_cut(&text, '\t');
	line.said = slice_cut(&text, '\t');
	if (!line.said.at || text.at || !line.address.size)
		return false;
	*line_r = line;
	return true;
}

/* ---- As it is told ---- */

bool dsn_digest_is_utf8(const struct dsn_digest *digest)
{
	return !text_is_ascii(digest->to);
}

static uint64_t sum(const struct dsn_digest *digest)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < DSN_ACTIONS; i++)
		total += digest->counts[i];
	return total;
}

bool dsn_digest_build(const struct dsn_digest *digest, struct buffer *text)
{
	struct dsn_writer writer = {.out = text, .utf8 = dsn_digest_is_utf8(digest)};
	uint64_t total = sum(digest);

	put_header(&writer, digest, total);
	dsn_put(&writer, "There were too many notifications about your mail to send "
			 "each of them.\r\nThose that were not sent, from\r\n");
	dsn_put_date(&writer, digest->since_ms);
	dsn_put(&writer, " to\r\n");
	dsn_put_date(&writer, digest->until_ms);
	dsn_put(&writer, ", were about:\r\n\r\n");
	put_counts(&writer, digest);
	if (digest->line_count < total)
		dsn_put(&writer, "\r\nThe first of them:\r\n");
	for (size_t i = 0; i < digest->line_count; i++)
		put_line(&writer, &digest->lines[i]);
	dsn_put(&writer, "\r\nThe log of ");
	dsn_put_clean(&writer, digest->hostname);
	dsn_put(&writer, " has all of them. If you need help, give this to "
			 "your\r\npostmaster.\r\n");
	return !writer.failed;
}

static void put_number(struct dsn_writer *writer, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	dsn_put(writer, text);
}

static void put_header(
	struct dsn_writer *writer, const struct dsn_digest *digest, uint64_t total)
{
	struct arena arena = {0};

	dsn_put(writer, "From: Mail Delivery System <");
	dsn_put_clean(writer, digest->from);
	dsn_put(writer, ">\r\nTo: <");
	dsn_put_address(writer, digest->to);
	dsn_put(writer, ">\r\nSubject: ");
	put_number(writer, total);
	dsn_put(writer, " more reports about your messages\r\nDate: ");
	dsn_put_date(writer, digest->now_ms);
	dsn_put(writer, "\r\nMessage-ID: ");
	dsn_put_clean(writer, msgid_make(&arena, digest->queue_id, digest->hostname));
	dsn_put(writer, "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
	dsn_put(writer, writer->utf8
				? "Content-Type: text/plain; charset=utf-8\r\n"
				  "Content-Transfer-Encoding: 8bit\r\n\r\n"
				: "Content-Type: text/plain; charset=us-ascii\r\n\r\n");
	arena_finish(&arena);
}

static void put_counts(struct dsn_writer *writer, const struct dsn_digest *digest)
{
	static const char *const words[] = {
		[DSN_FAILED] = " that could not be delivered",
		[DSN_DELAYED] = " that are delayed",
		[DSN_DELIVERED] = " that were delivered",
		[DSN_RELAYED] = " that were handed on",
		[DSN_EXPANDED] = " that were passed on to a list",
	};

	for (unsigned i = 0; i < DSN_ACTIONS; i++) {
		if (!digest->counts[i])
			continue;
		dsn_put(writer, "  ");
		put_number(writer, digest->counts[i]);
		dsn_put(writer, words[i]);
		dsn_put(writer, "\r\n");
	}
}

static void put_line(struct dsn_writer *writer, const struct dsn_digest_line *line)
{
	dsn_put(writer, "\r\n");
	dsn_put(writer, dsn_action_word(line->action));
	dsn_put(writer, " ");
	dsn_put_clean(writer, line->status);
	dsn_put(writer, " <");
	dsn_put_address(writer, line->address);
	dsn_put(writer, ">, message ");
	dsn_put_clean(writer, line->id);
	dsn_put(writer, "\r\n");
	if (!line->said.size)
		return;
	dsn_put(writer, "    ");
	dsn_put_folded(writer, line->said, "      ", 4);
	dsn_put(writer, "\r\n");
}
