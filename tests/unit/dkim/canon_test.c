/* Canonical forms: RFC 6376 section 3.4 as tables, bodies at every cut. */
#include "check.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "dkim/canon.h"

static void collect(void *context, struct slice bytes)
{
	buffer_append(context, bytes);
}

/* The text in pieces that end at FIRST and at SECOND. */
static void check_cuts(enum dkim_canon canon, struct slice text, size_t first,
	size_t second, struct slice want)
{
	struct dkim_body *body = NEW(struct dkim_body);
	struct buffer out = {0};

	dkim_body_init(body, canon, collect, &out);
	dkim_body_feed(body, slice_part(text, 0, first));
	dkim_body_feed(body, slice_part(text, first, second - first));
	dkim_body_feed(body, slice_from(text, second));
	dkim_body_end(body);
	if (!slice_equal(buffer_contents(&out), want)) {
		check_failures++;
		fprintf(stderr,
			"%s body cut at %zu and %zu: «%.*s» gives «%.*s», not «%.*s»\n",
			dkim_canon_name(canon), first, second, SLICE_PRINT(text),
			SLICE_PRINT(buffer_contents(&out)), SLICE_PRINT(want));
	}
	buffer_finish(&out);
	memory_free(body);
}

static void check_body(enum dkim_canon canon, struct slice text, struct slice want)
{
	struct dkim_body *body = NEW(struct dkim_body);
	struct buffer out = {0};

	for (size_t first = 0; first <= text.size; first++)
		for (size_t second = first; second <= text.size; second++)
			check_cuts(canon, text, first, second, want);
	dkim_body_init(body, canon, collect, &out);
	for (size_t i = 0; i < text.size; i++)
		dkim_body_feed(body, slice_part(text, i, 1));
	dkim_body_end(body);
	CHECK(slice_equal(buffer_contents(&out), want));
	buffer_finish(&out);
	memory_free(body);
}

#define BODY(text, simple, relaxed)                                     \
	{                                                               \
		{text, sizeof(text) - 1}, {simple, sizeof(simple) - 1}, \
		{                                                       \
			relaxed, sizeof(relaxed) - 1                    \
		}                                                       \
	}

static const struct {
	struct slice text, simple, relaxed;
} bodies[] = {
	BODY("", "\r\n", ""),
	BODY("\r\n", "\r\n", ""),
	BODY("\r\n\r\n\r\n", "\r\n", ""),
	BODY(" \r\n", " \r\n", ""),
	BODY(" ", " \r\n", ""),
	BODY("\t \r\n \r\n\t", "\t \r\n \r\n\t\r\n", ""),
	BODY("a", "a\r\n", "a\r\n"),
	BODY("a\r\n", "a\r\n", "a\r\n"),
	BODY("a\r\n\r\n\r\n", "a\r\n", "a\r\n"),
	BODY("\r\n\r\na", "\r\n\r\na\r\n", "\r\n\r\na\r\n"),
	BODY("a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"),
	BODY("a  ", "a  \r\n", "a\r\n"),
	BODY("a \t \r\n", "a \t \r\n", "a\r\n"),
	BODY("a\r\n \r\n", "a\r\n \r\n", "a\r\n"),
	BODY("a\r\n \r\n b", "a\r\n \r\n b\r\n", "a\r\n\r\n b\r\n"),
	BODY("\ta\tb \t c\r\n", "\ta\tb \t c\r\n", " a b c\r\n"),
	/* RFC 6376 section 3.4.5 */
	BODY(" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"),
	/* only CRLF ends a line */
	BODY("a \rb \nc\n\n", "a \rb \nc\n\n\r\n", "a \rb \nc\n\n\r\n"),
	BODY("a\r", "a\r\r\n", "a\r\r\n"),
	BODY(" \r", " \r\r\n", " \r\r\n"),
	BODY("\r\r\n", "\r\r\n", "\r\r\n"),
	BODY("\r\r\r\n\r", "\r\r\r\n\r\r\n", "\r\r\r\n\r\r\n"),
	BODY("\n\r\n\n", "\n\r\n\n\r\n", "\n\r\n\n\r\n"),
	BODY("x\t\r \r\ny", "x\t\r \r\ny\r\n", "x \r\r\ny\r\n"),
	BODY("\0 \0\r\n\xff\r\n", "\0 \0\r\n\xff\r\n", "\0 \0\r\n\xff\r\n"),
	/* longer than the sixteen bytes looked at together */
	BODY("one two three four five six seven eight\r\n nine ten\r\n",
		"one two three four five six seven eight\r\n nine ten\r\n",
		"one two three four five six seven eight\r\n nine ten\r\n"),
	BODY("one two three  four\tfive six seven eight \r\n\r\nnine ten\r\n\r\n",
		"one two three  four\tfive six seven eight \r\n\r\nnine ten\r\n",
		"one two three four five six seven eight\r\n\r\nnine ten\r\n"),
};

