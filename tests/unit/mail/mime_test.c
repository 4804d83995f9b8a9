/* 8-bit messages for 7-bit peers (RFC 6152 3): what is converted and how,
 * what is refused and why. */
#include "mail/mime.h"

#include "base/memory.h"
#include "check.h"

#define E "\xc3\xa9"

static const struct {
	const char *message, *converted; /* NULL: refused */
	const char *reason;
} table[] = {
	/* RFC 1428: no MIME at all */
	{"Subject: x\r\n\r\ncaf" E "\r\n",
		"Subject: x\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=A9\r\n",
		NULL},
	{"caf" E " without a header, and some more text\r\n",
		"MIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		"caf=C3=A9 without a header, and some more text\r\n",
		NULL},
	/* a single part */
	{"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	 "Content-Transfer-Encoding: 8bit\r\nX: y\r\n\r\nA long line of text with "
	 "caf" E ".\r\n",
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"X: y\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
		"A long line of text with caf=C3=A9.\r\n",
		NULL},
	{"Content-Type: image/x\r\nContent-Transfer-Encoding: BINARY (c)\r\n\r\n" E E,
		"Content-Type: image/x\r\nMIME-Version: 1.0\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nw6nDqQ==\r\n",
		NULL},
	{"Content-Type: broken\r\n\r\n" E E,
		"Content-Type: broken\r\nMIME-Version: 1.0\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nw6nDqQ==\r\n",
		NULL},
	/* a multipart: 7-bit parts keep their bytes, labels are put right */
	{"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
	 "Content-Transfer-Encoding: 8bit\r\n\r\npr" E "amble\r\n--b\r\n"
	 "Content-Transfer-Encoding: 8bit\r\n\r\nplain\r\n--b\r\n\r\n" E "\r\n--b\r\n"
	 "Content-Type: text/html\r\n\r\n<p>" E "\r\n\r\n--b--\r\nepil" E "gue\r\n",
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
		"Content-Transfer-Encoding: 7bit\r\n\r\npr??amble\r\n--b\r\n"
		"Content-Transfer-Encoding: 8bit\r\n\r\nplain\r\n--b\r\n"
		"Content-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nw6k=\r\n--b\r\n"
		"Content-Type: text/html\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=C3=A9\r\n\r\n"
		"--b--\r\nepil??gue\r\n",
		NULL},
	/* nested, the inner one ended by the outer's delimiter */
	{"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
	 "Content-Type: multipart/alternative; boundary=ab\r\n\r\n--ab\r\n\r\n" E E
	 "\r\n--a \r\nContent-Type: x/y\r\n\r\n" E E "\r\n--ab\r\n--a--",
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"
		"--a\r\nContent-Type: multipart/alternative; "
		"boundary=ab\r\n\r\n--ab\r\n"
		"Content-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nw6nDqQ==\r\n--a \r\n"
		"Content-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n"
		"w6nDqQ0KLS1hYg==\r\n--a--",
		NULL},
	/* a message in a message, and in a digest */
	{"MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n"
	 "Content-Transfer-Encoding: 8bit\r\n\r\nSubject: in\r\n\r\n" E E "\r\n",
		"MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n"
		"Content-Transfer-Encoding: 7bit\r\n\r\nSubject: in\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain; "
		"charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nw6nDqQ0K\r\n",
		NULL},
	{"MIME-Version: 1.0\r\nContent-Type: multipart/digest; boundary=d\r\n\r\n"
	 "--d\r\n\r\nSubject: in\r\n\r\n" E E "\r\n--d--\r\n",
		"MIME-Version: 1.0\r\nContent-Type: multipart/digest; "
		"boundary=d\r\n\r\n"
		"--d\r\n\r\nSubject: in\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain; "
		"charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nw6nDqQ==\r\n--d--\r\n",
		NULL},
	/* a signed part beside an 8-bit one */
	{"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	 "Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\nx\r\n--s--\r\n"
	 "--b\r\n\r\n" E E "\r\n--b--\r\n",
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
		"--b\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\nx"
		"\r\n--s--\r\n--b\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nw6nDqQ==\r\n--b--\r\n",
		NULL},
	/* parts with no body, no blank line, nothing at all */
	{"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\nA: "
	 "b\r\n--b\r\n"
	 "\r\n" E E "\r\n--b--",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\nA: "
		"b\r\n"
		"--b\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nw6nDqQ==\r\n--b--",
		NULL},
	/* lines that are nearly delimiters, and a boundary that ends in "--" */
	{"Content-Type: multipart/mixed; boundary=\"a--\"\r\n\r\n--a--\r\n\r\n--a\r\n"
	 "--a-\r\n--a---\r\n --a--\r\n--b--\r\n" E E E E E E E E
	 "\r\n--a---- \r\n--a--\r\n" E,
		"Content-Type: multipart/mixed; boundary=\"a--\"\r\n\r\n--a--\r\n"
		"Content-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n"
		"LS1hDQotLWEtDQotLWEtLS0NCiAtLWEtLQ0KLS1iLS0NCsOpw6nDqcOpw6nDqcOpw6k="
		"\r\n"
		"--a---- \r\n--a--\r\n?\?",
		NULL},
	/* what cannot be done */
	{"Subject: " E "\r\n\r\nx\r\n", NULL, "its header holds 8-bit text"},
	{"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: " E
	 "\r\n\r\n\r\n--b--\r\n",
		NULL, "its header holds 8-bit text"},
	{"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n" E
	 "\r\n--b--\r\n",
		NULL, "it is signed or encrypted"},
	{"Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\n" E
	 "\r\n--b--\r\n",
		NULL, "it is signed or encrypted"},
	{"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" E
	 "\r\n",
		NULL, "a part is 8-bit though it is encoded"},
	{"Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uue\r\n\r\n" E
	 "\r\n",
		NULL, "a part is 8-bit though it is encoded"},
	{"Content-Type: message/delivery-status\r\n\r\n" E "\r\n", NULL,
		"a part that may not be encoded holds 8-bit text"},
	{"Content-Type: message/partial\r\n\r\n" E "\r\n", NULL,
		"a part that may not be encoded holds 8-bit text"},
	{"Content-Type: multipart/mixed\r\n\r\n" E "\r\n", NULL,
		"a part that may not be encoded holds 8-bit text"},
	{"Content-Type: multipart/mixed; boundary=b\r\n"
	 "Content-Transfer-Encoding: base64\r\n\r\n--b\r\n\r\n" E "\r\n--b--\r\n",
		NULL, "a part that may not be encoded holds 8-bit text"},
	{"Content-Type: multipart/mixed; boundary=b\r\n\r\n" E "\r\n", NULL,
		"a multipart has no parts"},
};

