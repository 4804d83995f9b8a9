/*
 * What a sender is told in one message instead of many notifications: how many
 * there were, of which kind, and the first of them, a line or two each. Text for
 * people; whatever strangers said is written as in notifications (dsn.h).
 */
#ifndef RINGPOST_MAIL_DSN_DIGEST_H
#define RINGPOST_MAIL_DSN_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "mail/dsn.h"

#define DSN_ACTIONS	    (DSN_EXPANDED + 1)
#define DSN_DIGEST_SAID_MAX 300 /* bytes kept of a reply */
#define DSN_DIGEST_LINE_MAX 700 /* of a packed line */

struct dsn_digest_line {
	enum dsn_action action;
	struct slice status;  /* "5.1.1" */
	struct slice id;      /* the message's */
	struct slice address; /* the recipient's */
	struct slice said;    /* a reply, or our reason */
};

/* As it is kept until then: fields with tabs between them, no control bytes. */
void dsn_digest_pack(const struct dsn_digest_line *line, struct buffer *into);
/* False: TEXT is none. Slices of TEXT. */
bool dsn_digest_unpack(struct slice text, struct dsn_digest_line *line_r);

struct dsn_digest {
	struct slice hostname, from, to, queue_id; /* as in struct dsn */
	int64_t now_ms, since_ms, until_ms;
	uint64_t counts[DSN_ACTIONS]; /* recipients */
	const struct dsn_digest_line *lines;
	size_t line_count; /* not more than were counted */
};

/* The whole message, from <> to digest->to; with UTF-8 only where that has some.
 * False with FAILURE_LIMIT when the buffer's cap is reached. */
bool dsn_digest_build(const struct dsn_digest *digest, struct buffer *text);
/* Whether it must be sent with SMTPUTF8 and BODY=8BITMIME. */
bool dsn_digest_is_utf8(const struct dsn_digest *digest);

#endif
