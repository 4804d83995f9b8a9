/* Writes what strangers said so that it can do no harm; see dsn_write.h. */
#include "mail/dsn_write.h"

#include <string.h>

#include "base/clock.h"
#include "mail/dsn.h"
#include "mail/text.h"

#define LINE_SOFT 76
#define LINE_HARD 998 /* RFC 5322 2.1.1 */
/* Longer than any name or address; a line holds two and some words. */
#define WORD_MAX 300

static void put_bytes(struct dsn_writer *writer, struct slice bytes);
static size_t put_character(struct dsn_writer *writer, struct slice text);
static bool is_space(char c);
static struct slice cut_at_field(struct slice header);

void dsn_put(struct dsn_writer *writer, const char *text)
{
	put_bytes(writer, slice_of(text));
}

void dsn_put_clean(struct dsn_writer *writer, struct slice text)
{
	text = slice_part(text, 0, WORD_MAX);
	while (text.size) {
		if (is_space(*text.at)) {
			put_bytes(writer, SLICE(" "));
			text = slice_from(text, 1);
		} else {
			text = slice_from(text, put_character(writer, text));
		}
	}
}

void dsn_put_address(struct dsn_writer *writer, struct slice address)
{
	address = slice_part(address, 0, WORD_MAX);
	while (address.size) {
		uint32_t code;
		size_t size = text_character(address, &code);

		if (size > 1 && !writer->utf8 && !text_is_control(code)) {
			writer->failed = writer->failed ||
					 !buffer_append_format(
						 writer->out, "\\x{%X}", code);
			address = slice_from(address, size);
		} else {
			address = slice_from(address, put_character(writer, address));
		}
	}
}

void dsn_put_typed_address(
	struct dsn_writer *writer, struct slice type, struct slice address)
{
	if (type.size)
		dsn_put_clean(writer, type);
	else
		dsn_put(writer, text_is_ascii(address) ? "rfc822" : "utf-8");
	dsn_put(writer, "; ");
	dsn_put_address(writer, address);
}

void dsn_put_date(struct dsn_writer *writer, int64_t wall_ms)
{
	char text[CLOCK_TEXT_SIZE];

	put_bytes(writer, clock_format_mail(wall_ms, text));
}

void dsn_put_folded(
	struct dsn_writer *writer, struct slice text, const char *indent, size_t column)
{
	bool cut = text.size > DSN_REPLY_MAX, begun = false;

	text = slice_part(text, 0, DSN_REPLY_MAX);
	while (text.size) {
		size_t size = 0;

		while (size < text.size && !is_space(text.at[size]) && size < WORD_MAX)
			size++;
		if (size && begun && column + 1 + size > LINE_SOFT) {
			dsn_put(writer, "\r\n");
			dsn_put(writer, indent);
			column = strlen(indent);
		} else if (size && begun) {
			dsn_put(writer, " ");
			column++;
		}
		dsn_put_clean(writer, slice_part(text, 0, size));
		column += size;
		begun = begun || size;
		/* A word cut at WORD_MAX goes on in the next line. */
		text = slice_from(text, size);
		while (text.size && is_space(*text.at))
			text = slice_from(text, 1);
	}
	if (cut)
		dsn_put(writer, " ...");
}

void dsn_put_header(struct dsn_writer *writer, struct slice header)
{
	header = cut_at_field(header);
	while (header.at) {
		struct slice line = slice_cut(&header, '\n');

		if (line.size && line.at[line.size - 1] == '\r')
			line.size--;
		if (!line.size)
			continue;
		line = slice_part(line, 0, LINE_HARD);
		while (line.size) {
			if (*line.at == '\t') {
				dsn_put(writer, "\t");
				line = slice_from(line, 1);
			} else {
				line = slice_from(line, put_character(writer, line));
			}
		}
		dsn_put(writer, "\r\n");
	}
}

static void put_bytes(struct dsn_writer *writer, struct slice bytes)
{
	if (!writer->failed)
		writer->failed = !buffer_append(writer->out, bytes);
}

/* Writes the first character of TEXT or '?' for it; returns its bytes. */
static size_t put_character(struct dsn_writer *writer, struct slice text)
{
	uint32_t code;
	size_t size = text_character(text, &code);
	bool writable = size && !text_is_control(code) && !text_is_direction(code) &&
			(size == 1 || writer->utf8);

	if (!size)
		size = 1;
	put_bytes(writer, writable ? slice_part(text, 0, size) : SLICE("?"));
	return size;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Whole fields of DSN_HEADER_MAX bytes at the most. */
static struct slice cut_at_field(struct slice header)
{
	size_t end = DSN_HEADER_MAX;

	if (header.size <= end)
		return header;
	for (; end; end--) {
		if (header.at[end - 1] == '\n' && header.at[end] != ' ' &&
			header.at[end] != '\t')
			break;
	}
	return slice_part(header, 0, end);
}
