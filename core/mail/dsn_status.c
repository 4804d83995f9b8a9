/* The fields for programs (RFC 3464 2); see dsn_status.h. */
#include "mail/dsn_status.h"

static void put_recipient(struct dsn_writer *writer, const struct dsn_recipient *r);
static void put_diagnostic(struct dsn_writer *writer, const struct dsn_recipient *r);
static bool is_status(struct slice status);

const char *dsn_action_word(enum dsn_action action)
{
	static const char *const words[] = {
		[DSN_FAILED] = "failed",
		[DSN_DELAYED] = "delayed",
		[DSN_DELIVERED] = "delivered",
		[DSN_RELAYED] = "relayed",
		[DSN_EXPANDED] = "expanded",
	};

	return words[action];
}

void dsn_put_status(struct dsn_writer *writer, const struct dsn *dsn)
{
	if (dsn->envelope_id.size) {
		dsn_put(writer, "Original-Envelope-Id: ");
		dsn_put_clean(writer, dsn->envelope_id);
		dsn_put(writer, "\r\n");
	}
	dsn_put(writer, "Reporting-MTA: dns; ");
	dsn_put_clean(writer, dsn->hostname);
	dsn_put(writer, "\r\n");
	if (dsn->arrival_ms) {
		dsn_put(writer, "Arrival-Date: ");
		dsn_put_date(writer, dsn->arrival_ms);
		dsn_put(writer, "\r\n");
	}
	if (dsn->deliver_by_ms) {
		dsn_put(writer, "Deliver-By-Date: ");
		dsn_put_date(writer, dsn->deliver_by_ms);
		dsn_put(writer, "\r\n");
	}
	for (size_t i = 0; i < dsn->recipient_count; i++) {
		dsn_put(writer, "\r\n");
		put_recipient(writer, &dsn->recipients[i]);
	}
}

static void put_recipient(struct dsn_writer *writer, const struct dsn_recipient *r)
{
	static const char *const none[] = {
		[DSN_FAILED] = "5.0.0",
		[DSN_DELAYED] = "4.0.0",
		[DSN_DELIVERED] = "2.0.0",
		[DSN_RELAYED] = "2.0.0",
		[DSN_EXPANDED] = "2.0.0",
	};

	if (r->original.size) {
		dsn_put(writer, "Original-Recipient: ");
		dsn_put_typed_address(writer, r->original_type, r->original);
		dsn_put(writer, "\r\n");
	}
	dsn_put(writer, "Final-Recipient: ");
	dsn_put_typed_address(writer, SLICE_EMPTY, r->address);
	dsn_put(writer, "\r\nAction: ");
	dsn_put(writer, dsn_action_word(r->action));
	dsn_put(writer, "\r\nStatus: ");
	if (is_status(r->status))
		dsn_put_clean(writer, r->status);
	else
		dsn_put(writer, none[r->action]);
	dsn_put(writer, "\r\n");
	if (r->remote_mta.size) {
		dsn_put(writer, "Remote-MTA: dns; ");
		dsn_put_clean(writer, r->remote_mta);
		dsn_put(writer, "\r\n");
	}
	put_diagnostic(writer, r);
	if (r->last_attempt_ms) {
		dsn_put(writer, "Last-Attempt-Date: ");
		dsn_put_date(writer, r->last_attempt_ms);
		dsn_put(writer, "\r\n");
	}
	if (r->action == DSN_DELAYED && r->retry_until_ms) {
		dsn_put(writer, "Will-Retry-Until: ");
		dsn_put_date(writer, r->retry_until_ms);
		dsn_put(writer, "\r\n");
	}
}

/* RFC 3464 2.3.6: "smtp" is for replies of a server; ours is our own type. */
static void put_diagnostic(struct dsn_writer *writer, const struct dsn_recipient *r)
{
	struct slice reply = slice_trim_all(r->reply);
	struct slice reason = slice_trim_all(r->reason);

	if (reply.size) {
		dsn_put(writer, "Diagnostic-Code: smtp; ");
		dsn_put_folded(writer, reply, "    ", 23);
	} else if (reason.size) {
		dsn_put(writer, "Diagnostic-Code: X-Ringpost; ");
		dsn_put_folded(writer, reason, "    ", 29);
	} else {
		return;
	}
	dsn_put(writer, "\r\n");
}

/* RFC 3463 2: class "." subject "." detail. */
static bool is_status(struct slice status)
{
	struct slice class = slice_cut(&status, '.');
	struct slice subject = slice_cut(&status, '.');
	uint64_t value;

	if (class.size != 1 ||
		(*class.at != '2' && *class.at != '4' && *class.at != '5'))
		return false;
	return subject.size <= 3 && slice_to_u64(subject, &value) && status.size <= 3 &&
	       slice_to_u64(status, &value);
}
