/*
 * Making an 8-bit message fit for a peer without 8BITMIME (RFC 6152 3, RFC
 * 2045): every 8-bit leaf becomes quoted-printable or base64, whichever is
 * smaller. Signatures over the old bytes do not survive: convert before
 * signing, or return the message (5.6.3).
 */
#ifndef RINGPOST_MAIL_MIME_H
#define RINGPOST_MAIL_MIME_H

#include "base/buffer.h"
#include "base/slice.h"

#define MIME_DEPTH_MAX 100
#define MIME_PARTS_MAX 1000

enum mime_verdict {
	MIME_CONVERTED, /* OUT holds the message, all 7-bit */
	MIME_SEVEN_BIT, /* nothing to do, OUT is untouched */
	MIME_REFUSED,	/* cannot be done: *reason_r says why; OUT is untouched */
};

/*
 * Converts the whole MESSAGE, appending to OUT (whose cap is the cap: reached,
 * it is a refusal). *reason_r is static text for people: "its header holds
 * 8-bit text", "it is signed", …
 *
 * A body without MIME header is taken as text of an unknown character set
 * (RFC 1428) and gets MIME-Version and the rest. A message/rfc822 part is
 * entered. What is 7-bit keeps its bytes.
 */
enum mime_verdict mime_to_seven_bit(
	struct slice message, struct buffer *out, const char **reason_r);

/*
 * The same for a binary message (RFC 3030 3), for peers without BINARYMIME: a
 * leaf that is not text in lines of at most 998 bytes (RFC 5322 2.1) becomes
 * base64, which keeps each of its bytes.
 */
enum mime_verdict mime_from_binary(
	struct slice message, struct buffer *out, const char **reason_r);

#endif
