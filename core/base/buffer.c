/* Growing byte buffers with a cap. */
#include "base/buffer.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#define CAPACITY_MIN 256

void buffer_init(struct buffer *buffer, size_t limit)
{
	*buffer = (struct buffer){.limit = limit};
}

void buffer_finish(struct buffer *buffer)
{
	memory_free(buffer->bytes);
	buffer_init(buffer, buffer->limit);
}

void buffer_wipe(struct buffer *buffer)
{
	if (buffer->bytes)
		memory_wipe(buffer->bytes, buffer->capacity);
	buffer_finish(buffer);
}

void buffer_clear(struct buffer *buffer)
{
	buffer->start = buffer->end = 0;
}

static void move_to_front(struct buffer *buffer)
{
	size_t size = buffer_size(buffer);

	memmove(buffer->bytes, buffer->bytes + buffer->start, size);
	buffer->start = 0;
	buffer->end = size;
}

/* Only the unread bytes are copied. */
static void grow(struct buffer *buffer, size_t needed)
{
	size_t capacity = buffer->capacity < CAPACITY_MIN / 2 ? CAPACITY_MIN
							      : buffer->capacity * 2;
	size_t size = buffer_size(buffer);
	char *bytes;

	if (capacity < needed)
		capacity = needed;
	if (buffer->limit && capacity > buffer->limit && needed <= buffer->limit)
		capacity = buffer->limit;
	bytes = memory_resize(NULL, capacity);
	if (size)
		memcpy(bytes, buffer->bytes + buffer->start, size);
	memory_free(buffer->bytes);
	buffer->bytes = bytes;
	buffer->start = 0;
	buffer->end = size;
	buffer->capacity = capacity;
}

/*
 * SIZE free bytes behind the end, whatever the cap. Moving is paid for by what
 * was consumed since the last move, unless the cap forbids to grow.
 */
static void make_room(struct buffer *buffer, size_t size)
{
	size_t unread = buffer_size(buffer);
	size_t needed;

	if (buffer->capacity - buffer->end >= size && buffer->bytes)
		return;
	if (__builtin_add_overflow(unread, size, &needed))
		needed = SIZE_MAX;
	if (buffer->bytes && needed <= buffer->capacity &&
		(buffer->start >= unread ||
			(buffer->limit && buffer->capacity >= buffer->limit)))
		move_to_front(buffer);
	else
		grow(buffer, needed);
}

static bool is_allowed(const struct buffer *buffer, size_t size)
{
	if (buffer->limit && size > buffer->limit - buffer_size(buffer))
		return fail(FAILURE_LIMIT, "more than %zu bytes in a buffer",
			buffer->limit);
	return true;
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
	if (!is_allowed(buffer, size))
		return NULL;
	make_room(buffer, size);
	return buffer->bytes + buffer->end;
}

void buffer_advance(struct buffer *buffer, size_t size)
{
	assert(size <= buffer->capacity - buffer->end);
	buffer->end += size;
}

/* Mostly there is room. */
bool buffer_append(struct buffer *buffer, struct slice bytes)
{
	size_t end = buffer->end;
	char *to;

	if (bytes.size == 0)
		return true;
	if (bytes.size <= buffer->capacity - end &&
		(!buffer->limit || end - buffer->start + bytes.size <= buffer->limit)) {
		to = buffer->bytes + end;
	} else {
		to = buffer_reserve(buffer, bytes.size);
		if (!to)
			return false;
	}
	memcpy(to, bytes.at, bytes.size);
	buffer->end += bytes.size;
	return true;
}

bool buffer_append_byte(struct buffer *buffer, char byte)
{
	return buffer_append(buffer, slice_make(&byte, 1));
}

bool buffer_append_number(struct buffer *buffer, uint64_t number)
{
	char digits[20], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return buffer_append(
		buffer, slice_make(at, (size_t)(digits + sizeof(digits) - at)));
}

bool buffer_append_format(struct buffer *buffer, const char *format, ...)
{
	va_list list;
	bool added;

	va_start(list, format);
	added = buffer_append_va(buffer, format, list);
	va_end(list);
	return added;
}

/* printf writes a NUL behind the text, which does not count against the cap. */
bool buffer_append_va(struct buffer *buffer, const char *format, va_list list)
{
	size_t room = buffer->bytes ? buffer->capacity - buffer->end : 0;
	va_list again;
	int length;

	va_copy(again, list);
	length = vsnprintf(
		room ? buffer->bytes + buffer->end : NULL, room, format, again);
	va_end(again);
	assert(length >= 0);
	if (!is_allowed(buffer, (size_t)length))
		return false;
	if ((size_t)length >= room) {
		make_room(buffer, (size_t)length + 1);
		vsnprintf(
			buffer->bytes + buffer->end, (size_t)length + 1, format, list);
	}
	buffer->end += (size_t)length;
	return true;
}

void buffer_consume(struct buffer *buffer, size_t size)
{
	assert(size <= buffer_size(buffer));
	buffer->start += size;
	if (buffer->start == buffer->end)
		buffer->start = buffer->end = 0;
}

void buffer_truncate(struct buffer *buffer, size_t size)
{
	assert(size <= buffer_size(buffer));
	buffer->end = buffer->start + size;
}
