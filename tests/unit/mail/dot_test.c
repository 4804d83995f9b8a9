/* DATA's dots: RFC 5321 4.5.2 both ways, false endings, every cut. */
#include "mail/dot.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "check.h"

/* Decodes TEXT fed in pieces of STEP bytes, the first of CUT; *rest_r is what
 * was not read of the piece at hand and the ones behind it. */
static struct dot_decoder decoded(
	struct slice text, size_t cut, size_t step, struct buffer *out, size_t *read_r)
{
	struct dot_decoder decoder;
	size_t at = 0, size = cut ? cut : step;

	dot_decoder_init(&decoder, TEXT_LINE_MAX);
	while (at < text.size && !decoder.ended) {
		struct slice input = slice_part(text, at, size), run;
		size_t given = input.size;

		while (dot_decode(&decoder, &input, &run)) {
			CHECK(run.size > 0);
			buffer_append(out, run);
		}
		CHECK(decoder.ended || !input.size);
		at += given - input.size;
		size = step;
	}
	*read_r = at;
	return decoder;
}

static const struct decode_row {
	struct slice wire;
	const char *text;  /* NULL: there is a fault, only the end counts */
	const char *after; /* NULL: never ends */
} decode_table[] = {
	{SLICE(".\r\n"), "", ""},
	{SLICE("a\r\n.\r\n"), "a\r\n", ""},
	{SLICE("a\r\n.\r\nMAIL FROM:<>\r\n"), "a\r\n", "MAIL FROM:<>\r\n"},
	{SLICE("a\r\n..\r\n.\r\n"), "a\r\n.\r\n", ""},
	{SLICE("..\r\n.\r\n"), ".\r\n", ""},
	{SLICE(".a\r\n...b\r\n.\r\n"), "a\r\n..b\r\n", ""},
	{SLICE("a.\r\n.\r\n.\r\n"), "a.\r\n", ".\r\n"},
	{SLICE("\r\n.\r\n"), "\r\n", ""},
	{SLICE("\r\n\r\n. \r\n.\r\n"), "\r\n\r\n \r\n", ""},
	{SLICE("a\r\n.."), "a\r\n.", NULL},
	{SLICE("a\r\n."), "a\r\n", NULL},
	{SLICE("a\r\n.\r"), "a\r\n", NULL},
	/* What only looks like the end. */
	{SLICE("a\n.\n"), NULL, NULL},
	{SLICE("a\n.\r\n"), NULL, NULL},
	{SLICE("a\r\n.\n"), NULL, NULL},
	{SLICE("a\r.\r"), NULL, NULL},
	{SLICE("a\r.\r\n"), NULL, NULL},
	{SLICE("a\r\n.\rMAIL"), NULL, NULL},
	{SLICE("a\r\n.\r\r\n"), NULL, NULL},
	{SLICE("a\r\r.\r\n"), NULL, NULL},
	{SLICE("a\r\n.\0\r\n"), NULL, NULL},
	{SLICE("a\r\0\n.\r\n"), NULL, NULL},
	{SLICE("a\r\n\n.\r\n"), NULL, NULL},
	{SLICE("a\r\n\r.\r\n"), NULL, NULL},
	{SLICE("a\n\r\n.\r"), NULL, NULL},
	{SLICE(".\n"), NULL, NULL},
	{SLICE(".\r.\r\n"), NULL, NULL},
	/* A fault before the end does not hide it. */
	{SLICE("a\n.\r\nb\r\n.\r\nQUIT\r\n"), NULL, "QUIT\r\n"},
	{SLICE("\r\r\n.\r\nQUIT\r\n"), NULL, "QUIT\r\n"},
	{SLICE("\n\r\n.\r\nQUIT\r\n"), NULL, "QUIT\r\n"},
	{SLICE("a\r\n.\r\rb\r\n.\r\nQUIT\r\n"), NULL, "QUIT\r\n"},
	{SLICE("a\r\n.\r\r\n.\r\nQUIT\r\n"), NULL, "QUIT\r\n"},
	{SLICE("a\r\n.\n\r\n.\r\nQUIT\r\n"), NULL, "QUIT\r\n"},
};

static void check_decode(const struct decode_row *row, size_t cut, size_t step)
{
	struct buffer out = {0};
	size_t read;
	struct dot_decoder decoder = decoded(row->wire, cut, step, &out, &read);

	CHECK(decoder.ended == (row->after != NULL));
	CHECK((decoder.facts.faults == 0) == (row->text != NULL));
	if (row->after)
		CHECK_SLICE(slice_from(row->wire, read), row->after);
	if (row->text)
		CHECK_SLICE(buffer_contents(&out), row->text);
	CHECK_NUMBER(decoder.facts.bytes, buffer_size(&out));
	buffer_finish(&out);
}

CASE("RFC 5321 4.1.1.4, 4.5.2: only CRLF . CRLF ends; at every cut")
{
	for (size_t i = 0; i < ARRAY_COUNT(decode_table); i++) {
		const struct decode_row *row = &decode_table[i];

		for (size_t step = 1; step <= 4; step++)
			check_decode(row, 0, step);
		for (size_t cut = 1; cut <= row->wire.size; cut++)
			check_decode(row, cut, row->wire.size);
	}
}

