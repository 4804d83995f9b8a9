/* The text of a message that SEARCH looks at, decoded. */
#ifndef RINGPOST_IMAP_TEXTS_H
#define RINGPOST_IMAP_TEXTS_H

#include "base/arena.h"
#include "base/slice.h"
#include "mime/tree.h"

/* Decoded bytes of a part's text that are looked at. */
#define TEXTS_PART_MOST ((size_t)16 << 20)

struct texts {
	struct header fields; /* the message's header */
	struct slice header;  /* all its fields, decoded, a line each */
	/* Texts of parts, and the headers of parts. */
	const struct slice *parts;
	size_t part_count;
};

/* In the arena or MESSAGE. */
void texts_read(struct arena *arena, struct slice message, struct texts *texts_r);
/* A field's value, unfolded, encoded words decoded. */
struct slice texts_field(struct arena *arena, const struct header_field *field);

#endif
