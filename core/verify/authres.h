/*
 * Authentication-Results (RFC 8601): ours written, and those of others that
 * claim to be ours found.
 */
#ifndef RINGPOST_VERIFY_AUTHRES_H
#define RINGPOST_VERIFY_AUTHRES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "mail/header.h"
#include "verify/authentication.h"

/*
 * Appends the whole field with its last CRLF, lines below 78 columns where the
 * words allow it, ASCII and printable whatever peers sent. It goes in front of
 * the header, above our Received. False with FAILURE_LIMIT when the buffer is
 * full.
 */
bool authres_write(const struct authentication *authentication, struct buffer *out);
/*
 * Appends what stands behind the colon, without a last CRLF: the authserv-id
 * and the results, for ARC-Authentication-Results (arc_seal.h).
 */
bool authres_write_results(
	const struct authentication *authentication, struct buffer *out);

/*
 * Whether FIELD is an Authentication-Results field that claims to be HOSTNAME's
 * (in any case of letters, quoted or not, with a version), or cannot be read so
 * far: nobody but us may have written it (RFC 8601 section 5).
 */
bool authres_is_ours(const struct header_field *field, struct slice hostname);
/* Makes private (header_make_private), and so removed when the header is built
 * anew, every such field; returns how many. */
size_t authres_remove_ours(struct header *header, struct slice hostname);

/* What a method found, in the payload of an (ARC-)Authentication-Results: the
 * word behind "METHOD=", in VALUE; empty when it is not there. */
struct slice authres_find(struct slice value, struct slice method);

#endif
