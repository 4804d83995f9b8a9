/*
 * SMTP replies, read line by line and written: RFC 5321 section 4.2, RFC 2034.
 */
#include "mail/reply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mail/text.h"

#define HEAD_SIZE 32

static struct slice print_head(
	const struct reply *reply, char separator, char head[HEAD_SIZE]);
static bool append_line(
	struct buffer *buffer, const struct reply *reply, struct slice line, bool last);
static void start_reply(struct reply_parser *parser);
static enum reply_progress fault(struct reply_parser *parser, const char *what);
static void keep_line(struct reply_parser *parser, struct slice line);
static bool take_number(struct slice *s, unsigned short *value_r);

bool reply_is_positive(const struct reply *reply)
{
	return reply->code / 100 == 2;
}

bool reply_is_intermediate(const struct reply *reply)
{
	return reply->code / 100 == 3;
}

bool reply_is_transient(const struct reply *reply)
{
	return reply->code / 100 == 4;
}

bool reply_is_permanent(const struct reply *reply)
{
	return reply->code / 100 == 5;
}

struct reply reply_copy(struct arena *arena, const struct reply *reply)
{
	struct reply copy = *reply;

	copy.text = arena_copy(arena, reply->text);
	return copy;
}

struct slice reply_print(const struct reply *reply, char *text, size_t size)
{
	struct slice rest = reply->text;
	char head[HEAD_SIZE];
	size_t used;

	if (size == 0)
		return SLICE_EMPTY;
	used = text_clean(print_head(reply, ' ', head), text, size - 1);
	while (rest.size > 0 && used + 1 < size) {
		struct slice line = slice_cut(&rest, '\n');

		if (line.size == 0)
			continue;
		text[used++] = ' ';
		used += text_clean(line, text + used, size - 1 - used);
	}
	text[used] = '\0';
	return slice_make(text, used);
}

struct slice reply_status(const struct reply *reply, char text[16])
{
	struct enhanced_code code = reply->enhanced;
	int size;

	if (code.class == 0 && (reply_is_positive(reply) || reply_is_permanent(reply)))
		code.class = (unsigned short)(reply->code / 100);
	else if (code.class == 0)
		code.class = 4;
	size = snprintf(text, 16, "%hu.%u.%u", code.class, code.subject % 1000u,
		code.detail % 1000u);
	return slice_make(text, (size_t)size);
}

bool enhanced_code_parse(struct slice text, struct enhanced_code *code_r)
{
	struct enhanced_code code = {0, 0, 0};

	if (text.size < 5 || text.at[1] != '.' ||
		(text.at[0] != '2' && text.at[0] != '4' && text.at[0] != '5'))
		return false;
	code.class = (unsigned short)(text.at[0] - '0');
	text = slice_from(text, 2);
	if (!take_number(&text, &code.subject) || text.size == 0 || text.at[0] != '.')
		return false;
	text = slice_from(text, 1);
	if (!take_number(&text, &code.detail) || text.size > 0)
		return false;
	*code_r = code;
	return true;
}

enum reply_progress reply_parser_feed(struct reply_parser *parser, struct slice line)
{
	bool last;
	int code;

	if (parser->fault)
		return REPLY_FAULT;
	if (parser->complete || parser->lines == 0)
		start_reply(parser);
	if (++parser->lines > REPLY_LINES_MAX)
		return fault(parser, "a reply of too many lines");
	if (line.size < 3 || !ascii_is_digit(line.at[0]) ||
		!ascii_is_digit(line.at[1]) || !ascii_is_digit(line.at[2]))
		return fault(parser, "a line that is no reply");
	code = (line.at[0] - '0') * 100 + (line.at[1] - '0') * 10 + (line.at[2] - '0');
	if (code < 200 || code > 599)
		return fault(parser, "a reply code outside 200 to 599");
	if (line.size > 3 && line.at[3] != ' ' && line.at[3] != '-')
		return fault(parser, "a reply code that runs into its text");
	if (parser->lines > 1 && code != parser->reply.code)
		return fault(parser, "a reply whose lines differ in their code");
	parser->reply.code = code;
	last = line.size == 3 || line.at[3] == ' ';
	keep_line(parser, slice_trim(slice_from(line, 4)));
	if (!last)
		return REPLY_MORE;
	parser->complete = true;
	parser->reply.text = buffer_contents(&parser->text);
	return REPLY_DONE;
}

void reply_parser_finish(struct reply_parser *parser)
{
	buffer_finish(&parser->text);
	*parser = (struct reply_parser){.lines = 0};
}

