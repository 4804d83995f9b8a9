/* Header fields: listed, found, unfolded; loops and duplicates. */
#include "mail/header.h"

#include "base/failure.h"
#include "base/memory.h"
#include "check.h"

static struct arena arena;

static struct header scanned(struct slice block)
{
	struct header header;

	CHECK(header_scan(&arena, block, 0, 0, &header));
	return header;
}

CASE("RFC 5322 A.1.1: fields in order, bytes kept")
{
	struct slice block = SLICE("From: John Doe <jdoe@machine.example>\r\n"
				   "To: Mary Smith <mary@example.net>\r\n"
				   "Subject: Saying Hello\r\n"
				   "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n"
				   "Message-ID: <1234@local.machine.example>\r\n\r\n");
	struct header header = scanned(block);

	CHECK_NUMBER(header.count, 5);
	CHECK_NUMBER(header.malformed, 0);
	CHECK_NUMBER(header.block.size, block.size - 2);
	CHECK_SLICE(header.fields[2].name, "Subject");
	CHECK_SLICE(header.fields[2].value, " Saying Hello");
	CHECK_SLICE(header.fields[2].whole, "Subject: Saying Hello\r\n");
	CHECK_NUMBER(header.fields[4].known, HEADER_MESSAGE_ID);
	CHECK(header_find(&header, HEADER_DATE) == &header.fields[3]);
	CHECK(!header_find(&header, HEADER_CC));
	CHECK_NUMBER(header_duplicates(&header), 0);
	arena_finish(&arena);
}

CASE("RFC 5322 A.5: folds, odd case and space; 4.5.8: space before the colon")
{
	struct header header = scanned(SLICE("SUBJECT  \t:\r\n x\r\n\ty \r\n"
					     "x-Foo:\r\n"
					     "X-foo:bar"));

	CHECK_NUMBER(header.count, 3);
	CHECK_NUMBER(header.fields[0].known, HEADER_SUBJECT);
	CHECK_SLICE(header.fields[0].name, "SUBJECT");
	CHECK_SLICE(header.fields[0].value, "\r\n x\r\n\ty ");
	CHECK_SLICE(header_unfold(&arena, header.fields[0].value), "x\ty");
	CHECK_SLICE(header.fields[1].value, "");
	CHECK_SLICE(header.fields[2].whole, "X-foo:bar");
	CHECK(header_find_text(&header, SLICE("X-FOO"), NULL) == &header.fields[1]);
	CHECK(header_find_text(&header, SLICE("X-FOO"), &header.fields[1]) ==
		&header.fields[2]);
	CHECK(header_find_next(&header, &header.fields[1]) == &header.fields[2]);
	CHECK(!header_find_next(&header, &header.fields[2]));
	CHECK(!header_find_next(&header, &header.fields[0]));
	CHECK_SLICE(header_unfold(&arena, SLICE("  a b\t")), "a b");
	arena_finish(&arena);
}

CASE("malformed lines are listed, counted and keep their folds")
{
	struct header header = scanned(SLICE("From alice Sat Nov 21 07:32:47 2026\r\n"
					     "A: b\r\n"
					     "no colon here\r\n with a fold\r\n"
					     ": no name\r\n"
					     "t\xc3\xa9l: x\r\n"
					     "Last: one\r\n"));

	CHECK_NUMBER(header.count, 6);
	CHECK_NUMBER(header.malformed, 4);
	CHECK_SLICE(header.fields[2].whole, "no colon here\r\n with a fold\r\n");
	CHECK_SLICE(header.fields[2].value, "no colon here\r\n with a fold");
	CHECK(!header.fields[3].name.size);
	CHECK_SLICE(header.fields[5].name, "Last");
	arena_finish(&arena);
	CHECK_NUMBER(scanned(SLICE("A: b\nC: d\r\n\nE: f\r\n")).count, 2);
	CHECK_NUMBER(scanned(SLICE("")).count, 0);
	CHECK_NUMBER(scanned(SLICE("\r\n")).count, 0);
	CHECK_NUMBER(scanned(SLICE(" fold\r\nA: b\r\n")).malformed, 1);
	arena_finish(&arena);
}

CASE("caps on count and size")
{
	struct header header;
	char block[70 * 4];

	for (size_t i = 0; i < 70; i++)
		memcpy(block + i * 4, "A:\r\n", 4);
	CHECK(header_scan(&arena, slice_make(block, sizeof(block)), 70, 280, &header));
	CHECK_NUMBER(header.count, 70);
	CHECK_SLICE(header.fields[69].name, "A");
	CHECK(!header_scan(&arena, slice_make(block, sizeof(block)), 69, 280, &header));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	failure_clear();
	CHECK(!header_scan(&arena, slice_make(block, sizeof(block)), 70, 279, &header));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	arena_finish(&arena);
}

CASE("every known name is found by its own text")
{
	for (enum header_name name = HEADER_OTHER + 1; name < HEADER_PRIVATE;
		name++) {
		const char *text = header_name_text(name);

		if (CHECK(text))
			CHECK_NUMBER(header_name_of(slice_of(text)), name);
	}
	CHECK_NUMBER(header_name_of(SLICE("mEsSaGe-iD")), HEADER_MESSAGE_ID);
	CHECK_NUMBER(header_name_of(SLICE("Message-IE")), HEADER_OTHER);
	CHECK_NUMBER(header_name_of(SLICE("")), HEADER_OTHER);
	CHECK_NUMBER(header_name_of(SLICE("Content-Transfer-Encodings")), HEADER_OTHER);
	CHECK(!header_name_text(HEADER_OTHER));
}

CASE("RFC 5322 3.6: what may stand once")
{
	struct header header = scanned(SLICE("From: a\r\nfrom: b\r\nReceived: x\r\n"
					     "Received: y\r\nDate: z\r\nSubject: 1\r\n"
					     "Subject: 2\r\nSubject: 3\r\n"));

	CHECK_NUMBER(
		header_duplicates(&header), 1u << HEADER_FROM | 1u << HEADER_SUBJECT);
	arena_finish(&arena);
}

CASE("RFC 5321 6.3: loops")
{
	struct header header = scanned(SLICE(
		"Received: from a.example (b.example [192.0.2.1])\r\n"
		"\tby MAIL.example.com with ESMTPS id 1; Sat, 21 Nov 2026 07:32:47 "
		"+0000\r\n"
		"Received: from x (HELO by mail.example.com) (nested (by "
		"mail.example.com))\r\n"
		"\tby (comment) other.example\r\n"
		"Received: by mail.example.com; date\r\n"
		"Received: by mail.example.com(Postfix) id 7\r\n"
		"Received: (qmail 123 invoked by uid 0); 1 Jan 2026 00:00:00 -0000\r\n"
		"Received: from \"by mail.example.com\" (\\) by mail.example.com\r\n"
		"Delivered-To: <bob@Example.com>\r\n"
		"Delivered-To:  alice@example.com \r\n"));

	CHECK_NUMBER(header_hops(&header), 6);
	CHECK_NUMBER(header_hops_by(&header, SLICE("mail.example.com")), 3);
	CHECK_NUMBER(header_hops_by(&header, SLICE("other.example")), 1);
	CHECK_NUMBER(header_hops_by(&header, SLICE("x.example")), 0);
	CHECK(header_was_delivered_to(&header, SLICE("alice@example.com")));
	CHECK(header_was_delivered_to(&header, SLICE("bob@example.com")));
	CHECK(!header_was_delivered_to(&header, SLICE("carol@example.com")));
	arena_finish(&arena);
}

CHECK_MAIN()