CASE("the end at every place relative to the scan's blocks")
{
	char wire[300];

	for (size_t size = 0; size < 200; size++) {
		struct buffer out = {0};
		struct dot_decoder decoder;
		size_t read;

		memset(wire, 'x', sizeof(wire));
		memcpy(wire + size, "\r\n..y\r\n.\r\nRSET\r\n", 16);
		decoder = decoded(slice_make(wire, size + 16), 0, 300, &out, &read);
		CHECK(decoder.ended);
		CHECK_NUMBER(read, size + 10);
		CHECK_NUMBER(decoder.facts.faults, 0);
		CHECK_NUMBER(decoder.facts.lines, 2);
		CHECK_NUMBER(decoder.facts.dot_lines, 1);
		CHECK_NUMBER(decoder.facts.longest, size > 2 ? size : 2);
		CHECK_NUMBER(buffer_size(&out), size + 6);
		buffer_finish(&out);
	}
}

CASE("the facts of the message are those without stuffing")
{
	struct buffer out = {0};
	char wire[1010];
	size_t read;
	struct dot_decoder decoder;

	memset(wire, '.', sizeof(wire));
	memcpy(wire + 999, "\r\n.\r\n", 5);
	decoder = decoded(slice_make(wire, 1004), 0, 17, &out, &read);
	CHECK(decoder.ended);
	CHECK_NUMBER(decoder.facts.faults, 0); /* 998 dots and a stuffed one */
	CHECK_NUMBER(decoder.facts.longest, 998);
	CHECK_NUMBER(decoder.facts.dot_lines, 1);
	CHECK(!decoder.facts.eight_bit);
	buffer_clear(&out);
	wire[0] = 'x';
	decoder = decoded(slice_make(wire, 1004), 0, 17, &out, &read);
	CHECK(decoder.ended);
	CHECK_NUMBER(decoder.facts.faults, TEXT_LONG_LINE);
	buffer_finish(&out);
}

CASE("RFC 5321 4.5.2: stuffing, at every cut into three")
{
	static const struct {
		const char *text, *wire;
	} table[] = {
		{"", ".\r\n"},
		{"a", "a\r\n.\r\n"},
		{"a\r\n", "a\r\n.\r\n"},
		{".", "..\r\n.\r\n"},
		{".\r\n", "..\r\n.\r\n"},
		{"a\r\n.\r\n..b\r\n", "a\r\n..\r\n...b\r\n.\r\n"},
		{"a\r\n.b\r\nc.\r\n", "a\r\n..b\r\nc.\r\n.\r\n"},
		{"0123456789abcdef\r\n.x0123456789abcdef\r\n.\r\n",
			"0123456789abcdef\r\n..x0123456789abcdef\r\n..\r\n.\r\n"},
		{"a\r", "a\r\r\n.\r\n"},
		{"a\n.b\n", "a\n.b\n\r\n.\r\n"},
		{"a\r.b\r\n", "a\r.b\r\n.\r\n"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct slice text = slice_of(table[i].text);

		for (size_t cut = 0; cut <= text.size; cut++) {
			for (size_t end = cut; end <= text.size; end++) {
				struct slice pieces[] = {slice_part(text, 0, cut),
					slice_part(text, cut, end - cut),
					slice_from(text, end)};
				struct dot_encoder encoder = {0};
				struct buffer out = {0};
				struct slice piece;

				CHECK(dot_needed(pieces, 3) ==
					(strstr(table[i].wire, "..") != NULL));
				for (size_t p = 0; p < 3; p++) {
					while (dot_encode(&encoder, &pieces[p], &piece))
						buffer_append(&out, piece);
				}
				buffer_append(&out, dot_encode_end(&encoder));
				CHECK_SLICE(buffer_contents(&out), table[i].wire);
				buffer_finish(&out);
			}
		}
	}
}

CASE("a dot to double at every place relative to the scan's blocks")
{
	char text[300];

	for (size_t size = 3; size < sizeof(text); size += 1 + size / 40) {
		for (size_t at = 0; at + 3 <= size; at++) {
			struct slice input = slice_make(text, size), piece;
			struct dot_encoder encoder = {0};

			/* What only looks like it lies all around. */
			for (size_t i = 0; i < size; i++)
				text[i] = "x\n.\n.x"[i % 6];
			memcpy(text + at, "\r\n.", 3);
			CHECK(dot_encode(&encoder, &input, &piece));
			CHECK_NUMBER(piece.size, at + 3);
			CHECK(dot_encode(&encoder, &input, &piece));
			CHECK(piece.at == text + at + 2);
			CHECK_NUMBER(piece.size, size - at - 2);
		}
	}
}

CASE("what is stuffed is unstuffed to itself")
{
	static const char letters[] = ".\r\nx";
	uint64_t seed = 7;

	for (unsigned run = 0; run < 3000; run++) {
		struct buffer text = {0}, wire = {0}, out = {0};
		struct dot_encoder encoder = {0};
		struct slice input, piece;
		size_t read;

		for (unsigned i = 0; i < 60; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			char c = letters[(seed >> 33) % 4];

			if (c == '\r' || c == '\n')
				buffer_append(&text, SLICE("\r\n"));
			else
				buffer_append_byte(&text, c);
		}
		buffer_append(&text, SLICE("\r\n"));
		input = buffer_contents(&text);
		CHECK(dot_needed(&input, 1) ==
			(slice_find(input, SLICE("\r\n.")) < input.size ||
				input.at[0] == '.'));
		while (dot_encode(&encoder, &input, &piece))
			buffer_append(&wire, piece);
		buffer_append(&wire, dot_encode_end(&encoder));
		decoded(buffer_contents(&wire), 0, 1 + run % 9, &out, &read);
		CHECK_NUMBER(read, buffer_size(&wire));
		CHECK(slice_equal(buffer_contents(&out), buffer_contents(&text)));
		buffer_finish(&text);
		buffer_finish(&wire);
		buffer_finish(&out);
	}
}

CHECK_MAIN()
