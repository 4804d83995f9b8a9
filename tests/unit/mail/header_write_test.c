/* Header fields made out of what people wrote. */
#include "mail/header_write.h"

#include "base/memory.h"
#include "check.h"

static void check_text(const char *text, const char *want)
{
	struct buffer out = {0};

	CHECK(header_write_text(&out, SLICE("Subject"), slice_of(text)));
	CHECK_SLICE(buffer_contents(&out), want);
	buffer_finish(&out);
}

CASE("RFC 5322 2.2.3: ASCII is folded at its blanks")
{
	check_text("Hello", "Subject: Hello\r\n");
	check_text("", "Subject: \r\n");
	check_text("one two three four five six seven eight nine ten eleven twelve "
		   "thirteen",
		"Subject: one two three four five six seven eight nine ten eleven "
		"twelve\r\n thirteen\r\n");
}

CASE("RFC 2047: what is not ASCII, in words of at most 75 bytes")
{
	check_text("Grüße", "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n");
	check_text("日本語", "Subject: =?utf-8?B?5pel5pys6Kqe?=\r\n");
	check_text(
		"=?utf-8?Q?x?=", "Subject: =?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?=\r\n");
	check_text(" blanks ", "Subject: =?utf-8?Q?_blanks_?=\r\n");
	check_text("日本語日本語日本語日本語日本語日本語日本語",
		"Subject: "
		"=?utf-8?B?5pel5pys6Kqe5pel5pys6Kqe5pel5pys6Kqe5pel5pys6Kqe5pel?="
		"\r\n =?utf-8?B?5pys6Kqe5pel5pys6Kqe5pel5pys6Kqe?=\r\n");
}

CASE("lines of no more than 998 bytes, whatever it is")
{
	struct buffer out = {0};
	char *text = memory_allocate(5000);
	struct slice rest, line;

	memset(text, 'x', 4999);
	CHECK(header_write_text(&out, SLICE("Subject"), slice_of(text)));
	for (rest = buffer_contents(&out); rest.at;) {
		line = slice_cut(&rest, '\n');
		CHECK(line.size <= 78);
	}
	memory_free(text);
	buffer_finish(&out);
}

CASE("mailboxes: atoms, quoted strings, encoded words")
{
	static const struct header_mailbox list[] = {
		{SLICE("Bob Smith"), SLICE("bob@x.test")},
		{SLICE_EMPTY, SLICE("a@x.test")},
		{SLICE("Al, \"Jr.\""), SLICE("al@x.test")},
		{SLICE("Jörg"), SLICE("jo@x.test")},
	};
	struct buffer out = {0};

	CHECK(header_write_mailboxes(&out, SLICE("To"), list, 4));
	CHECK_SLICE(buffer_contents(&out), "To: Bob Smith <bob@x.test>, a@x.test, "
					   "\"Al, \\\"Jr.\\\"\" <al@x.test>,\r\n"
					   " =?utf-8?Q?J=C3=B6rg?= <jo@x.test>\r\n");
	buffer_finish(&out);
}

CASE("RFC 2231: parameters, in sections where they are long")
{
	struct buffer out = {0};

	CHECK(header_write_parameter(&out, "filename", SLICE("a \"b\".pdf")));
	CHECK_SLICE(buffer_contents(&out), ";\r\n filename=\"a \\\"b\\\".pdf\"");
	buffer_clear(&out);
	CHECK(header_write_parameter(&out, "filename", SLICE("ü b.pdf")));
	CHECK_SLICE(buffer_contents(&out), ";\r\n filename*=utf-8''%C3%BC%20b.pdf");
	buffer_clear(&out);
	CHECK(header_write_parameter(&out, "name", SLICE("üüüüüüüüüüüüü.pdf")));
	CHECK_SLICE(buffer_contents(&out),
		";\r\n name*0*=utf-8''%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC"
		"%C3;\r\n name*1*=%BC%C3%BC%C3%BC%C3%BC%C3%BC.pdf");
	buffer_finish(&out);
}

CHECK_MAIN()
