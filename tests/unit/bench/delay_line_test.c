/* Bytes on their way over a distance. */
#include "bench/delay_line.h"

#include "check.h"

#define START 7000000

static struct delay_line make(int64_t delay_us, uint64_t bits, size_t window)
{
	struct delay_line line = {
		.delay_us = delay_us, .bits_per_second = bits, .window = window};

	return line;
}

/* What is due at NOW_US as one text, taken out. */
static const char *take(struct delay_line *line, int64_t now_us)
{
	static char text[256];
	struct iovec pieces[3];
	size_t count, size, used = 0;

	while ((count = delay_line_peek(line, now_us, pieces, 3, &size))) {
		size_t all = 0;

		for (size_t i = 0; i < count; i++) {
			memcpy(text + used, pieces[i].iov_base, pieces[i].iov_len);
			used += pieces[i].iov_len;
			all += pieces[i].iov_len;
		}
		CHECK_NUMBER(size, all);
		delay_line_drop(line, count);
	}
	text[used] = '\0';
	return text;
}

CASE("each piece a delay after it was put in, in order")
{
	struct delay_line line = make(50000, 0, 1000);

	delay_line_init(&line, 0);
	CHECK_NUMBER(delay_line_due_us(&line), DELAY_NEVER);
	delay_line_put(&line, SLICE("one "), START);
	delay_line_put(&line, SLICE("two "), START);
	delay_line_put(&line, SLICE("three"), START + 7);
	CHECK_NUMBER(delay_line_due_us(&line), START + 50000);
	CHECK_SLICE(slice_of(take(&line, START + 49999)), "");
	CHECK_SLICE(slice_of(take(&line, START + 50000)), "one two ");
	CHECK_NUMBER(delay_line_due_us(&line), START + 50007);
	CHECK_SLICE(slice_of(take(&line, START + 90000)), "three");
	CHECK_NUMBER(delay_line_due_us(&line), DELAY_NEVER);
	delay_line_finish(&line);
}

CASE("many pieces are taken out in several turns")
{
	struct delay_line line = make(1, 0, 1000);

	delay_line_init(&line, 0);
	for (unsigned i = 0; i < 10; i++)
		delay_line_put(&line, slice_make(&"0123456789"[i], 1), START);
	CHECK_SLICE(slice_of(take(&line, START + 1)), "0123456789");
	CHECK_NUMBER(delay_line_room(&line), 1000);
	delay_line_finish(&line);
}

CASE("no more than the window is on its way")
{
	struct delay_line line = make(1000, 0, 10);

	delay_line_init(&line, 0);
	CHECK_NUMBER(delay_line_room(&line), 10);
	delay_line_put(&line, SLICE("1234567"), START);
	CHECK_NUMBER(delay_line_room(&line), 3);
	delay_line_put(&line, SLICE("890"), START + 5);
	CHECK_NUMBER(delay_line_room(&line), 0);
	CHECK_SLICE(slice_of(take(&line, START + 1000)), "1234567");
	CHECK_NUMBER(delay_line_room(&line), 7);
	delay_line_finish(&line);
}

CASE("the end travels behind the bytes, and as long")
{
	struct delay_line line = make(1000, 0, 100);

	delay_line_init(&line, 0);
	delay_line_put(&line, SLICE("last"), START);
	delay_line_end(&line, START + 300);
	delay_line_end(&line, START + 900);
	CHECK(delay_line_has_ended(&line));
	CHECK_SLICE(slice_of(take(&line, START + 1000)), "last");
	CHECK_NUMBER(delay_line_due_us(&line), START + 1300);
	delay_line_finish(&line);
}

CASE("what is put in before it is open counts from there")
{
	struct delay_line line = make(1000, 0, 100);

	delay_line_init(&line, START + 2000);
	delay_line_put(&line, SLICE("early"), START);
	CHECK_NUMBER(delay_line_due_us(&line), START + 3000);
	delay_line_put(&line, SLICE("late"), START + 2500);
	CHECK_SLICE(slice_of(take(&line, START + 3499)), "early");
	CHECK_SLICE(slice_of(take(&line, START + 3500)), "late");
	delay_line_finish(&line);
}

CASE("a rate: bytes arrive as fast as the line takes them up")
{
	struct delay_line line = make(1000, 8000000, 10000); /* a byte a us */
	static const char bytes[4000];
	struct iovec pieces[8];
	size_t size;

	delay_line_init(&line, 0);
	delay_line_put(&line, slice_make(bytes, 4000), START);
	CHECK_NUMBER(delay_line_due_us(&line), START + 1448 + 1000);
	CHECK_NUMBER(delay_line_peek(&line, START + 2447, pieces, 8, &size), 0);
	CHECK_NUMBER(delay_line_peek(&line, START + 2448, pieces, 8, &size), 1);
	CHECK_NUMBER(size, 1448);
	CHECK_NUMBER(delay_line_peek(&line, START + 5000, pieces, 8, &size), 3);
	CHECK_NUMBER(size, 4000);
	/* The line is taken until START + 4000. */
	delay_line_put(&line, slice_make(bytes, 100), START + 50);
	delay_line_end(&line, START + 60);
	CHECK_NUMBER(delay_line_peek(&line, START + 5099, pieces, 8, &size), 3);
	CHECK_NUMBER(delay_line_peek(&line, START + 5100, pieces, 8, &size), 4);
	delay_line_drop(&line, 4);
	CHECK_NUMBER(delay_line_due_us(&line), START + 5100);
	delay_line_finish(&line);
}

CHECK_MAIN()