static bool is_seven_bit(struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		if ((unsigned char)text.at[i] > 0x7f)
			return false;
	}
	return true;
}

CASE("converted, or refused with a reason")
{
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct buffer out = {0};
		const char *reason = NULL;
		enum mime_verdict verdict;

		buffer_append(&out, SLICE("before"));
		verdict = mime_to_seven_bit(slice_of(table[i].message), &out, &reason);
		if (!table[i].converted) {
			CHECK_NUMBER(verdict, MIME_REFUSED);
			CHECK_SLICE(slice_of(reason), table[i].reason);
			CHECK_SLICE(buffer_contents(&out), "before");
		} else if (CHECK_NUMBER(verdict, MIME_CONVERTED)) {
			CHECK_SLICE(slice_from(buffer_contents(&out), 6),
				table[i].converted);
			CHECK(is_seven_bit(buffer_contents(&out)));
		} else {
			fprintf(stderr, "%s\n%s\n", reason, table[i].message);
		}
		buffer_finish(&out);
	}
}

static const struct {
	struct slice message;
	const char *converted, *reason; /* NULL: refused */
} binary[] = {
	/* each byte is kept: bare CR and LF, NUL, what only looks like a delimiter */
	{SLICE("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
	       "Content-Transfer-Encoding: binary\r\n\r\npre\0\r\n--b\r\n"
	       "Content-Transfer-Encoding: binary\r\n\r\nplain\r\n--b\r\n"
	       "Content-Type: x/y\r\nContent-Transfer-Encoding: binary\r\n\r\n"
	       "\0\n--b\n\r--b\r\n--b\r\r\n--b--\r\nepi\n"),
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
		"Content-Transfer-Encoding: 7bit\r\n\r\n\r\n--b\r\n"
		"Content-Transfer-Encoding: 7bit\r\n\r\nplain\r\n--b\r\n"
		"Content-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n"
		"AAotLWIKDS0tYg0KLS1iDQ==\r\n--b--\r\n",
		NULL},
	{SLICE("A: b\r\n\r\nx\ry"),
		"A: b\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=unknown-8bit\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\neA15\r\n",
		NULL},
	{SLICE("Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\n\0\r\n"
	       "--s--\r\n"),
		NULL, "it is signed or encrypted"},
	{SLICE("Content-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n\n"),
		NULL, "a part is 8-bit though it is encoded"},
};

