/* ENVELOPE, BODYSTRUCTURE and the places of parts (RFC 9051 7.5.2, 6.4.5.1). */
#include "mime/structure.h"

#include "check.h"
#include "mime/envelope.h"
#include "mime/parts.h"

static const struct {
	const char *name, *message, *body;
} table[] = {
	{"text without MIME", "Subject: x\r\n\r\none\r\ntwo\r\n",
		"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 10 "
		"2)"},
	{"a header and nothing else", "Subject: x\r\n",
		"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)"},
	{"nothing at all", "",
		"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)"},
	{"no header, the first line is garbage", "hello\r\nSubject: x\r\n\r\n",
		"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 21 "
		"3)"},
	{"two parts, preamble and epilogue",
		"Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\npre\r\n"
		"--a b\r\n\r\nhi\r\n--a b \r\nContent-Type: image/png; name=x\r\n"
		"Content-Transfer-Encoding: base64\r\nContent-ID: <i>\r\n\r\nQUJD\r\n"
		"--a b--\r\nend\r\n",
		"((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 2 0)"
		"(\"image\" \"png\" (\"name\" \"x\") \"<i>\" NIL \"base64\" 4)"
		" \"mixed\")"},
	{"a multipart without a boundary", "Content-Type: multipart/mixed\r\n\r\nx\r\n",
		"((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)"
		" \"mixed\")"},
	{"an outer delimiter ends what is inside",
		"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
		"Content-Type: multipart/alternative; "
		"boundary=i\r\n\r\n--i\r\n\r\na\r\n"
		"--o\r\n\r\nb\r\n--o--\r\n",
		"(((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0)"
		" \"alternative\")"
		"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0)"
		" \"mixed\")"},
	{"a digest's parts are messages",
		"Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\n"
		"Subject: s\r\n\r\nb\r\n\r\n--d--\r\n",
		"((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 17 "
		"(NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) "
		"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 1)"
		" 3) \"digest\")"},
	{"RFC 2231 8: parameters in pieces are put together",
		"Content-Type: application/pdf; Name*1=\"two\"; x=y; name*0=one;\r\n"
		" name*2=.pdf\r\n\r\n",
		"(\"application\" \"pdf\" (\"Name\" \"onetwo.pdf\" \"x\" \"y\") NIL "
		"NIL "
		"\"7bit\" 0)"},
	{"… in percents",
		"Content-Type: application/pdf; name*0*=utf-8''%C3; name*1*=%BC%20;\r\n"
		" name*2=\"50% off\"\r\n\r\n",
		"(\"application\" \"pdf\" (\"name*\" \"utf-8''%C3%BC%2050%25%20off\") "
		"NIL "
		"NIL \"7bit\" 0)"},
	{"… in percents but for the first",
		"Content-Type: application/pdf; name*0=a; name*1*=%20b\r\n\r\n",
		"(\"application\" \"pdf\" (\"name*\" \"''a%20b\") NIL NIL \"7bit\" 0)"},
	{"… without the first, with one twice, with one missing, numbers too large",
		"Content-Type: application/pdf; a*1=x; b*0=1; b*0=2; b*2=3; c*=''d; "
		"e*1000=5\r\n\r\n",
		"(\"application\" \"pdf\" (\"a*1\" \"x\" \"b\" \"1\" \"b\" \"2\" "
		"\"b*2\" \"3\" "
		"\"c*\" \"''d\" \"e*1000\" \"5\") NIL NIL \"7bit\" 0)"},
};

CASE("BODY of messages of all kinds")
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct arena arena = {0};
		struct buffer out = {0};

		structure_write(mime_tree(&arena, slice_of(table[i].message)), false,
			&arena, &out);
		CHECK_SLICE(buffer_contents(&out), table[i].body);
		buffer_finish(&out);
		arena_finish(&arena);
	}
}

CASE("BODYSTRUCTURE has disposition, language and location")
{
	struct arena arena = {0};
	struct buffer out = {0};

	structure_write(
		mime_tree(&arena,
			SLICE("Content-Type: text/plain; charset=utf-8; "
			      "format=flowed\r\nContent-Disposition: attachment;"
			      "\r\n filename=\"a \\\"b\\\".txt\"\r\n"
			      "Content-Language: de, en\r\n"
			      "Content-Location: http://x/\r\n"
			      "Content-MD5: Q2hlY2s=\r\n"
			      "Content-Description: what\r\n\r\nx\r\n")),
		true, &arena, &out);
	CHECK_SLICE(buffer_contents(&out),
		"(\"text\" \"plain\" (\"charset\" \"utf-8\" \"format\" \"flowed\") NIL "
		"\"what\" \"7bit\" 3 1 \"Q2hlY2s=\" (\"attachment\" (\"filename\" "
		"\"a \\\"b\\\".txt\")) (\"de\" \"en\") \"http://x/\")");
	buffer_finish(&out);
	arena_finish(&arena);
}

static void check_envelope(const char *header, const char *wanted)
{
	struct arena arena = {0};
	struct buffer out = {0};

	envelope_write(&mime_tree(&arena, slice_of(header))->header, &arena, &out);
	CHECK_SLICE(buffer_contents(&out), wanted);
	buffer_finish(&out);
	arena_finish(&arena);
}

