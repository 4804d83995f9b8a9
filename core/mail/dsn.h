/*
 * Delivery status notifications: multipart/report messages (RFC 6522) with a
 * text for people, message/delivery-status for programs (RFC 3464), and the
 * original or its header (RFC 3461 4.3). For an original with SMTPUTF8 they
 * take the forms of RFC 6533; for others all that is not the original itself
 * is ASCII, whatever the replies and addresses hold.
 *
 * Envelope of what is built: from <>, to dsn->to; SMTPUTF8 if dsn->utf8;
 * BODY=8BITMIME if dsn_is_eight_bit. Never build one for a message from <>.
 */
#ifndef RINGPOST_MAIL_DSN_H
#define RINGPOST_MAIL_DSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

enum dsn_action {
	DSN_FAILED,
	DSN_DELAYED,
	DSN_DELIVERED,
	DSN_RELAYED,  /* to a server that sends no notifications */
	DSN_EXPANDED, /* to a list of recipients */
};

/* Empty slices and zero times: not known, the field is left out. */
struct dsn_recipient {
	enum dsn_action action;
	struct slice address;	     /* "user@example.org", no brackets */
	struct slice original_type;  /* ORCPT, decoded: "rfc822" … */
	struct slice original;	     /* … and the address it names */
	struct slice status;	     /* "5.1.1"; else x.0.0 after the action */
	struct slice remote_mta;     /* the host that answered */
	struct slice remote_address; /* its address, for the text part */
	struct slice reply;	     /* what it said: "550 5.1.1 No such user", lines
					apart by CRLF; only of a remote MTA */
	struct slice reason;	     /* when no reply decided: "no MX answered", … */
	int64_t last_attempt_ms;
	int64_t retry_until_ms; /* delayed only */
};

/* The most of the original's header that is returned, and of a reply. */
#define DSN_HEADER_MAX 65536
#define DSN_REPLY_MAX  2048

struct dsn {
	struct slice hostname;	  /* Reporting-MTA */
	struct slice from;	  /* "MAILER-DAEMON@mail.example.com" */
	struct slice to;	  /* the original's reverse path */
	struct slice queue_id;	  /* this notification's: Message-ID, boundary */
	struct slice original_id; /* the original's queue id, for people */
	struct slice envelope_id; /* ENVID, decoded */
	int64_t now_ms;
	int64_t arrival_ms;    /* when the original came */
	int64_t deliver_by_ms; /* its time, RFC 2852 6 */
	bool tls_optional;     /* it has "TLS-Required: no", RFC 8689 5 */
	const struct dsn_recipient *recipients;
	size_t recipient_count; /* at least 1 */
	struct slice header;	/* the original's, without the blank line; it
				   also names the message to people */
	bool full;		/* RET=FULL: the caller adds the original */
	bool full_eight_bit;	/* that original holds 8-bit bytes */
	bool utf8;		/* the original came with SMTPUTF8 */
};

/*
 * Writes the notification in two parts, each byte of them legal SMTP text.
 * With full, the whole original goes between them, unchanged; without, AFTER
 * follows BEFORE at once, which then ends in the header (cut at a field's end
 * after DSN_HEADER_MAX bytes).
 *
 * False with FAILURE_LIMIT when a buffer's own cap is reached.
 */
bool dsn_build(const struct dsn *dsn, struct buffer *before, struct buffer *after);

/* Whether it must be sent with BODY=8BITMIME. */
bool dsn_is_eight_bit(const struct dsn *dsn);

/* "failed", "delayed", …: RFC 3464 2.3.3. */
const char *dsn_action_word(enum dsn_action action);

#endif
