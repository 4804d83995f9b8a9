/* What the files of searching share. */
#ifndef RINGPOST_IMAP_SEARCH_CORE_H
#define RINGPOST_IMAP_SEARCH_CORE_H

#include "imap/envelope_read.h"
#include "imap/search.h"

/* A key made ready. */
struct search_node {
	const struct imap_key *key;
	struct search_node *first, *next; /* cheap ones first */
	enum search_answer needs;	  /* to be decided; YES: the record */
	struct uid_set set;		  /* resolved */
	struct slice text;		  /* what unicode_has takes */
	struct search_text *wanted;	  /* the same, for an index; NULL: none */
	enum imap_key_kind kind;	  /* HEADER Subject is SUBJECT, … */
	enum envelope_field field;	  /* of what the envelope has */
	int64_t from_ms, to_ms;		  /* of dates: from <= it < to */
};

struct search {
	struct search_world world;
	struct search_node *root;
	struct search_text *texts;
};

/* The keys that look at text; they have what they need. */
bool search_envelope(const struct search_node *node, struct search_message *message);
bool search_sent(const struct search_node *node, struct search_message *message);
bool search_header(const struct search_node *node, struct search_message *message);
bool search_body(const struct search_node *node, struct search_message *message);

#endif