CASE("ENVELOPE: RFC 3501's example, groups, routes, comments, what is broken")
{
	check_envelope(
		"Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
		"From: Terry Gray <gray@cac.washington.edu>\r\n"
		"Subject: IMAP4rev1 WG mtg summary and minutes\r\n"
		"To: imap@cac.washington.edu\r\n"
		"cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
		"Message-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n",
		"(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" "
		"\"IMAP4rev1 WG mtg summary and minutes\" "
		"((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
		"((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
		"((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
		"((NIL NIL \"imap\" \"cac.washington.edu\")) "
		"((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")"
		"(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
		"\"<B27397-0100000@cac.washington.edu>\")");
	check_envelope("From: \"a, b\" <x@y>\r\nTo: Us: a@b, C <c@d>;, e@f (Eve)\r\n"
		       "Bcc: <@r1,@r2:u@h>\r\nCc: nobody\r\nSubject:\r\n\r\n",
		"(NIL \"\" ((\"a, b\" NIL \"x\" \"y\")) ((\"a, b\" NIL \"x\" \"y\")) "
		"((\"a, b\" NIL \"x\" \"y\")) ((NIL NIL \"Us\" NIL)(NIL NIL \"a\" "
		"\"b\")"
		"(\"C\" NIL \"c\" \"d\")(NIL NIL NIL NIL)(\"Eve\" NIL \"e\" \"f\")) "
		"((NIL NIL \"nobody\" \"\")) ((NIL \"@r1,@r2\" \"u\" \"h\")) NIL NIL)");
	check_envelope("From: \xc3\xa9 <a@b>\r\n\r\n",
		"(NIL NIL (({2}\r\n\xc3\xa9 NIL \"a\" \"b\")) "
		"(({2}\r\n\xc3\xa9 NIL \"a\" \"b\")) (({2}\r\n\xc3\xa9 NIL \"a\" "
		"\"b\")) "
		"NIL NIL NIL NIL NIL)");
}

/* RFC 9051 6.4.5.1's example, as far as numbers go. */
static const char nested[] =
	"Content-Type: multipart/mixed; boundary=1\r\n\r\n"
	"--1\r\n\r\none\r\n"
	"--1\r\nContent-Type: application/octet-stream\r\n\r\ntwo\r\n"
	"--1\r\nContent-Type: message/rfc822\r\n\r\n"
	"Subject: three\r\nContent-Type: multipart/mixed; boundary=3\r\n\r\n"
	"--3\r\n\r\nthree-one\r\n"
	"--3\r\nContent-Type: application/x\r\n\r\nthree-two\r\n--3--\r\n"
	"--1\r\nContent-Type: multipart/mixed; boundary=4\r\n\r\n"
	"--4\r\nContent-Type: image/gif\r\n\r\nfour-one\r\n"
	"--4\r\nContent-Type: message/rfc822\r\n\r\n"
	"Content-Type: text/x\r\n\r\nfour-two\r\n--4--\r\n--1--\r\n";

static void check_part(const char *what, const char *wanted)
{
	struct slice message = slice_of(nested), rest = slice_of(what);
	struct arena arena = {0};
	struct buffer packed = {0};
	uint32_t numbers[8];
	uint64_t number;
	size_t count = 0;
	const struct mime_place *place;

	while (rest.size && slice_to_u64(slice_cut(&rest, '.'), &number))
		numbers[count++] = (uint32_t)number;
	parts_pack(mime_tree(&arena, message), &arena, &packed);
	place = parts_find(
		&arena, parts_unpack(&arena, buffer_contents(&packed)), numbers, count);
	CHECK((place == NULL) == (wanted == NULL));
	if (place && wanted)
		CHECK_SLICE(slice_part(message, (size_t)place->body_at,
				    (size_t)place->body_size),
			wanted);
	buffer_finish(&packed);
	arena_finish(&arena);
}

CASE("parts by number")
{
	check_part("1", "one");
	check_part("2", "two");
	check_part("3.1", "three-one");
	check_part("3.2", "three-two");
	check_part("4.1", "four-one");
	check_part("4.2", "Content-Type: text/x\r\n\r\nfour-two");
	check_part("4.2.1", "four-two");
	check_part("5", NULL);
	check_part("1.1", NULL);
	check_part("3.3", NULL);
	check_part("4.2.2", NULL);
	check_part("4.2.1.1", NULL);
	check_part("0", NULL);
}

CASE("parts that are damaged are none")
{
	struct arena arena = {0};
	struct buffer packed = {0};

	parts_pack(mime_tree(&arena, slice_of(nested)), &arena, &packed);
	for (size_t i = 0; i < buffer_size(&packed); i++)
		CHECK(!parts_unpack(
			&arena, slice_part(buffer_contents(&packed), 0, i)));
	buffer_finish(&packed);
	arena_finish(&arena);
}

CASE("depth and number of parts are bounded")
{
	struct buffer text = {0}, out = {0};
	struct arena arena = {0};

	for (int i = 0; i < 3000; i++)
		buffer_append_format(&text,
			"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n",
			i, i);
	structure_write(mime_tree(&arena, buffer_contents(&text)), true, &arena, &out);
	CHECK(buffer_size(&out) < 200000);
	buffer_clear(&text);
	buffer_clear(&out);
	for (int i = 0; i < 3000; i++)
		buffer_append(&text, SLICE("Content-Type: message/rfc822\r\n\r\n"));
	structure_write(mime_tree(&arena, buffer_contents(&text)), true, &arena, &out);
	CHECK(buffer_size(&out) < 200000);
	buffer_clear(&text);
	buffer_append(
		&text, SLICE("Content-Type: multipart/mixed; boundary=b\r\n\r\n"));
	for (int i = 0; i < 20000; i++)
		buffer_append(&text, SLICE("--b\r\n\r\nx\r\n"));
	CHECK_NUMBER(mime_tree(&arena, buffer_contents(&text))->children,
		MIME_TREE_PARTS - 1);
	buffer_finish(&text);
	buffer_finish(&out);
	arena_finish(&arena);
}

CHECK_MAIN()
