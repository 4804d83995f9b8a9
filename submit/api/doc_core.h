/* A value of a document: between the files doc*.c. */
#ifndef RINGPOST_API_DOC_CORE_H
#define RINGPOST_API_DOC_CORE_H

#include "api/doc.h"

struct doc {
	enum doc_kind kind;
	bool truth;
	int64_t number;
	struct slice text; /* also a number's, as it was written */
	struct slice name; /* of a member */
	struct doc *first, *last, *next;
	size_t count;
};

/* A document being read. */
struct parsing {
	struct arena *arena;
	struct slice text;
	size_t at, values;
	const char *fault;
};

/* The first that is wrong is what is told; returns false. */
bool doc_refuse(struct parsing *parsing, const char *fault);
/* doc_text.c: behind its first quote, to behind its last. */
bool doc_read_text(struct parsing *parsing, struct slice *text_r);

#endif
