/*
 * Addresses to leave a list by (RFC 2369), for mail programs that send a message
 * instead of following a link: below the configuration's "leave@example.com"
 *
 *	leave-ID DAYS RECIPIENT TENANT STREAM SIGNATURE@example.com (without the spaces)
 *
 * The message id's 16 digits, three of days it is good for (0: for ever), eight of the
 * recipient's tag, eight of the tenant's, four of the stream's (zeroes: of none),
 * twelve of signature: 51, in any case (verp.h has the digits and tags). It holds no
 * more than fits a local part: whom it is about has to be said by the message that
 * comes there, and is proved by the tag. Pure.
 */
#ifndef RINGPOST_FEEDBACK_LEAVING_ADDRESS_H
#define RINGPOST_FEEDBACK_LEAVING_ADDRESS_H

#include "feedback/leaving.h"

#define LEAVING_DIGITS 51

/* The address below MAILTO; MAILTO itself where it is too long for one, or of
 * characters that a URL does not have as they are. */
struct slice leaving_address_write(const struct verp_secret *secret,
	const struct leaving *leaving, struct slice mailto, char text[ADDRESS_MAX + 1]);
/* ADDRESS is MAILTO or one below it, to look at; MAILTO empty: there are none. */
bool leaving_address_is(struct slice mailto, struct slice address);

struct leaving_tag {
	const struct verp_secret *secret;
	struct message_id id;
	unsigned days;
	uint64_t recipient, tenant, stream; /* 0: of none */
};
/* False: ADDRESS is MAILTO itself, or none that we made. */
bool leaving_address_read(const struct verp_secret *secret, struct slice mailto,
	struct slice address, struct leaving_tag *tag_r);
bool leaving_tag_is_about(const struct leaving_tag *tag, struct slice address);
/* Of TENANT, of STREAM; empty: of none. */
bool leaving_tag_is_of_tenant(const struct leaving_tag *tag, struct slice tenant);
bool leaving_tag_is_of_stream(const struct leaving_tag *tag, struct slice stream);

#endif
