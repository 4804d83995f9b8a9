/* Buffers: contents, caps, and that pointers move only when they may. */
#include "check.h"

#include "base/buffer.h"
#include "base/failure.h"
#include "base/memory.h"

CASE("zeroed memory is an empty buffer")
{
	struct buffer buffer = {0};

	CHECK_NUMBER(buffer_size(&buffer), 0);
	CHECK_SLICE(buffer_contents(&buffer), "");
	CHECK(buffer_append(&buffer, SLICE_EMPTY));
	CHECK(buffer.bytes == NULL);
	buffer_consume(&buffer, 0);
	buffer_truncate(&buffer, 0);
	buffer_clear(&buffer);
	buffer_finish(&buffer);
	buffer_finish(&buffer);
}

CASE("written at the end, consumed at the start")
{
	struct buffer buffer = {0};

	CHECK(buffer_append(&buffer, SLICE("hello ")));
	CHECK(buffer_append_byte(&buffer, '\0'));
	CHECK(buffer_append_format(&buffer, " %s %d", "world", 7));
	CHECK_NUMBER(buffer_size(&buffer), 15);
	buffer_consume(&buffer, 8);
	CHECK_SLICE(buffer_contents(&buffer), "world 7");
	buffer_truncate(&buffer, 5);
	CHECK_SLICE(buffer_contents(&buffer), "world");
	buffer_clear(&buffer);
	CHECK_SLICE(buffer_contents(&buffer), "");
	CHECK(buffer.capacity > 0);
	buffer_finish(&buffer);
	CHECK_NUMBER(buffer.capacity, 0);
}

CASE("the cap counts unread bytes, exactly")
{
	struct buffer buffer;

	buffer_init(&buffer, 10);
	CHECK(buffer_append(&buffer, SLICE("0123456789")));
	CHECK(!buffer_append_byte(&buffer, 'x'));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	CHECK_SLICE(slice_of(failure_last()->text), "more than 10 bytes in a buffer");
	CHECK(!buffer_append_format(&buffer, "%d", 1));
	CHECK(buffer_reserve(&buffer, 1) == NULL);
	CHECK_SLICE(buffer_contents(&buffer), "0123456789");
	buffer_consume(&buffer, 3);
	CHECK(!buffer_append(&buffer, SLICE("abcd")));
	CHECK(buffer_append(&buffer, SLICE("abc")));
	CHECK_SLICE(buffer_contents(&buffer), "3456789abc");
	CHECK(!buffer_append(&buffer, slice_make("", SIZE_MAX)));
	buffer_finish(&buffer);
	CHECK_NUMBER(buffer.limit, 10);
	CHECK(buffer_append_format(&buffer, "%010d", 5));
	CHECK(!buffer_append_format(&buffer, "%s", "x"));
	CHECK_SLICE(buffer_contents(&buffer), "0000000005");
	buffer_finish(&buffer);
}

CASE("reserved room is contents only once advanced")
{
	struct buffer buffer = {0};
	char *room = buffer_reserve(&buffer, 1000);

	memset(room, 'a', 1000);
	CHECK_NUMBER(buffer_size(&buffer), 0);
	buffer_advance(&buffer, 3);
	CHECK_SLICE(buffer_contents(&buffer), "aaa");
	CHECK(buffer_reserve(&buffer, 0) != NULL);
	buffer_finish(&buffer);
	CHECK(buffer_reserve(&buffer, 0) != NULL);
	buffer_finish(&buffer);
}

CASE("formatted text of every length around the capacity")
{
	for (int length = 0; length < 600; length++) {
		struct buffer buffer = {0};

		CHECK(buffer_append(&buffer, SLICE("head")));
		CHECK(buffer_append_format(&buffer, "%0*d", length + 1, 0));
		CHECK_NUMBER(buffer_size(&buffer), length + 5);
		CHECK(slice_starts(buffer_contents(&buffer), SLICE("head0")));
		CHECK_NUMBER(
			slice_index_last(buffer_contents(&buffer), '0'), length + 4);
		buffer_finish(&buffer);
	}
}

/* Appends and consumes pieces of many sizes and compares with a plain queue. */
static void run_queue(size_t limit, unsigned steps)
{
	struct buffer buffer;
	unsigned char written = 0, read = 0;
	unsigned state = 1;

	buffer_init(&buffer, limit);
	for (unsigned step = 0; step < steps; step++) {
		unsigned char piece[300];
		size_t size, kept = buffer_size(&buffer);

		state = state * 1103515245 + 12345;
		size = (state >> 16) % sizeof(piece);
		for (size_t i = 0; i < size; i++)
			piece[i] = (unsigned char)(written + i);
		if (buffer_append(&buffer, slice_make(piece, size)))
			written = (unsigned char)(written + size);
		else
			CHECK_NUMBER(buffer_size(&buffer), kept);
		CHECK(limit == 0 || buffer.capacity <= limit);
		state = state * 1103515245 + 12345;
		size = (state >> 16) % (sizeof(piece) + 20);
		if (size > buffer_size(&buffer))
			size = buffer_size(&buffer);
		for (size_t i = 0; i < size; i++)
			CHECK_NUMBER(
				(unsigned char)buffer_contents(&buffer).at[i], read++);
		buffer_consume(&buffer, size);
	}
	buffer_finish(&buffer);
}

CASE("a queue of bytes keeps its order, with a cap and without")
{
	run_queue(0, 20000);
	run_queue(500, 20000);
	run_queue(4096, 20000);
}

CASE("a steady stream does not make it grow")
{
	struct buffer buffer = {0};
	char piece[100] = {0};

	CHECK(buffer_append(&buffer, slice_make(piece, 50)));
	for (int i = 0; i < 100000; i++) {
		CHECK(buffer_append(&buffer, slice_make(piece, 100)));
		buffer_consume(&buffer, 100);
	}
	CHECK(buffer.capacity <= 1024);
	buffer_finish(&buffer);
}

CASE("numbers in decimal digits")
{
	struct buffer buffer = {0};

	buffer_append_number(&buffer, 0);
	buffer_append_byte(&buffer, ' ');
	buffer_append_number(&buffer, 1234567890);
	buffer_append_byte(&buffer, ' ');
	buffer_append_number(&buffer, UINT64_MAX);
	CHECK_SLICE(buffer_contents(&buffer), "0 1234567890 18446744073709551615");
	buffer_finish(&buffer);
	buffer_init(&buffer, 2);
	CHECK(!buffer_append_number(&buffer, 100));
	CHECK(buffer_append_number(&buffer, 99));
	buffer_finish(&buffer);
}

CHECK_MAIN()
