/*
 * Reading what others encoded (RFC 2045 6.7, 6.8, RFC 2047): forgiving, as
 * there is nobody to send it back to. What is no code is left out (base64) or
 * stands for itself (quoted-printable).
 */
#ifndef RINGPOST_MAIL_MIME_DECODE_H
#define RINGPOST_MAIL_MIME_DECODE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"

/*
 * BODY out of its ENCODING (a Content-Transfer-Encoding's word), MOST bytes of
 * it. In the arena; BODY itself, cut to MOST, when it is not encoded.
 */
struct slice mime_decode(
	struct arena *arena, struct slice encoding, struct slice body, size_t most);

/*
 * BYTES of CHARSET as UTF-8, in the arena or BYTES itself; what means nothing
 * there becomes U+FFFD. Of a charset that iconv does not know BYTES are returned
 * as they are: their ASCII can be read.
 */
struct slice mime_to_utf8(
	struct arena *arena, struct slice charset, struct slice bytes);

/* A header value with its encoded words (RFC 2047) decoded as mime_to_utf8
 * does; folds become spaces. In the arena. */
struct slice mime_decode_words(struct arena *arena, struct slice value);

/*
 * The text of HTML: tags, scripts and styles left out, line ends where its
 * elements have them, the commonest entities read. In the arena; never larger
 * than HTML.
 */
struct slice mime_html_text(struct arena *arena, struct slice html);

#endif
