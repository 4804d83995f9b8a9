/*
 * Leaving a list by mail (RFC 2369): a message that came to the address which
 * List-Unsubscribe names. What was signed stands in its Subject, as a link's token;
 * else in the address itself, for whom the message says it is from. What names nobody
 * changes nothing, and whoever sent it is not told.
 */
#ifndef RINGPOST_FEEDBACK_LEAVING_MAIL_H
#define RINGPOST_FEEDBACK_LEAVING_MAIL_H

#include "base/config.h"
#include "feedback/leaving_address.h"
#include "feedback/leaving_enter.h"
#include "mail/header.h"

struct verp_keeper;

/* Who reads them. */
struct leaving_desk {
	const struct config *config;
	struct verp_keeper *verp;
	struct suppression *list;
	struct redis *redis;
};

/* What port 25 has taken. Empty slices: not known. */
struct leaving_mail {
	const struct header *header;
	struct slice recipient;	   /* the address it came to */
	struct slice reverse_path; /* empty: <> */
	struct slice id;	   /* its own, of the session that took it */
	struct slice client;	   /* "192.0.2.1" */
};

/* What MAIL asks for at NOW_MS, in ARENA. NULL: *leaving_r; else why it asks for
 * nothing, as the event has it: static, with *leaving_r's id where that is known, else
 * empty. Pure. */
const char *leaving_mail_read(const struct verp_secret *secret,
	const struct config *config, const struct leaving_mail *mail, int64_t now_ms,
	struct arena *arena, struct leaving *leaving_r);

/* True: it is dealt with, whatever it was, and durable where it counted: the peer
 * hears 250. False: it has to come again (451), FAILURE_STORE, TIMEOUT or LIMIT. */
bool leaving_take_mail(const struct leaving_desk *desk, const struct leaving_mail *mail,
	struct deadline deadline);

#endif
