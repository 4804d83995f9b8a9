/* MIME bodies made of texts and files. */
#include "mail/compose.h"

#include <stdio.h>
#include <string.h>

#include "mail/header_write.h"
#include "mail/mime_encode.h"
#include "mail/text.h"
#include "mail/text_facts.h"

#define TEXT_LINE_BEST 900 /* longer lines are encoded */

struct writing {
	const struct compose *compose;
	struct buffer *out;
	bool good;
};

enum level { MIXED, RELATED, ALTERNATIVE };

static void put(struct writing *writing, struct slice text)
{
	writing->good = writing->good && buffer_append(writing->out, text);
}

/* "=_" can be in no encoded text (RFC 2045 6.7). */
static void put_boundary(struct writing *writing, enum level level)
{
	const struct compose *compose = writing->compose;

	writing->good = writing->good &&
			buffer_append_format(writing->out, "=_%d_%016llx%016llx", level,
				(unsigned long long)compose->chance[0],
				(unsigned long long)compose->chance[1]);
}

static void begin_multipart(struct writing *writing, enum level level, const char *type)
{
	static const char *const names[] = {"mixed", "related", "alternative"};

	put(writing, SLICE("Content-Type: multipart/"));
	put(writing, slice_of(names[level]));
	put(writing, SLICE("; boundary=\""));
	put_boundary(writing, level);
	put(writing, SLICE("\""));
	if (type)
		put(writing, SLICE(";\r\n type=\"text/html\""));
	put(writing, SLICE("\r\n\r\n"));
}

static void next_part(struct writing *writing, enum level level)
{
	put(writing, SLICE("--"));
	put_boundary(writing, level);
	put(writing, SLICE("\r\n"));
}

static void end_multipart(struct writing *writing, enum level level)
{
	put(writing, SLICE("--"));
	put_boundary(writing, level);
	put(writing, SLICE("--\r\n"));
}

/* The next CR or LF at or behind AT; *FEED is the next LF, if it is not before AT. */
static size_t find_end(struct slice text, size_t at, size_t *feed)
{
	const char *begin = text.at + at, *found;

	if (*feed < at) {
		found = memchr(begin, '\n', text.size - at);
		*feed = found ? (size_t)(found - text.at) : text.size;
	}
	found = memchr(begin, '\r', *feed - at);
	return found ? (size_t)(found - text.at) : *feed;
}

/* TEXT with its line ends as CRLF, and one at its end. */
static bool put_lines(struct buffer *out, struct slice text)
{
	size_t at = 0, feed = slice_index(text, '\n');

	/* What it takes at least, at once. */
	if (text.size && !buffer_reserve(out, text.size + text.size / 32 + 2))
		return false;
	while (at < text.size) {
		size_t end = find_end(text, at, &feed), size = end - at;
		char *to = buffer_reserve(out, size + 2);

		if (!to)
			return false;
		memcpy(to, text.at + at, size);
		memcpy(to + size, "\r\n", 2);
		buffer_advance(out, size + 2);
		at = end + (end + 1 < text.size && text.at[end] == '\r' &&
						   text.at[end + 1] == '\n'
					   ? 2
					   : 1);
	}
	return true;
}

static bool is_seven_bit(struct slice lines)
{
	struct text_facts facts = {.line_limit = TEXT_LINE_BEST};

	text_check(&facts, lines);
	text_check_end(&facts);
	return !facts.faults && !facts.eight_bit;
}

static void put_text(struct writing *writing, const char *kind, struct slice text)
{
	struct buffer lines = {.limit = writing->out->limit};
	struct slice body;

	writing->good = writing->good && put_lines(&lines, text) &&
			buffer_append(writing->out, SLICE("Content-Type: text/"));
	put(writing, slice_of(kind));
	put(writing, SLICE("; charset=utf-8\r\nContent-Transfer-Encoding: "));
	body = buffer_contents(&lines);
	if (is_seven_bit(body)) {
		put(writing, SLICE("7bit\r\n\r\n"));
		put(writing, body);
	} else if (mime_quoted_size(body) <= mime_base64_size(body.size)) {
		put(writing, SLICE("quoted-printable\r\n\r\n"));
		writing->good = writing->good && mime_encode_quoted(body, writing->out);
	} else {
		put(writing, SLICE("base64\r\n\r\n"));
		writing->good = writing->good && mime_encode_base64(body, writing->out);
		put(writing, SLICE("\r\n"));
	}
	buffer_finish(&lines);
}

