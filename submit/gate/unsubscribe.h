/*
 * Leaving a list with one click (RFC 8058, RFC 2369): whether a message offers
 * it, and the two fields that do. Pure.
 */
#ifndef RINGPOST_GATE_UNSUBSCRIBE_H
#define RINGPOST_GATE_UNSUBSCRIBE_H

#include "base/arena.h"
#include "mail/header.h"

#define UNSUBSCRIBE_URL_MAX 900 /* bytes: on a line of 998 (RFC 5322 2.1.1) */

/* One List-Unsubscribe with an https address, and one List-Unsubscribe-Post
 * that says One-Click. */
bool unsubscribe_is_offered(const struct header *header, struct arena *arena);

/* What a template's names in braces stand for. */
struct unsubscribe_facts {
	struct slice id;
	struct slice recipient; /* empty: there are several */
	struct slice tenant, stream;
	struct slice token; /* empty: there is none */
};

/*
 * TEMPLATE with its names replaced, percent-encoded (RFC 3986 2.1), in the
 * arena. False: it wants a fact that is not there, a name it has is not known,
 * or it would be longer than UNSUBSCRIBE_URL_MAX.
 */
bool unsubscribe_url(const char *template, const struct unsubscribe_facts *facts,
	struct arena *arena, struct slice *url_r);

struct unsubscribe_links {
	struct slice url;
	struct slice mailto; /* or empty */
};

/*
 * Both fields, with the URL first and behind it what of the message's own is not
 * http (RFC 8058 3.1 allows one such), else the mailto; its own become private. In
 * the arena.
 */
struct slice unsubscribe_fields(struct header *header,
	const struct unsubscribe_links *links, struct arena *arena);

#endif