CASE("RFC 6376 3.4.3, 3.4.4: bodies, at every two cuts")
{
	for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
		check_body(DKIM_CANON_SIMPLE, bodies[i].text, bodies[i].simple);
		check_body(DKIM_CANON_RELAXED, bodies[i].text, bodies[i].relaxed);
	}
}

/* RFC 6376 3.4.4 said again in the plainest way: line by line. */
static void plain_relaxed(struct slice text, struct buffer *out)
{
	size_t empty = 0;

	for (size_t at = 0; at < text.size;) {
		size_t size = slice_find(slice_from(text, at), SLICE("\r\n"));
		struct slice line = slice_part(text, at, size);
		size_t kept;

		at += size + 2;
		for (kept = line.size; kept > 0; kept--)
			if (line.at[kept - 1] != ' ' && line.at[kept - 1] != '\t')
				break;
		if (kept == 0) {
			empty++;
			continue;
		}
		for (; empty > 0; empty--)
			buffer_append(out, SLICE("\r\n"));
		for (size_t i = 0; i < kept; i++) {
			bool space = line.at[i] == ' ' || line.at[i] == '\t';

			if (space && i > 0 &&
				(line.at[i - 1] == ' ' || line.at[i - 1] == '\t'))
				continue;
			buffer_append_byte(out, space ? ' ' : line.at[i]);
		}
		buffer_append(out, SLICE("\r\n"));
	}
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 16;
}

CASE("random bodies give what a line by line reading gives, in any chunks")
{
	static const char *const pieces[] = {" ", "\t", "\r\n", "\r\n", "word", "a",
		"\r", "\n", "a line of ordinary text that goes on for a while", "  ",
		"\r\n\r\n", " \r\n"};
	struct dkim_body *body = NEW(struct dkim_body);
	struct buffer text = {0}, want = {0}, got = {0};
	uint32_t random = 20;

	for (int round = 0; round < 4000; round++) {
		size_t count = next_random(&random) % (round % 10 ? 30 : 600), at = 0;

		buffer_clear(&text), buffer_clear(&want), buffer_clear(&got);
		for (size_t i = 0; i < count; i++)
			buffer_append(&text, slice_of(pieces[next_random(&random) %
							     ARRAY_COUNT(pieces)]));
		plain_relaxed(buffer_contents(&text), &want);
		dkim_body_init(body, DKIM_CANON_RELAXED, collect, &got);
		while (at < buffer_size(&text)) {
			size_t size = next_random(&random) % (round % 3 ? 9 : 900);

			dkim_body_feed(
				body, slice_part(buffer_contents(&text), at, size));
			at += size;
		}
		dkim_body_end(body);
		if (!CHECK(slice_equal(buffer_contents(&got), buffer_contents(&want))))
			break;
	}
	buffer_finish(&text), buffer_finish(&want), buffer_finish(&got);
	memory_free(body);
}

