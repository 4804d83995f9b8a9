/*
 * Links in the text of a message, as HTML or plain: where each leads, and what
 * it shows. Forgiving, as mail programs are; every byte is looked at a bounded
 * number of times. Pure.
 */
#ifndef RINGPOST_GATE_LINKS_H
#define RINGPOST_GATE_LINKS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"

#define LINKS_MAX 200 /* looked at in a message */

struct link_seen {
	struct slice host;  /* it leads to: lower case, A-labels or as written; an
			       address without brackets */
	bool address;	    /* … which is an address, not a name */
	bool user;	    /* something stands before the host, and "@" */
	struct slice shown; /* the host that its text shows, lower case; empty: none */
};

/* Each link of HTML or of plain TEXT until VISIT says false. Slices in ARENA. */
void links_of_html(struct slice html, struct arena *arena,
	bool (*visit)(void *context, const struct link_seen *link), void *context);
void links_of_text(struct slice text, struct arena *arena,
	bool (*visit)(void *context, const struct link_seen *link), void *context);

/* Where the next "://" of TEXT is; its size: nowhere. */
size_t links_find(struct slice text);

/* The host of URL ("https://user@host:port/path"). False: it has none. */
bool link_read(struct slice url, struct arena *arena, struct link_seen *link_r);
/* The host that TEXT looks like to a reader ("www.example.com/offer",
 * "https://…"); empty: it is no address of a page. In the arena. */
struct slice link_shown(struct slice text, struct arena *arena);

#endif
