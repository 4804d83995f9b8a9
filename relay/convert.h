/*
 * An 8-bit or binary message for a peer that takes only 7 bits, or only lines
 * (RFC 6152 3, RFC 3030 3): converted, and our signature made anew, or not sent
 * there at all. A binary one was not signed before; it is now, if there is a key.
 */
#ifndef RINGPOST_RELAY_CONVERT_H
#define RINGPOST_RELAY_CONVERT_H

#include "relay/relay_core.h"

#define CONVERT_BYTES_MAX (50u << 20)
#define CONVERTING_MAX	  (100u << 20) /* of a worker, at one time */

enum conversion {
	CONVERSION_DONE,     /* INTO holds the message */
	CONVERSION_NEEDLESS, /* it is 7-bit as it is */
	CONVERSION_REFUSED,  /* *reason_r, static, says why it cannot be */
	CONVERSION_FAILED,   /* not now: the failure tells */
};

enum conversion convert_to_seven_bit(struct relay *relay, const struct message *message,
	struct buffer *into, const char **reason_r, struct deadline deadline);

#endif