/* RFC 2046 5.2.1: a message is not encoded; one that would have to be is bytes. */
static bool is_message(struct slice type)
{
	return slice_starts_nocase(type, SLICE("message/"));
}

static void put_file(struct writing *writing, const struct compose_file *file)
{
	bool plain = is_message(file->type) && is_seven_bit(file->bytes);
	struct slice type = is_message(file->type) && !plain
				    ? SLICE("application/octet-stream")
				    : file->type;
	struct buffer *out = writing->out;

	put(writing, SLICE("Content-Type: "));
	put(writing, type);
	if (file->name.size)
		writing->good = writing->good &&
				header_write_parameter(out, "name", file->name);
	put(writing, file->content_id.size ? SLICE("\r\nContent-Disposition: inline")
					   : SLICE("\r\nContent-Disposition: "
						   "attachment"));
	if (file->name.size)
		writing->good = writing->good &&
				header_write_parameter(out, "filename", file->name);
	if (file->content_id.size)
		writing->good = writing->good &&
				buffer_append_format(out, "\r\nContent-ID: <%.*s>",
					SLICE_PRINT(file->content_id));
	put(writing, plain ? SLICE("\r\nContent-Transfer-Encoding: 7bit\r\n\r\n")
			   : SLICE("\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
	if (plain)
		put(writing, file->bytes);
	else
		writing->good = writing->good && mime_encode_base64(file->bytes, out);
	put(writing, SLICE("\r\n"));
}

static size_t count_files(const struct compose *compose, bool shown)
{
	size_t count = 0;

	for (size_t i = 0; i < compose->file_count; i++)
		count += (compose->files[i].content_id.size > 0) == shown;
	return count;
}

static void put_files(struct writing *writing, enum level level, bool shown)
{
	const struct compose *compose = writing->compose;

	for (size_t i = 0; i < compose->file_count; i++)
		if ((compose->files[i].content_id.size > 0) == shown) {
			next_part(writing, level);
			put_file(writing, &compose->files[i]);
		}
}

/* The HTML, with the pictures it shows. */
static void put_html(struct writing *writing)
{
	const struct compose *compose = writing->compose;
	bool related = count_files(compose, true) > 0;

	if (related) {
		begin_multipart(writing, RELATED, "text/html");
		next_part(writing, RELATED);
	}
	put_text(writing, "html", compose->html);
	if (related) {
		put_files(writing, RELATED, true);
		end_multipart(writing, RELATED);
	}
}

static void put_content(struct writing *writing)
{
	const struct compose *compose = writing->compose;

	if (compose->text.at && compose->html.at) {
		begin_multipart(writing, ALTERNATIVE, NULL);
		next_part(writing, ALTERNATIVE);
		put_text(writing, "plain", compose->text);
		next_part(writing, ALTERNATIVE);
		put_html(writing);
		end_multipart(writing, ALTERNATIVE);
	} else if (compose->html.at) {
		put_html(writing);
	} else {
		put_text(writing, "plain", compose->text);
	}
}

bool compose_write(const struct compose *compose, struct buffer *out)
{
	struct writing writing = {.compose = compose, .out = out, .good = true};
	/* Without HTML nothing shows them: attached, though with their ids. */
	bool shown = compose->html.at != NULL;
	bool mixed = count_files(compose, false) > 0 ||
		     (!shown && compose->file_count > 0);

	put(&writing, SLICE("MIME-Version: 1.0\r\n"));
	if (mixed) {
		begin_multipart(&writing, MIXED, NULL);
		next_part(&writing, MIXED);
	}
	put_content(&writing);
	if (mixed) {
		put_files(&writing, MIXED, false);
		if (!shown)
			put_files(&writing, MIXED, true);
		end_multipart(&writing, MIXED);
	}
	return writing.good;
}
