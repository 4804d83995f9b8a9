/*
 * Leaving a list over HTTP (RFC 8058), on listeners that serve `unsubscribe`:
 *
 *	GET  /u/TOKEN   a page with one button; nothing else happens, as programs look
 *			at links, too
 *	POST /u/TOKEN   the recipient gets no more of that stream; what it brings does
 *			not matter
 *
 * Who has the link may use it, nobody else can make one (feedback/leaving.h), and all
 * links that are no good are answered alike.
 */
#ifndef RINGPOST_WEB_LEAVING_H
#define RINGPOST_WEB_LEAVING_H

#include "base/buffer.h"
#include "daemon/daemon.h"
#include "http/router.h"

struct web_leaving; /* a worker's */

struct web_leaving *web_leaving_open(struct daemon_worker *worker);
void web_leaving_close(struct web_leaving **leaving);
void web_leaving_add_routes(struct web_leaving *leaving, struct http_router *router);

/* leaving_page.c */
enum web_leaving_page {
	WEB_LEAVING_ASK,
	WEB_LEAVING_DONE,
	WEB_LEAVING_UNKNOWN, /* no such link */
	WEB_LEAVING_LATER,
};
struct web_leaving_words {
	struct slice recipient, list; /* the list's name, or empty */
	struct slice host;
};
/* The page as HTML behind what OUT holds: plain, complete, nothing from elsewhere. */
void web_leaving_write(enum web_leaving_page page,
	const struct web_leaving_words *words, struct buffer *out);
/* What it may do in a browser: a policy for the field Content-Security-Policy. */
extern const char web_leaving_policy[];

#endif
