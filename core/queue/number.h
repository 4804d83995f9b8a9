/* Numbers in seven bits a byte, as references to bodies and packed entries have them.
 */
#ifndef RINGPOST_QUEUE_NUMBER_H
#define RINGPOST_QUEUE_NUMBER_H

#include "base/buffer.h"

/* False with FAILURE_LIMIT as buffer_append. */
static inline bool number_put(struct buffer *into, uint64_t value)
{
	char bytes[10];
	size_t count = 0;

	for (; value >= 128; value >>= 7)
		bytes[count++] = (char)(value | 128);
	bytes[count++] = (char)value;
	return buffer_append(into, slice_make(bytes, count));
}

#endif
