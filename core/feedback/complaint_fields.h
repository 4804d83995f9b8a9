/*
 * What a message says about where complaints go (CFBL, RFC 9477), and what of it
 * comes back with one: an identifier that says which message, tenant and, where
 * there is but one, recipient the complaint is about. The recipient is in it
 * himself, enciphered, since reports leave him out (RFC 6590).
 */
#ifndef RINGPOST_FEEDBACK_COMPLAINT_FIELDS_H
#define RINGPOST_FEEDBACK_COMPLAINT_FIELDS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"
#include "feedback/verp.h"

/*
 * CFBL-Address (ADDRESS) and CFBL-Feedback-ID (SUBJECT, whose domain is not
 * looked at), two fields with their CRLFs, in the arena.
 */
struct slice complaint_fields_write(struct arena *arena,
	const struct verp_secret *secret, struct slice address,
	const struct verp_subject *subject);

/*
 * Reads a CFBL-Feedback-ID's value. False: it is none of ours. *recipient_r, in
 * the arena: empty when it is of several.
 */
bool complaint_fields_read(struct arena *arena, const struct verp_secret *secret,
	struct slice feedback_id, struct verp_token *token_r,
	struct slice *recipient_r);

#endif
