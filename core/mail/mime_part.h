/*
 * What a part's header says about its content (RFC 2045), and the lines
 * between parts (RFC 2046 5.1.1).
 */
#ifndef RINGPOST_MAIL_MIME_PART_H
#define RINGPOST_MAIL_MIME_PART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* RFC 2046 5.1.1. */
#define MIME_BOUNDARY_MAX 70

struct mime_type {
	struct slice type, subtype; /* as written; empty: malformed or none */
	char boundary[MIME_BOUNDARY_MAX];
	size_t boundary_size; /* unquoted; 0: none, or not a legal one */
};

/*
 * Reads a Content-Type value, folds and comments included. False when type or
 * subtype is malformed, and then both are empty (RFC 2045 5.2: take it for
 * text/plain). They lie in VALUE.
 */
bool mime_type_parse(struct slice value, struct mime_type *type_r);
/* Whatever the case; SUBTYPE NULL: any. */
bool mime_type_is(const struct mime_type *type, const char *name, const char *subtype);

/*
 * The parameter NAME of a Content-Type value, unquoted, into TEXT of ROOM
 * bytes; empty when there is none, or it does not fit.
 */
struct slice mime_parameter(
	struct slice value, const char *name, char *text, size_t room);

/* The word of a Content-Transfer-Encoding value, without comments; in VALUE. */
struct slice mime_encoding_parse(struct slice value);

/*
 * What stands behind the "--" that LINE begins with, without its line end and
 * padding: a boundary if it is a delimiter, a boundary and "--" if it is one
 * behind the last part. Empty when it begins otherwise.
 */
struct slice mime_delimiter_text(struct slice line);

#endif