CASE("RFC 3030 3: what is binary becomes text in lines, as base64, or is refused")
{
	char line[1200];
	struct buffer out = {0};
	const char *reason = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(binary); i++) {
		enum mime_verdict verdict = mime_from_binary(
			binary[i].message, &out, &reason);

		if (binary[i].converted) {
			CHECK_NUMBER(verdict, MIME_CONVERTED);
			CHECK_SLICE(buffer_contents(&out), binary[i].converted);
		} else {
			CHECK_NUMBER(verdict, MIME_REFUSED);
			CHECK_SLICE(slice_of(reason), binary[i].reason);
		}
		buffer_clear(&out);
	}
	CHECK_NUMBER(mime_from_binary(SLICE("A: b\r\n\r\nc\r\n"), &out, &reason),
		MIME_SEVEN_BIT);
	/* a line too long for SMTP is as bad */
	memset(line, 'x', sizeof(line));
	memcpy(line, "A: b\r\n\r\n", 8);
	CHECK_NUMBER(mime_from_binary(slice_make(line, 8 + 998), &out, &reason),
		MIME_SEVEN_BIT);
	CHECK_NUMBER(mime_from_binary(slice_make(line, 8 + 999), &out, &reason),
		MIME_CONVERTED);
	buffer_finish(&out);
}

CASE("a message that is 7-bit already stays")
{
	struct buffer out = {0};
	const char *reason;

	CHECK_NUMBER(mime_to_seven_bit(SLICE("A: b\r\n\r\nc\r\n"), &out, &reason),
		MIME_SEVEN_BIT);
	CHECK_NUMBER(mime_to_seven_bit(SLICE(""), &out, &reason), MIME_SEVEN_BIT);
	CHECK_NUMBER(buffer_size(&out), 0);
	buffer_finish(&out);
}

CASE("caps: nesting, parts, size")
{
	struct buffer in = {0}, out = {0};
	const char *reason;

	for (unsigned depth = MIME_DEPTH_MAX; depth <= MIME_DEPTH_MAX + 1; depth++) {
		buffer_clear(&in);
		for (unsigned i = 0; i < depth; i++)
			buffer_append_format(&in,
				"Content-Type: multipart/mixed; boundary=b%u\r\n\r\n"
				"--b%u\r\n",
				i, i);
		buffer_append(&in, SLICE("\r\n" E E "\r\n"));
		buffer_clear(&out);
		if (depth <= MIME_DEPTH_MAX) {
			CHECK_NUMBER(
				mime_to_seven_bit(buffer_contents(&in), &out, &reason),
				MIME_CONVERTED);
			CHECK(is_seven_bit(buffer_contents(&out)));
		} else {
			CHECK_NUMBER(
				mime_to_seven_bit(buffer_contents(&in), &out, &reason),
				MIME_REFUSED);
			CHECK_SLICE(
				slice_of(reason), "its parts are nested too deeply");
		}
	}
	buffer_clear(&in);
	buffer_append(&in, SLICE("Content-Type: multipart/mixed; boundary=b\r\n\r\n"));
	for (unsigned i = 0; i < MIME_PARTS_MAX; i++)
		buffer_append(&in, SLICE("--b\r\n\r\nx\r\n"));
	buffer_append(&in, SLICE("--b--\r\n" E));
	CHECK_NUMBER(
		mime_to_seven_bit(buffer_contents(&in), &out, &reason), MIME_REFUSED);
	CHECK_SLICE(slice_of(reason), "it has too many parts");

	buffer_finish(&out);
	buffer_init(&out, 100);
	CHECK_NUMBER(
		mime_to_seven_bit(SLICE("Subject: x\r\n\r\n" E "\r\n"), &out, &reason),
		MIME_REFUSED);
	CHECK_SLICE(slice_of(reason), "it becomes too large");
	CHECK_NUMBER(buffer_size(&out), 0);
	buffer_finish(&in);
	buffer_finish(&out);
}

CASE("cut anywhere, it is still converted to 7-bit or refused")
{
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct slice message = slice_of(table[i].message);

		for (size_t cut = 0; cut <= message.size; cut++) {
			struct buffer out = {0};
			const char *reason;
			char *copy = memory_copy_text(slice_part(message, 0, cut));

			if (mime_to_seven_bit(slice_make(copy, cut), &out, &reason) ==
				MIME_CONVERTED)
				CHECK(is_seven_bit(buffer_contents(&out)));
			buffer_finish(&out);
			memory_free(copy);
		}
	}
}

CHECK_MAIN()
