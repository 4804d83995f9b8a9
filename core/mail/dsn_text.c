/* The text that tells a person what became of the message; see dsn_status.h. */
#include "mail/dsn_status.h"

#include "base/arena.h"
#include "mail/header.h"

static void put_intro(struct dsn_writer *writer, const struct dsn *dsn);
static void put_group(
	struct dsn_writer *writer, const struct dsn *dsn, enum dsn_action action);
static void put_recipient(struct dsn_writer *writer, const struct dsn_recipient *r);
static void put_cause(struct dsn_writer *writer, const struct dsn_recipient *r);
static void put_reply(struct dsn_writer *writer, struct slice reply);
static void put_end(struct dsn_writer *writer, const struct dsn *dsn);

void dsn_put_text(struct dsn_writer *writer, const struct dsn *dsn)
{
	static const enum dsn_action order[] = {
		DSN_FAILED, DSN_DELAYED, DSN_DELIVERED, DSN_RELAYED, DSN_EXPANDED};

	put_intro(writer, dsn);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		put_group(writer, dsn, order[i]);
	put_end(writer, dsn);
}

/* Which message this is about: its subject, and when it came. */
static void put_intro(struct dsn_writer *writer, const struct dsn *dsn)
{
	struct arena arena = {0};
	struct header header;
	const struct header_field *subject = NULL;

	if (header_scan(&arena, dsn->header, 0, 0, &header))
		subject = header_find(&header, HEADER_SUBJECT);
	dsn_put(writer, "This is a report about your message");
	if (dsn->arrival_ms) {
		dsn_put(writer, " of\r\n");
		dsn_put_date(writer, dsn->arrival_ms);
	}
	/* An encoded one (RFC 2047) would only puzzle. */
	if (subject && slice_trim_all(subject->value).size &&
		slice_find(subject->value, SLICE("=?")) == subject->value.size) {
		dsn_put(writer, ":\r\n\r\n  Subject: ");
		dsn_put_folded(writer, subject->value, "    ", 11);
		dsn_put(writer, "\r\n\r\n");
	} else {
		dsn_put(writer, ".\r\n\r\n");
	}
	arena_finish(&arena);
}

static void put_group(
	struct dsn_writer *writer, const struct dsn *dsn, enum dsn_action action)
{
	static const char *const intro[] = {
		[DSN_FAILED] = "It could not be delivered to the recipients below, and "
			       "will not be\r\ntried again:\r\n\r\n",
		[DSN_DELAYED] =
			"It has not been delivered to the recipients below so far. "
			"Delivery is\r\ntried again by itself; you need not send the "
			"message again:\r\n\r\n",
		[DSN_DELIVERED] = "It was delivered to:\r\n\r\n",
		[DSN_RELAYED] = "It was handed on for the recipients below, to servers "
				"that do not say\r\nwhen it is delivered:\r\n\r\n",
		[DSN_EXPANDED] = "It was passed on to all members of:\r\n\r\n",
	};
	bool begun = false;

	for (size_t i = 0; i < dsn->recipient_count; i++) {
		if (dsn->recipients[i].action != action)
			continue;
		if (!begun)
			dsn_put(writer, intro[action]);
		begun = true;
		put_recipient(writer, &dsn->recipients[i]);
	}
}

static void put_recipient(struct dsn_writer *writer, const struct dsn_recipient *r)
{
	dsn_put(writer, "  <");
	dsn_put_address(writer, r->address);
	dsn_put(writer, ">\r\n");
	if (r->original.size && !slice_equal_nocase(r->original, r->address)) {
		dsn_put(writer, "    (sent to ");
		dsn_put_address(writer, r->original);
		dsn_put(writer, ")\r\n");
	}
	if (r->action == DSN_FAILED || r->action == DSN_DELAYED)
		put_cause(writer, r);
	if (r->action == DSN_DELAYED && r->retry_until_ms) {
		dsn_put(writer, "    Tried until ");
		dsn_put_date(writer, r->retry_until_ms);
		dsn_put(writer, ", then returned to you.\r\n");
	}
	dsn_put(writer, "\r\n");
}

static void put_cause(struct dsn_writer *writer, const struct dsn_recipient *r)
{
	struct slice reason = slice_trim_all(r->reason);

	if (slice_trim_all(r->reply).size) {
		dsn_put(writer, "    The server ");
		dsn_put_clean(writer,
			r->remote_mta.size ? r->remote_mta : SLICE("of the recipient"));
		if (r->remote_address.size) {
			dsn_put(writer, " [");
			dsn_put_clean(writer, r->remote_address);
			dsn_put(writer, "]");
		}
		dsn_put(writer, " said:\r\n");
		put_reply(writer, r->reply);
	}
	if (reason.size) {
		dsn_put(writer, "    ");
		dsn_put_folded(writer, reason, "    ", 4);
		dsn_put(writer, "\r\n");
	}
}

/* Its lines stay lines. */
static void put_reply(struct dsn_writer *writer, struct slice reply)
{
	reply = slice_part(slice_trim_all(reply), 0, DSN_REPLY_MAX);
	while (reply.at) {
		struct slice line = slice_trim_all(slice_cut(&reply, '\n'));

		if (!line.size)
			continue;
		dsn_put(writer, "      ");
		dsn_put_folded(writer, line, "        ", 6);
		dsn_put(writer, "\r\n");
	}
}

static void put_end(struct dsn_writer *writer, const struct dsn *dsn)
{
	dsn_put(writer, "If you need help, give this report to your postmaster");
	if (dsn->original_id.size) {
		dsn_put(writer, ". The server\r\n");
		dsn_put_clean(writer, dsn->hostname);
		dsn_put(writer, " knows your message as ");
		dsn_put_clean(writer, dsn->original_id);
	}
	dsn_put(writer, ".\r\n");
}
