/* Numbers in as few bytes as they need, seven bits in each, low ones first. */
#ifndef RINGPOST_MIME_VARINT_H
#define RINGPOST_MIME_VARINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

static inline void varint_put(struct buffer *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buffer_append_byte(out, (char)((value & 0x7f) | 0x80));
	buffer_append_byte(out, (char)value);
}

/* False: BYTES end before it does, or it is too large. */
static inline bool varint_take(struct slice *bytes, uint64_t *value_r)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && bytes->size; shift += 7) {
		unsigned char byte = (unsigned char)bytes->at[0];

		*bytes = slice_from(*bytes, 1);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*value_r = value;
			return true;
		}
	}
	return false;
}

#endif
