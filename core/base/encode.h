/*
 * Text encodings: base64 (RFC 4648 section 4), hex, and the lower-case
 * base32 that message ids use (Crockford's digits, order preserving).
 */
#ifndef RINGPOST_BASE_ENCODE_H
#define RINGPOST_BASE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

#define BASE64_SIZE(n) (((n) + 2) / 3 * 4)

/* With padding, no line breaks, no NUL; TEXT has BASE64_SIZE(bytes.size). */
size_t base64_encode(struct slice bytes, char *text);
struct slice base64_encode_in(struct arena *arena, struct slice bytes);
/*
 * Strict: whole quanta, padding where due with the bits it leaves over zero,
 * nothing else. BYTES has room for text.size / 4 * 3. False: not base64.
 */
bool base64_decode(struct slice text, char *bytes, size_t *size_r);
bool base64_decode_in(struct arena *arena, struct slice text, struct slice *bytes_r);

/* Lower-case hex; TEXT has 2 * bytes.size. */
void hex_encode(struct slice bytes, char *text);
/* Either case; false when odd or not hex. BYTES has text.size / 2. */
bool hex_decode(struct slice text, char *bytes);

/* The low 5 * digits bits of VALUE, most significant first, no NUL. */
void base32_encode(uint64_t value, unsigned digits, char *text);
/* False when empty, a character is no digit, or there are more than 12. */
bool base32_decode(struct slice text, uint64_t *value_r);

#endif
