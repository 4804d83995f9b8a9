/* What a bounce for people says of one recipient; see report_reason.h. */
#include "mail/report_reason.h"

#include <string.h>

#include "mail/report_text.h"

#define REASON_MAX 600

/* Up to the blank line. */
size_t report_paragraph_size(struct slice text)
{
	size_t at = 0;

	while (at < text.size) {
		struct slice rest = slice_from(text, at);
		size_t size = slice_index(rest, '\n');

		if (!slice_trim_all(slice_part(rest, 0, size)).size && at)
			return at;
		at += size < rest.size ? size + 1 : size;
	}
	return text.size;
}

/* The words about a recipient where no reply is: the first paragraph with some
 * behind its address. */
static struct slice plain_reason(struct slice segment)
{
	for (int i = 0; i < 3 && segment.size; i++) {
		size_t size;
		struct slice text;

		while (segment.size && memchr(" \t\r\n>:;,.)\"'-|*", *segment.at, 15))
			segment = slice_from(segment, 1);
		size = report_paragraph_size(segment);
		text = slice_trim_all(slice_part(segment, 0, size));
		/* "because:", and the next one says it. */
		if (text.size > 3 && text.at[text.size - 1] != ':')
			return slice_part(text, 0, REASON_MAX);
		segment = slice_from(segment, size);
	}
	return SLICE_EMPTY;
}

/* A reply goes on over the lines of its paragraph; a line of a transcript
 * begins something else. */
static struct slice reply_text(struct slice text)
{
	size_t size = report_paragraph_size(text), mark;

	text = slice_part(text, 0, size < REASON_MAX ? size : REASON_MAX);
	mark = slice_find(text, SLICE("\n>>>"));
	text.size = mark < text.size ? mark : text.size;
	return text;
}

/* Without a mark that closes what was opened before it. */
static struct slice unclosed(struct slice text)
{
	while (text.size) {
		char last = text.at[text.size - 1];
		struct slice rest = slice_part(text, 0, text.size - 1);

		if (!(last == ')' && slice_index(rest, '(') == rest.size) &&
			!((last == '\'' || last == '"') &&
				slice_index(rest, last) == rest.size))
			break;
		text = rest;
	}
	return text;
}

/* A status that says no more than the action does. */
static bool is_vague(struct slice status)
{
	return !status.size || slice_ends(status, SLICE(".0.0"));
}

void report_describe(
	struct arena *arena, struct report_recipient *recipient, struct slice segment)
{
	struct report_reply reply = {0};
	struct slice text;

	segment = slice_part(segment, 0, REPORT_SEGMENT_MAX);
	if (report_find_reply(segment, &reply)) {
		recipient->code = reply.code;
		if (reply.status.size && is_vague(recipient->status))
			recipient->status = reply.status;
		text = report_line(arena, reply_text(slice_from(segment, reply.begin)));
		recipient->diagnostic = unclosed(report_strip_codes(arena, text));
	}
	/* "#5.1.1" may stand behind the words. */
	if (!recipient->code || !recipient->diagnostic.size) {
		text = report_line(arena, plain_reason(segment));
		if (text.size)
			recipient->diagnostic = report_strip_codes(arena, text);
	}
}
