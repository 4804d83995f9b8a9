/* What is kept beside a message; and what of header values it is made from. */
#include "mime/facts.h"

#include "check.h"
#include "mime/ids.h"
#include "mime/parameters.h"
#include "mime/subject.h"

CASE("RFC 5256 2.1: the base of a subject")
{
	static const struct {
		const char *subject, *base;
		bool answer;
	} table[] = {
		{"Hello", "Hello", false},
		{"Re: Hello", "Hello", true},
		{"RE: re:  FWD: Hello  there (fwd) (FWD)", "Hello there", true},
		{"[list] Re: [list] Hello", "Hello", true},
		{"[list] Hello", "Hello", false},
		{"[list]", "[list]", false},
		{"Re: [list]", "[list]", true},
		{"Re[2]: Hello", "Hello", true},
		{"Fw [x] : Hello", "Hello", true},
		{"Fw [x]: Hello", "Hello", true},
		{"[Fwd: Re: Hello]", "Hello", true},
		{"Re", "Re", false},
		{"Re:", "", true},
		{"=?utf-8?Q?Re:_caf=C3=A9?=", "caf\xc3\xa9", true},
		{"", "", false},
		{"(fwd)", "", true},
		{"[a][b] x", "x", false},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct arena arena = {0};
		bool answer;

		CHECK_SLICE(subject_base(&arena, slice_of(table[i].subject), &answer),
			table[i].base);
		CHECK_NUMBER(answer, table[i].answer);
		arena_finish(&arena);
	}
}

CASE("RFC 2231: parameters in pieces, with a charset; and what others do")
{
	static const struct {
		const char *value, *text;
	} table[] = {
		{"a/b; name=plain", "plain"},
		{"a/b; (c) name = \"q\\\"u\" ; x=y", "q\"u"},
		{"a/b; name*=utf-8'en'%e2%82%ac%20rates", "\xe2\x82\xac rates"},
		{"a/b; name*=iso-8859-1''%A3", "\xc2\xa3"},
		{"a/b; name*1*=b%20; name*0*=utf-8''a; name*2=\"c%20\"", "ab c%20"},
		{"a/b; name=old; name*=''new", "new"},
		{"a/b; name=\"=?iso-8859-1?Q?caf=E9?=\"", "caf\xc3\xa9"},
		{"a/b; name*0=x; name*2=z", "x"},
		{"a/b; naming=x", ""},
		{"a/b; name*=broken%2", "broken%2"},
		{"a/b", ""},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct arena arena = {0};

		CHECK_SLICE(mime_parameter_text(
				    &arena, slice_of(table[i].value), SLICE("name")),
			table[i].text);
		arena_finish(&arena);
	}
}

CASE("Message-IDs")
{
	struct slice value = SLICE("x <a@b>\r\n <\"q\"@d> <no> <broken <c@d> <e@f");
	struct arena arena = {0};
	struct slice id;

	CHECK(ids_next(&arena, &value, &id));
	CHECK_SLICE(id, "a@b");
	CHECK(ids_next(&arena, &value, &id));
	CHECK_SLICE(id, "q@d");
	CHECK(ids_next(&arena, &value, &id));
	CHECK_SLICE(id, "c@d");
	CHECK(!ids_next(&arena, &value, &id));
	arena_finish(&arena);
}

static const char message[] =
	"Date: Sat, 21 Nov 2026 10:00:00 +0100\r\nSubject: Re: =?utf-8?B?w6k=?=\r\n"
	"From: =?utf-8?Q?J=C3=B6?= <jo@x.test>, b@x.test\r\nTo: t@y.test\r\n"
	"Cc: Group: c@z.test;\r\nMessage-ID: <1@x.test>\r\nReferences: <a@b> <c@d>\r\n"
	"In-Reply-To: <e@f>\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
	"--b\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n"
	"<p>H\xe9</p>\r\n--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	"Pl=E9in   \r\ntext=\r\n goes\r\n--b--\r\n";

CASE("all of it, packed and read")
{
	struct buffer packed = {0};
	struct facts facts;

	facts_make(slice_of(message), &packed);
	CHECK(facts_read(buffer_contents(&packed), &facts));
	CHECK_SLICE(facts.subject, "\xc3\xa9");
	CHECK(facts.is_answer);
	CHECK_SLICE(facts.from, "jo");
	CHECK_SLICE(facts.from_display, "J\xc3\xb6");
	CHECK_SLICE(facts.to_display, "t@y.test");
	CHECK_SLICE(facts.cc, "Group");
	CHECK_SLICE(facts.message_id, "1@x.test");
	CHECK_SLICE(facts.references, "a@b\nc@d\n");
	CHECK_SLICE(facts.preview, "Pl\xc3\xa9in text goes");
	CHECK(facts.has_date);
	CHECK_NUMBER(facts.sent_ms, 1795251600000);
	for (size_t i = 0; i < buffer_size(&packed); i++)
		CHECK(!facts_read(slice_part(buffer_contents(&packed), 0, i), &facts));
	buffer_finish(&packed);
}

CASE("a message is made sense of at every cut")
{
	for (size_t i = 0; i <= sizeof(message) - 1; i++) {
		struct buffer packed = {0};
		struct facts facts;

		facts_make(slice_make(message, i), &packed);
		CHECK(facts_read(buffer_contents(&packed), &facts));
		buffer_finish(&packed);
	}
}

CHECK_MAIN()
