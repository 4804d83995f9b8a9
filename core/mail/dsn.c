/* Puts a notification together (RFC 6522); see dsn.h. */
#include "mail/dsn.h"

#include <assert.h>

#include "base/arena.h"
#include "mail/dsn_status.h"
#include "mail/dsn_write.h"
#include "mail/header.h"
#include "mail/msgid.h"

#define BOUNDARY_ID_MAX 50

static void put_header(
	struct dsn_writer *writer, const struct dsn *dsn, const char *boundary);
static void put_references(
	struct dsn_writer *writer, struct arena *arena, struct slice block);
static void put_original(
	struct dsn_writer *writer, const struct dsn *dsn, const char *boundary);
static const char *make_boundary(const struct dsn *dsn, char text[BOUNDARY_ID_MAX + 8]);
static void put_delimiter(
	struct dsn_writer *writer, const char *boundary, const char *type);
static const char *subject_of(const struct dsn *dsn);

bool dsn_build(const struct dsn *dsn, struct buffer *before, struct buffer *after)
{
	struct dsn_writer writer = {.out = before, .utf8 = dsn->utf8};
	struct dsn_writer end = {.out = after};
	char text[BOUNDARY_ID_MAX + 8];
	const char *boundary = make_boundary(dsn, text);

	assert(dsn->recipient_count && dsn->to.size);
	put_header(&writer, dsn, boundary);
	put_delimiter(&writer, boundary,
		dsn->utf8 ? "text/plain; charset=utf-8"
			  : "text/plain; charset=us-ascii");
	dsn_put(&writer,
		dsn->utf8 ? "Content-Transfer-Encoding: 8bit\r\n\r\n" : "\r\n");
	dsn_put_text(&writer, dsn);
	put_delimiter(&writer, boundary,
		dsn->utf8 ? "message/global-delivery-status"
			  : "message/delivery-status");
	dsn_put(&writer,
		dsn->utf8 ? "Content-Transfer-Encoding: 8bit\r\n\r\n" : "\r\n");
	dsn_put_status(&writer, dsn);
	put_original(&writer, dsn, boundary);
	dsn_put(&end, "\r\n--");
	dsn_put(&end, boundary);
	dsn_put(&end, "--\r\n");
	return !writer.failed && !end.failed;
}

bool dsn_is_eight_bit(const struct dsn *dsn)
{
	return dsn->utf8 || (dsn->full && dsn->full_eight_bit);
}

static void put_header(
	struct dsn_writer *writer, const struct dsn *dsn, const char *boundary)
{
	struct arena arena = {0};
	struct slice id = msgid_make(&arena, dsn->queue_id, dsn->hostname);

	dsn_put(writer, "From: Mail Delivery System <");
	dsn_put_clean(writer, dsn->from);
	dsn_put(writer, ">\r\nTo: <");
	dsn_put_address(writer, dsn->to);
	dsn_put(writer, ">\r\nSubject: ");
	dsn_put(writer, subject_of(dsn));
	dsn_put(writer, "\r\nDate: ");
	dsn_put_date(writer, dsn->now_ms);
	dsn_put(writer, "\r\nMessage-ID: ");
	dsn_put_clean(writer, id);
	dsn_put(writer, "\r\n");
	put_references(writer, &arena, dsn->header);
	if (dsn->tls_optional)
		dsn_put(writer, "TLS-Required: No\r\n");
	dsn_put(writer,
		"Auto-Submitted: auto-replied\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/report; report-type=delivery-status;\r\n"
		"\tboundary=\"");
	dsn_put(writer, boundary);
	dsn_put(writer, "\"\r\n");
	if (dsn_is_eight_bit(dsn))
		dsn_put(writer, "Content-Transfer-Encoding: 8bit\r\n");
	dsn_put(writer,
		"\r\nThis is a delivery status notification in MIME format.\r\n");
	arena_finish(&arena);
}

/* So that mail programs show it beside the message it is about. */
static void put_references(
	struct dsn_writer *writer, struct arena *arena, struct slice block)
{
	const struct header_field *field = NULL;
	struct slice id = SLICE_EMPTY;
	struct header header;

	if (header_scan(arena, block, 0, 0, &header))
		field = header_find(&header, HEADER_MESSAGE_ID);
	if (field)
		id = msgid_parse(field->value);
	if (!id.size || id.size > 500)
		return;
	dsn_put(writer, "In-Reply-To: ");
	dsn_put_clean(writer, id);
	dsn_put(writer, "\r\nReferences: ");
	dsn_put_clean(writer, id);
	dsn_put(writer, "\r\n");
}

static void put_original(
	struct dsn_writer *writer, const struct dsn *dsn, const char *boundary)
{
	if (dsn->full) {
		put_delimiter(writer, boundary,
			dsn->utf8 ? "message/global" : "message/rfc822");
		if (dsn_is_eight_bit(dsn))
			dsn_put(writer, "Content-Transfer-Encoding: 8bit\r\n");
		dsn_put(writer, "\r\n");
		return;
	}
	put_delimiter(writer, boundary,
		dsn->utf8 ? "message/global-headers" : "text/rfc822-headers");
	if (dsn->utf8)
		dsn_put(writer, "Content-Transfer-Encoding: 8bit\r\n");
	dsn_put(writer, "\r\n");
	dsn_put_header(writer, dsn->header);
}

static void put_delimiter(
	struct dsn_writer *writer, const char *boundary, const char *type)
{
	dsn_put(writer, "\r\n--");
	dsn_put(writer, boundary);
	dsn_put(writer, "\r\nContent-Type: ");
	dsn_put(writer, type);
	dsn_put(writer, "\r\n");
}

/* "=_" stands in no quoted-printable or base64 text (RFC 2045 6.7), and the
 * queue id in nothing written before it was given out. */
static const char *make_boundary(const struct dsn *dsn, char text[BOUNDARY_ID_MAX + 8])
{
	size_t size = 0;

	text[size++] = '=';
	text[size++] = '_';
	for (size_t i = 0; i < dsn->queue_id.size && i < BOUNDARY_ID_MAX; i++) {
		char c = dsn->queue_id.at[i];

		text[size++] = ascii_is_alnum(c) ? c : '_';
	}
	text[size++] = '_';
	text[size++] = 'd';
	text[size++] = 's';
	text[size++] = 'n';
	text[size] = '\0';
	return text;
}

static const char *subject_of(const struct dsn *dsn)
{
	static const char *const subjects[] = {
		[DSN_FAILED] = "Your message could not be delivered",
		[DSN_DELAYED] = "Your message is delayed",
		[DSN_DELIVERED] = "Your message was delivered",
		[DSN_RELAYED] = "Your message was handed on",
		[DSN_EXPANDED] = "Your message was passed on to a list",
	};
	enum dsn_action worst = DSN_EXPANDED;

	for (size_t i = 0; i < dsn->recipient_count; i++) {
		if (dsn->recipients[i].action < worst)
			worst = dsn->recipients[i].action;
	}
	return subjects[worst];
}
