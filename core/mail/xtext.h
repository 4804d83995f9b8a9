/*
 * xtext (RFC 3461 section 4) and the ORCPT address built on it, with the
 * utf-8 address type of RFC 6533 section 3.
 *
 * Decoding is strict, and control bytes are refused after decoding: a newline
 * smuggled through ENVID, ORCPT or AUTH= has broken other mail servers.
 */
#ifndef RINGPOST_MAIL_XTEXT_H
#define RINGPOST_MAIL_XTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"

#define XTEXT_SIZE(n) ((n)*3)

/* BYTES has room for text.size. False: not xtext (which is ASCII), or it hides
 * a control character or bytes that are not UTF-8. */
bool xtext_decode(struct slice text, char *bytes, size_t *size_r);
bool xtext_decode_in(struct arena *arena, struct slice text, struct slice *bytes_r);
/* TEXT has room for XTEXT_SIZE(bytes.size); returns the size written. */
size_t xtext_encode(struct slice bytes, char *text);
struct slice xtext_encode_in(struct arena *arena, struct slice bytes);

/* An original recipient: "rfc822;user@example.com", decoded. */
struct orcpt {
	struct slice type;    /* "rfc822", "utf-8", …, case as given */
	struct slice address; /* decoded, no controls; ASCII unless type utf-8 */
};

#define ORCPT_MAX 500 /* RFC 3461 4.2, as written */
#define ENVID_MAX 100 /* RFC 3461 4.4, as written */

/*
 * The value of ORCPT=. Raw UTF-8 is accepted only for type utf-8 with UTF8
 * (RFC 6533: the transaction is SMTPUTF8). Slices live in the arena.
 */
bool orcpt_parse(
	struct arena *arena, struct slice value, bool utf8, struct orcpt *orcpt_r);
/*
 * The value to send to a peer: for the type utf-8 raw when UTF8, else with
 * \x{…}; for others xtext. Lives in the arena.
 */
struct slice orcpt_format(struct arena *arena, const struct orcpt *orcpt, bool utf8);

#endif
