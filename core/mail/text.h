/*
 * Text from strangers: is it ASCII, is it UTF-8, and a form safe to show.
 */
#ifndef RINGPOST_MAIL_TEXT_H
#define RINGPOST_MAIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Bytes of the UTF-8 character (RFC 3629) S begins with, 1 to 4, and its code
 * point; 0 when there is none: empty, overlong, a surrogate, cut, too large.
 */
size_t text_character(struct slice s, uint32_t *code_r);

/* C0 and C1 controls, DEL, and the line and paragraph separators. */
bool text_is_control(uint32_t code);
/* What turns the order of characters about, or is not there to be seen: an
 * embedding, override or isolate of direction, a byte order mark. */
bool text_is_direction(uint32_t code);

/* Not one byte beyond ASCII (controls may be among them). */
bool text_is_ascii(struct slice s);
/* Valid UTF-8 without control characters of any kind. */
bool text_is_utf8(struct slice s);

/*
 * Copies S with every control character, mark of direction and byte that is not
 * UTF-8 as '?', cut at a character's end to SIZE bytes; returns the bytes written (no
 * NUL). BYTES may be where S is.
 */
size_t text_clean(struct slice s, char *bytes, size_t size);

#endif
