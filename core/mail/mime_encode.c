/* Encodes bodies for 7-bit transport; see mime_encode.h. */
#include "mail/mime_encode.h"

#include <string.h>

#include "base/encode.h"

#define LINE_MAX	  76
#define BASE64_LINE_BYTES 57
/* Longest line that one input character makes: soft break and "=3D". */
#define QUOTED_STEP 6

/* Where the next character goes: the room at hand, or nowhere to count. */
struct sink {
	char *at; /* NULL: only counted */
	size_t size;
	size_t column;
};

static size_t quote(struct slice body, size_t *at, struct sink *sink, size_t room);
static size_t plain_span(struct slice body, size_t i, size_t size);
static bool must_quote(struct slice body, size_t i, size_t column);
static void put(struct sink *sink, char c);
static void put_span(struct sink *sink, const char *bytes, size_t size);
static void put_quoted(struct sink *sink, char c);

bool mime_encode_quoted(struct slice body, struct buffer *out)
{
	struct sink sink = {0};
	size_t at = 0;

	while (at < body.size) {
		const size_t room = 4096;

		sink.at = buffer_reserve(out, room);
		if (!sink.at)
			return false;
		buffer_advance(out, quote(body, &at, &sink, room));
	}
	return true;
}

size_t mime_quoted_size(struct slice body)
{
	struct sink sink = {0};
	size_t at = 0, size = 0;

	while (at < body.size)
		size += quote(body, &at, &sink, 4096);
	return size;
}

bool mime_encode_base64(struct slice body, struct buffer *out)
{
	for (size_t at = 0; at < body.size; at += BASE64_LINE_BYTES) {
		struct slice line = slice_part(body, at, BASE64_LINE_BYTES);
		char *text;

		if (at && !buffer_append(out, SLICE("\r\n")))
			return false;
		text = buffer_reserve(out, BASE64_SIZE(line.size));
		if (!text)
			return false;
		buffer_advance(out, base64_encode(line, text));
	}
	return true;
}

size_t mime_base64_size(size_t size)
{
	size_t lines = (size + BASE64_LINE_BYTES - 1) / BASE64_LINE_BYTES;

	return BASE64_SIZE(size) + (lines ? lines - 1 : 0) * 2;
}

/* Goes on from *AT until ROOM is nearly full; returns what was written. */
static size_t quote(struct slice body, size_t *at, struct sink *sink, size_t room)
{
	size_t i = *at;

	sink->size = 0;
	for (; i < body.size && sink->size + QUOTED_STEP <= room; i++) {
		char c = body.at[i];
		size_t span;
		bool quoted;

		span = sink->column ? plain_span(body, i, LINE_MAX - 1 - sink->column)
				    : 0;
		if (span && sink->size + span <= room) {
			put_span(sink, body.at + i, span);
			i += span - 1;
			continue;
		}
		if (c == '\r' && i + 1 < body.size && body.at[i + 1] == '\n') {
			put(sink, c);
			put(sink, '\n');
			sink->column = 0;
			i++;
			continue;
		}
		quoted = must_quote(body, i, sink->column);
		/* One column is kept for the "=" of a soft break. */
		if (sink->column + (quoted ? 3 : 1) > LINE_MAX - 1) {
			put(sink, '=');
			put(sink, '\r');
			put(sink, '\n');
			sink->column = 0;
			quoted = must_quote(body, i, 0);
		}
		if (quoted)
			put_quoted(sink, c);
		else
			put(sink, c);
	}
	*at = i;
	return sink->size;
}

/* How many bytes from I on, SIZE at the most, go as they are within a line. */
static size_t plain_span(struct slice body, size_t i, size_t size)
{
	size_t span = 0;

	if (size > body.size - i)
		size = body.size - i;
	while (span < size && body.at[i + span] >= ' ' && body.at[i + span] <= '~' &&
		body.at[i + span] != '=')
		span++;
	/* A space may end its line: must_quote looks at it. */
	return span && body.at[i + span - 1] == ' ' ? span - 1 : span;
}

static bool must_quote(struct slice body, size_t i, size_t column)
{
	char c = body.at[i];

	if (c == ' ' || c == '\t') /* RFC 2045 6.7 (3): not at a line's end */
		return i + 1 == body.size || body.at[i + 1] == '\r';
	if (c < ' ' || c > '~' || c == '=')
		return true;
	if (column)
		return false;
	return c == '.' || slice_starts(slice_part(body, i, 5), SLICE("From "));
}

static void put(struct sink *sink, char c)
{
	if (sink->at)
		sink->at[sink->size] = c;
	sink->size++;
	sink->column++;
}

static void put_span(struct sink *sink, const char *bytes, size_t size)
{
	if (sink->at)
		memcpy(sink->at + sink->size, bytes, size);
	sink->size += size;
	sink->column += size;
}

static void put_quoted(struct sink *sink, char c)
{
	static const char digits[] = "0123456789ABCDEF";

	put(sink, '=');
	put(sink, digits[(unsigned char)c >> 4]);
	put(sink, digits[c & 15]);
}