bool reply_format(
	struct buffer *buffer, int code, const char *enhanced, const char *format, ...)
{
	char text[REPLY_LINE_MAX];
	struct reply reply = {.code = code};
	struct buffer whole = {.limit = REPLY_TEXT_MAX};
	va_list list;
	bool fits;
	int size;

	if (enhanced) {
		bool well_formed = enhanced_code_parse(
			slice_of(enhanced), &reply.enhanced);

		assert(well_formed);
	}
	va_start(list, format);
	size = vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	assert(size >= 0);
	if ((size_t)size < sizeof(text)) {
		reply.text = slice_make(text, (size_t)size);
		return reply_append(buffer, &reply);
	}
	va_start(list, format);
	fits = buffer_append_va(&whole, format, list);
	va_end(list);
	reply.text = buffer_contents(&whole);
	fits = fits && reply_append(buffer, &reply);
	buffer_finish(&whole);
	return fits;
}

bool reply_append(struct buffer *buffer, const struct reply *reply)
{
	size_t before = buffer_size(buffer);
	struct slice rest = reply->text, line;

	do {
		line = slice_cut(&rest, '\n');
		if (!append_line(buffer, reply, line, !rest.at)) {
			buffer_truncate(buffer, before);
			return false;
		}
	} while (rest.at);
	return true;
}

/* VALUE with LEAST digits or more at AT; returns the place behind them. */
static char *put_number(char *at, unsigned value, unsigned least)
{
	char digits[10];
	size_t count = 0;

	for (; value || count < least; value /= 10)
		digits[count++] = (char)('0' + value % 10);
	while (count)
		*at++ = digits[--count];
	return at;
}

/* "250-2.1.0", the separator behind the code being SEPARATOR. By hand: there
 * are half a dozen a message, and printf costs more than all the rest. */
static struct slice print_head(
	const struct reply *reply, char separator, char head[HEAD_SIZE])
{
	struct enhanced_code code = reply->enhanced;
	char *at = put_number(head, (unsigned)reply->code, 3);

	if (code.class) {
		*at++ = separator;
		at = put_number(at, code.class, 1);
		*at++ = '.';
		at = put_number(at, code.subject, 1);
		*at++ = '.';
		at = put_number(at, code.detail, 1);
	}
	return slice_make(head, (size_t)(at - head));
}

static bool append_line(
	struct buffer *buffer, const struct reply *reply, struct slice line, bool last)
{
	char head[HEAD_SIZE];
	struct slice start = print_head(reply, last ? ' ' : '-', head);
	size_t room = REPLY_LINE_MAX - 2 - (start.size + 1), used = start.size;
	char *at;

	if (room > line.size)
		room = line.size;
	at = buffer_reserve(buffer, start.size + 1 + room + 2);
	if (!at)
		return false;
	memcpy(at, start.at, used);
	at[used++] = last || reply->enhanced.class ? ' ' : '-';
	used += text_clean(line, at + used, room);
	memcpy(at + used, "\r\n", 2);
	buffer_advance(buffer, used + 2);
	return true;
}

static void start_reply(struct reply_parser *parser)
{
	parser->text.limit = REPLY_TEXT_MAX;
	buffer_clear(&parser->text);
	parser->reply = (struct reply){.code = 0};
	parser->lines = 0;
	parser->complete = false;
}

static enum reply_progress fault(struct reply_parser *parser, const char *what)
{
	parser->fault = what;
	return REPLY_FAULT;
}

/* Takes the enhanced code off and keeps of the rest what there is room for. */
static void keep_line(struct reply_parser *parser, struct slice line)
{
	size_t end = slice_index(line, ' '), room;
	struct enhanced_code code;
	char *at;

	if (enhanced_code_parse(slice_part(line, 0, end), &code) &&
		code.class == parser->reply.code / 100) {
		if (parser->reply.enhanced.class == 0)
			parser->reply.enhanced = code;
		line = slice_trim(slice_from(line, end));
	}
	if (parser->lines > 1 && buffer_size(&parser->text) < REPLY_TEXT_MAX)
		(void)buffer_append_byte(&parser->text, '\n');
	room = REPLY_TEXT_MAX - buffer_size(&parser->text);
	if (room > line.size)
		room = line.size;
	at = room > 0 ? buffer_reserve(&parser->text, room) : NULL;
	if (at)
		buffer_advance(&parser->text, text_clean(line, at, room));
}

/* One to three digits. */
static bool take_number(struct slice *s, unsigned short *value_r)
{
	unsigned value = 0;
	size_t i = 0;

	for (; i < s->size && i < 3 && ascii_is_digit(s->at[i]); i++)
		value = value * 10 + (unsigned)(s->at[i] - '0');
	if (i == 0)
		return false;
	*s = slice_from(*s, i);
	*value_r = (unsigned short)value;
	return true;
}
