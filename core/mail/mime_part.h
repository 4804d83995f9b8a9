/*
 * What a part's header says about its content (RFC 2045), and where the parts
 * of a multipart begin and end (RFC 2046 5.1).
 */
#ifndef RINGPOST_MAIL_MIME_PART_H
#define RINGPOST_MAIL_MIME_PART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* RFC 2046 5.1.1. */
#define MIME_BOUNDARY_MAX 70

struct mime_type {
	struct slice type, subtype;       /* as written; empty: malformed or none */
	char boundary[MIME_BOUNDARY_MAX + 1]; /* unquoted; "" when there is none */
	size_t boundary_size;
};

/*
 * Reads a Content-Type value, folds and comments included. False when it is
 * malformed; the members are then empty (RFC 2045 5.2: text/plain). TYPE and
 * SUBTYPE lie in VALUE.
 */
bool mime_type_parse(struct slice value, struct mime_type *type_r);
bool mime_type_is(const struct mime_type *type, const char *name, const char *subtype);

/* The word of a Content-Transfer-Encoding value, without comments; in VALUE. */
struct slice mime_encoding_parse(struct slice value);

/*
 * Walks over the body of a multipart. Cut: the first line of *BODY that is a
 * delimiter of BOUNDARY ends the part returned (its last CRLF belongs to the
 * delimiter, RFC 2046 5.1.1); *line_r is the delimiter line with that CRLF
 * and its own line end, *closing_r says whether it was the last one. *BODY
 * becomes what follows. False: there is no such line, *BODY is unchanged.
 */
bool mime_cut_part(struct slice *body, struct slice boundary, struct slice *part_r,
		struct slice *line_r, bool *closing_r);

#endif