CASE("ten million empty lines are held as a number")
{
	struct dkim_body *body = NEW(struct dkim_body);
	struct buffer out = {0};

	dkim_body_init(body, DKIM_CANON_RELAXED, collect, &out);
	dkim_body_feed(body, SLICE("a"));
	for (int i = 0; i < 10000000; i++)
		dkim_body_feed(body, SLICE("\r\n"));
	dkim_body_end(body);
	CHECK_SLICE(buffer_contents(&out), "a\r\n");
	buffer_finish(&out);
	memory_free(body);
}

static const struct {
	const char *raw, *simple, *relaxed;
} fields[] = {
	/* RFC 6376 section 3.4.5 */
	{"A: X\r\n", "A: X\r\n", "a:X\r\n"},
	{"B : Y\t\r\n\tZ  \r\n", "B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n"},
	{"Subject: Re: a  b\r\n", "Subject: Re: a  b\r\n", "subject:Re: a b\r\n"},
	{"SUBJECT \t:x", "SUBJECT \t:x\r\n", "subject:x\r\n"},
	{"Subject:\r\n", "Subject:\r\n", "subject:\r\n"},
	{"Subject: \r\n \r\n", "Subject: \r\n \r\n", "subject:\r\n"},
	{"Subject:\r\n a\r\n\t b \r\n", "Subject:\r\n a\r\n\t b \r\n",
		"subject:a b\r\n"},
	{"To: a@b :c:\r\n", "To: a@b :c:\r\n", "to:a@b :c:\r\n"},
	{"To:  :  x\r\n", "To:  :  x\r\n", "to:: x\r\n"},
	{"X: \xc3\x84 \xff\r\n", "X: \xc3\x84 \xff\r\n", "x:\xc3\x84 \xff\r\n"},
	{"X: a\rb\nc\r\n", "X: a\rb\nc\r\n", "x:a\rb\nc\r\n"},
};

CASE("RFC 6376 3.4.1, 3.4.2: header fields")
{
	struct buffer out = {0};

	for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
		buffer_clear(&out);
		CHECK(dkim_canon_field(
			DKIM_CANON_SIMPLE, slice_of(fields[i].raw), &out));
		CHECK_SLICE(buffer_contents(&out), fields[i].simple);
		buffer_clear(&out);
		CHECK(dkim_canon_field(
			DKIM_CANON_RELAXED, slice_of(fields[i].raw), &out));
		CHECK_SLICE(buffer_contents(&out), fields[i].relaxed);
	}
	buffer_finish(&out);
	buffer_init(&out, 4);
	CHECK(!dkim_canon_field(DKIM_CANON_SIMPLE, SLICE("A: X\r\n"), &out));
	CHECK(!dkim_canon_field(DKIM_CANON_RELAXED, SLICE("A: X\r\n"), &out));
	buffer_finish(&out);
}

CASE("RFC 6376 3.5: c= names header and body, simple unless it says else")
{
	static const struct {
		const char *text;
		int header, body; /* -1: refused */
	} table[] = {
		{"relaxed/relaxed", DKIM_CANON_RELAXED, DKIM_CANON_RELAXED},
		{"relaxed/simple", DKIM_CANON_RELAXED, DKIM_CANON_SIMPLE},
		{"simple/relaxed", DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED},
		{"relaxed", DKIM_CANON_RELAXED, DKIM_CANON_SIMPLE},
		{"simple", DKIM_CANON_SIMPLE, DKIM_CANON_SIMPLE},
		{"", -1, -1},
		{"relaxed/", -1, -1},
		{"/relaxed", -1, -1},
		{"Relaxed/simple", -1, -1},
		{"nowsp", -1, -1},
		{"simple/simple/simple", -1, -1},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		enum dkim_canon header = 7, body = 7;

		CHECK_NUMBER(dkim_canon_parse(slice_of(table[i].text), &header, &body),
			table[i].header >= 0);
		CHECK_NUMBER(header, table[i].header >= 0 ? table[i].header : 7);
		CHECK_NUMBER(body, table[i].body >= 0 ? table[i].body : 7);
	}
}

CHECK_MAIN()
