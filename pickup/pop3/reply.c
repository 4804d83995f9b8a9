/* What a POP3 server says: "+OK", "-ERR" with a response code (RFC 2449 8, RFC
 * 3206), and answers of several lines. */
#include <stdarg.h>
#include <stdio.h>

#include "base/buffer.h"
#include "pop3/dialogue.h"

#define REPLY_LINE_MAX 512 /* RFC 2449 4, with CRLF */

/* FIRST, then the text, cut to a line. */
static void say(struct pop3_dialogue *dialogue, const char *first, const char *code,
	const char *format, va_list list) __attribute__((format(printf, 4, 0)));

void pop3_agree(struct pop3_dialogue *dialogue, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(dialogue, "+OK ", NULL, format, list);
	va_end(list);
}

void pop3_refuse(
	struct pop3_dialogue *dialogue, const char *code, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(dialogue, "-ERR ", code, format, list);
	va_end(list);
	if (!conversation_count_error(&dialogue->session.conversation))
		dialogue->ended = true;
}

void pop3_line(struct pop3_dialogue *dialogue, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(dialogue, "", NULL, format, list);
	va_end(list);
}

void pop3_end_lines(struct pop3_dialogue *dialogue)
{
	stream_write(dialogue->session.conversation.stream, SLICE(".\r\n"));
}

static void say(struct pop3_dialogue *dialogue, const char *first, const char *code,
	const char *format, va_list list)
{
	struct stream *stream = dialogue->session.conversation.stream;
	char text[REPLY_LINE_MAX - 40];
	int size = vsnprintf(text, sizeof(text), format, list);

	if (size > (int)sizeof(text) - 1)
		size = sizeof(text) - 1;
	stream_write(stream, slice_of(first));
	if (code) {
		stream_write(stream, SLICE("["));
		stream_write(stream, slice_of(code));
		stream_write(stream, SLICE("] "));
	}
	stream_write(stream, slice_make(text, size > 0 ? (size_t)size : 0));
	stream_write(stream, SLICE("\r\n"));
}
