/*
 * Lists of addresses in header fields (RFC 5322 3.4, 4.4), read for showing:
 * nothing is refused, what makes no sense is a name without an address.
 */
#ifndef RINGPOST_MIME_ADDRESSES_H
#define RINGPOST_MIME_ADDRESSES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"

#define ADDRESSES_MAX 10000 /* of a field; those behind are left out */

enum mime_address_kind {
	MIME_ADDRESS,
	MIME_GROUP,	/* begins here; mailbox is its name */
	MIME_GROUP_END, /* all empty */
};

struct mime_address {
	enum mime_address_kind kind;
	struct slice name;    /* display name or, without one, the comment; encoded
				 words as they are */
	struct slice route;   /* "@a,@b" */
	struct slice mailbox; /* local part, unquoted */
	struct slice host;    /* empty: there was none */
};

/* The list lives in the arena, texts there or in VALUE. */
void addresses_read(struct arena *arena, struct slice value,
	const struct mime_address **list_r, size_t *count_r);

#endif
