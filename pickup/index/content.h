/* What of a message is in the index. */
#ifndef RINGPOST_INDEX_CONTENT_H
#define RINGPOST_INDEX_CONTENT_H

#include "base/arena.h"
#include "index/grams.h"
#include "mime/facts.h"

/* Grows with what is read of messages, and what texts are compared by: an index of
 * another version is made anew. */
#define CONTENT_VERSION 2

#define CONTENT_MESSAGE_MAX ((uint64_t)64 << 20) /* larger ones are not indexed */
#define CONTENT_WORDS_MAX   ((size_t)8 << 20)	 /* bytes of them, of a message */

/* Appends the words of MESSAGE and its FACTS. ARENA is used meanwhile. False: they are
 * too many. */
bool content_words(struct grams *grams, struct slice message, const struct facts *facts,
	struct arena *arena, struct buffer *out);

#endif
