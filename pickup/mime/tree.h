/*
 * Where the parts of a message are (RFC 2045, RFC 2046): offsets, sizes and
 * lines, found in one pass. Nothing is refused: what is no MIME is text, a
 * delimiter of an outer part ends all inside it.
 */
#ifndef RINGPOST_MIME_TREE_H
#define RINGPOST_MIME_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "mail/header.h"

#define MIME_TREE_DEPTH	   100	/* what is nested deeper is not entered */
#define MIME_TREE_PARTS	   1000 /* what follows stays with the last one */
#define MIME_TREE_BOUNDARY 200	/* RFC 2046 allows 70 */

enum mime_shape {
	MIME_SHAPE_LEAF,
	MIME_SHAPE_TEXT,    /* a leaf of type text */
	MIME_SHAPE_MULTI,   /* its children are its parts, maybe none */
	MIME_SHAPE_MESSAGE, /* message/rfc822 or global: its child is the message */
};

struct mime_entity {
	enum mime_shape shape;
	size_t header_at, header_size; /* with the blank line */
	size_t body_at, body_size;     /* without the line end before a delimiter */
	size_t body_lines;	       /* line ends in it */
	struct header header;	       /* its fields */
	/* Of Content-Type; what is not said, or malformed, is filled in: text/plain,
	 * in a digest message/rfc822. */
	struct slice type, subtype;
	struct slice type_value; /* the whole value, if it could be read */
	struct mime_entity *parent, *first, *next;
	size_t children;
};

/* MESSAGE's entity; all of it in the arena or in MESSAGE. */
struct mime_entity *mime_tree(struct arena *arena, struct slice message);

/* A field of the entity, unfolded, in the arena or the message; empty: none. */
struct slice mime_field(
	const struct mime_entity *entity, struct arena *arena, enum header_name name);

#endif
