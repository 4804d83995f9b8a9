/*
 * Where one is in a MIME message: a single pass over its entities, in the
 * order they stand there. For mime.c.
 *
 * The multiparts (and messages in messages) around the place at hand stand in
 * a list, not on the call stack: a delimiter of an outer one ends all inside
 * it. Each byte is looked at a fixed number of times, whatever the nesting.
 */
#ifndef RINGPOST_MAIL_MIME_WALK_H
#define RINGPOST_MAIL_MIME_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "mail/header.h"
#include "mail/mime.h"
#include "mail/mime_part.h"

struct mime_level {
	char boundary[MIME_BOUNDARY_MAX];
	unsigned char boundary_size; /* 0: a message in a message */
	bool digest;		     /* multipart/digest: parts are messages */
};

struct mime_walk {
	struct slice message;
	size_t at; /* what is before was read */
	size_t parts;
	bool binary;	    /* "high" is all that is not 7-bit text in lines */
	size_t high_at;	    /* the first byte above 127 not read yet … */
	bool high_known;    /* … if it was looked for */
	bool is_message;    /* the next entity is a message, not a part */
	bool digest_part;   /* … a part of a multipart/digest */
	bool ended;	    /* there is no next entity */
	const char *reason; /* why the walk was refused; static */
	unsigned depth;
	struct mime_level levels[MIME_DEPTH_MAX];
};

enum mime_kind {
	MIME_LEAF,
	MIME_MULTIPART,
	MIME_MESSAGE,
	MIME_SIGNED, /* multipart/signed and encrypted: not entered */
	MIME_FIXED,  /* RFC 2045 6.4: may not be encoded, not entered */
};

struct mime_entity {
	enum mime_kind kind;
	struct slice head;    /* the header and its blank line, maybe empty */
	struct header header; /* the same without the blank line, scanned */
	struct mime_type type;
	bool is_message;
	bool encoded; /* says it has an encoding other than the identity */
};

struct mime_delimiter {
	bool found;	    /* else the rest is the message's end */
	size_t content_end; /* where what stands before it ends */
	size_t line_end;    /* where the line behind it begins */
	unsigned level;	    /* whose it is */
	bool closing;	    /* behind the last part */
};

/* Notes why and returns false. */
bool mime_walk_refuse(struct mime_walk *walk, const char *reason);
/* The first byte from FROM on that is high; the message's size if there is none. */
size_t mime_walk_find_high(const struct mime_walk *walk, size_t from);
/* Whether a byte above 127 stands in [from, to); FROM never goes back. */
bool mime_walk_has_high(struct mime_walk *walk, size_t from, size_t to);

/* Reads the header at hand and goes behind it. The list of fields lives in the
 * arena. False: refused. */
bool mime_walk_read(
	struct mime_walk *walk, struct arena *arena, struct mime_entity *entity_r);
/* Goes inside: a multipart, or with an empty BOUNDARY a message. */
bool mime_walk_enter(struct mime_walk *walk, struct slice boundary, bool digest);
/* The next delimiter of any level from here on. */
void mime_walk_find(const struct mime_walk *walk, struct mime_delimiter *next_r);
/* Goes behind it, and out of what it ends. */
void mime_walk_pass(struct mime_walk *walk, const struct mime_delimiter *next);

#endif
