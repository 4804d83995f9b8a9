/* Where the header ends: at every cut and byte by byte. */
#include "mail/header.h"

#include "base/memory.h"
#include "check.h"

static const struct {
	struct slice message;
	uint64_t size, body_at;
} table[] = {
	{SLICE("From: a\r\nTo: b\r\n\r\nbody\r\n\r\nmore"), 16, 18},
	{SLICE("From: a\r\n\r\n"), 9, 11},
	{SLICE("From: a\r\n"), 9, 9},
	{SLICE("From: a"), 7, 7},
	{SLICE(""), 0, 0},
	{SLICE("\r\nbody\r\n"), 0, 2},
	{SLICE("\r\n"), 0, 2},
	{SLICE("\r\n\r\n"), 0, 2},
	{SLICE("A: b\r\n c\r\n \r\n\r\nbody"), 13, 15},
	/* Only the first line decides that there is no header. */
	{SLICE("Hello there,\r\n\r\nbody: x\r\n"), 0, 0},
	{SLICE("Hello\r\n\r\n"), 0, 0},
	{SLICE(" folded: nothing\r\n\r\n"), 0, 0},
	{SLICE(": x\r\n\r\n"), 0, 0},
	{SLICE("Na\xc3\xafve: x\r\n\r\n"), 0, 0},
	{SLICE("A\r\nB: c\r\n\r\n"), 0, 0},
	{SLICE("Fro"), 0, 0},
	{SLICE("A: b\r\nno header line\r\nC: d\r\n\r\nbody"), 28, 30},
	/* RFC 5322 4.5.8 and mbox. */
	{SLICE("Subject \t: x\r\n\r\nbody"), 14, 16},
	{SLICE("From : x\r\n\r\nbody"), 10, 12},
	{SLICE("From alice@example.com Sat Nov 21 07:32:47 2026\r\nA: b\r\n\r\nx"), 55,
		57},
	{SLICE("Fromage: x\r\n\r\nbody"), 12, 14},
	{SLICE("Fr: x\r\n\r\nbody"), 7, 9},
	{SLICE("From\tx\r\n\r\nbody"), 0, 0},
	/* Bare CR and LF make no blank line. */
	{SLICE("A: b\n\nc\r\n\r\nd"), 9, 11},
	{SLICE("A: b\r\rc\r\n\r\nd"), 9, 11},
	{SLICE("A: b\r\n\rc\r\n\r\nd"), 10, 12},
	{SLICE("A: b\n\r\nc: d\r\n\r\n"), 13, 15},
	{SLICE("\rA: b\r\n\r\n"), 0, 0},
};

static void check_pieces(size_t row, size_t cut, size_t step)
{
	struct slice message = table[row].message;
	struct header_end end = {0};
	size_t at = 0, size = cut;

	while (at < message.size && !end.found) {
		header_end_find(&end, slice_part(message, at, size));
		at += size;
		size = step;
	}
	if (end.found && table[row].body_at)
		CHECK(table[row].body_at <= at);
	header_end_finish(&end);
	if (!CHECK_NUMBER(end.size, table[row].size) ||
		!CHECK_NUMBER(end.body_at, table[row].body_at))
		fprintf(stderr, "row %zu cut %zu step %zu\n", row, cut, step);
}

CASE("the header's end, at every cut")
{
	for (size_t row = 0; row < ARRAY_COUNT(table); row++) {
		for (size_t step = 1; step < 5; step++)
			check_pieces(row, step, step);
		for (size_t cut = 1; cut <= table[row].message.size; cut++)
			check_pieces(row, cut, 1000);
	}
}

CASE("found stays found")
{
	struct header_end end = {0};

	CHECK(header_end_find(&end, SLICE("A: b\r\n\r\n")));
	CHECK(header_end_find(&end, SLICE("c\r\n\r\n")));
	header_end_finish(&end);
	CHECK_NUMBER(end.body_at, 8);
}

CHECK_MAIN()
