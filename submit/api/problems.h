/*
 * What is wrong with a request's document, all of it at once, each at its place
 * (a JSON pointer, RFC 6901).
 */
#ifndef RINGPOST_API_PROBLEMS_H
#define RINGPOST_API_PROBLEMS_H

#include "base/arena.h"
#include "http/http.h"

#define PROBLEMS_MAX 100 /* more are not told */

/* Where in the document: of the one above it. */
struct place {
	const struct place *above; /* NULL: the document */
	const char *name;	   /* of a member; NULL: an element */
	size_t index;
	struct slice prefix; /* of the first: its pointer, printed before */
};

#define PLACE(above_, name_)	((struct place){.above = (above_), .name = (name_)})
#define ELEMENT(above_, index_) ((struct place){.above = (above_), .index = (index_)})

struct problems {
	struct arena *arena;	 /* of pointers and words */
	struct http_error *list; /* in the arena */
	size_t count;
	bool injection; /* CR, LF or NUL where a header would be made of it */
};

/* Returns false. */
bool problem_add(struct problems *problems, const struct place *place,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
struct slice place_print(struct arena *arena, const struct place *place);

#endif
