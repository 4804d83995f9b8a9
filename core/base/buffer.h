/*
 * A growing byte buffer with a cap: written at the end, consumed at the start.
 *
 * Zeroed memory is an empty buffer without a cap (limit 0). Pointers and
 * slices into it are valid until the next call that changes it. No memory is
 * held until the first byte is written.
 */
#ifndef RINGPOST_BASE_BUFFER_H
#define RINGPOST_BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct buffer {
	char *bytes;
	size_t start;	 /* first unread byte */
	size_t end;	 /* one past the last byte */
	size_t capacity; /* bytes allocated */
	size_t limit;	 /* most unread bytes it may hold; 0: no cap */
};

void buffer_init(struct buffer *buffer, size_t limit);
/* Frees the memory; the buffer is empty and usable again, its cap kept. */
void buffer_finish(struct buffer *buffer);
/* The same for secrets: what it held is overwritten first. */
void buffer_wipe(struct buffer *buffer);
/* Forgets the contents, keeps the memory. */
void buffer_clear(struct buffer *buffer);

static inline size_t buffer_size(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

static inline struct slice buffer_contents(const struct buffer *buffer)
{
	if (!buffer->bytes)
		return SLICE_EMPTY;
	return slice_make(buffer->bytes + buffer->start, buffer_size(buffer));
}

/* False with FAILURE_LIMIT when the cap would be passed; nothing is added. */
bool buffer_append(struct buffer *buffer, struct slice bytes);
bool buffer_append_byte(struct buffer *buffer, char byte);
/* In decimal digits. */
bool buffer_append_number(struct buffer *buffer, uint64_t number);
bool buffer_append_format(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool buffer_append_va(struct buffer *buffer, const char *format, va_list list)
	__attribute__((format(printf, 2, 0)));

/*
 * Room for SIZE more bytes, to be filled by the caller and made part of the
 * contents with buffer_advance. NULL with FAILURE_LIMIT at the cap.
 */
char *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_advance(struct buffer *buffer, size_t size);
/* Drops SIZE bytes from the start, which must be there. */
void buffer_consume(struct buffer *buffer, size_t size);
/* Keeps only the first SIZE unread bytes, which must be there. */
void buffer_truncate(struct buffer *buffer, size_t size);

#endif
