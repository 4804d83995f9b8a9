/* Finds replies of SMTP and their codes in text; see report_text.h. */
#include <string.h>

#include "mail/report_text.h"

static bool is_in(char c, const char *set)
{
	return c && strchr(set, c);
}

size_t report_status_size(struct slice text)
{
	size_t at = 1;

	if (text.size < 5 || !is_in(*text.at, "245"))
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;

		if (at >= text.size || text.at[at] != '.')
			return 0;
		at++;
		while (at < text.size && ascii_is_digit(text.at[at])) {
			at++;
			digits++;
		}
		if (digits < 1 || digits > 3)
			return 0;
	}
	/* An address of IPv4, a version, a word. */
	if (at < text.size && (ascii_is_alnum(text.at[at]) ||
				      (text.at[at] == '.' && at + 1 < text.size &&
					      ascii_is_digit(text.at[at + 1]))))
		return 0;
	return at;
}

static bool begins_word(struct slice text, size_t at)
{
	return at == 0 || !(ascii_is_alnum(text.at[at - 1]) || text.at[at - 1] == '.' ||
				  text.at[at - 1] == '_');
}

/* Where a code is likelier than a number: behind a mark or a word for it. */
static bool introduces(struct slice text, size_t at)
{
	static const char *const words[] = {"said", "code", "error", "reply",
		"response", "reason", "smtp", "answer", "was", "<<<", "returned"};

	while (at && (text.at[at - 1] == ' ' || text.at[at - 1] == '\t'))
		at--;
	if (!at || (unsigned char)text.at[at - 1] > 127 ||
		is_in(text.at[at - 1], "\n\r:;>\"'([=#-"))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (slice_ends_nocase(slice_part(text, 0, at), slice_of(words[i])))
			return true;
	}
	return false;
}

/* A code at AT: how sure that is, 0: none. */
static int read_code(struct slice text, size_t at, struct report_reply *reply_r)
{
	struct slice rest = slice_from(text, at);
	size_t skip = 3, size;

	if (rest.size < 3 || !begins_word(text, at) || !is_in(rest.at[0], "45") ||
		rest.at[1] < '0' || rest.at[1] > '7' || !ascii_is_digit(rest.at[2]))
		return 0;
	if (rest.size > 3 && !is_in(rest.at[3], " -:;,)]\"'\t\r\n#."))
		return 0;
	if (rest.size > 4 && rest.at[3] == '.' && ascii_is_digit(rest.at[4]))
		return 0;
	while (skip < rest.size && skip < 8 && is_in(rest.at[skip], " -:#(\t'\""))
		skip++;
	*reply_r = (struct report_reply){.code = (rest.at[0] - '0') * 100 +
						 (rest.at[1] - '0') * 10 +
						 (rest.at[2] - '0'),
		.begin = at,
		.end = at + 3};
	size = report_status_size(slice_from(rest, skip));
	if (size && rest.at[skip] == rest.at[0]) {
		reply_r->status = slice_part(rest, skip, size);
		reply_r->end = at + skip + size;
		return 4;
	}
	return introduces(text, at) ? 3 : 0;
}

/* A status alone, "#5.1.1" before others. */
static int read_status(struct slice text, size_t at, struct report_reply *reply_r)
{
	size_t size = report_status_size(slice_from(text, at));

	if (!size || !begins_word(text, at) || text.at[at] == '2')
		return 0;
	*reply_r = (struct report_reply){
		.status = slice_part(text, at, size), .begin = at, .end = at + size};
	return at && text.at[at - 1] == '#' ? 2 : 1;
}

bool report_find_reply(struct slice text, struct report_reply *reply_r)
{
	int best = 0;

	for (size_t at = 0; at < text.size && best < 4; at++) {
		struct report_reply reply;
		int sure;

		if (text.at[at] != '4' && text.at[at] != '5')
			continue;
		sure = read_code(text, at, &reply);
		if (!sure)
			sure = read_status(text, at, &reply);
		if (sure <= best)
			continue;
		best = sure;
		*reply_r = reply;
	}
	return best > 0;
}

/* "550-5.1.1 ", "550 #5.1.1 ", "5.1.1 ", "550 ": its size at the beginning. */
static size_t codes_size(struct slice text)
{
	struct report_reply reply;
	size_t at = 0;

	if (read_code(text, 0, &reply))
		at = reply.end;
	else if (text.size && *text.at == '#' &&
		 read_status(slice_from(text, 1), 0, &reply))
		at = reply.end + 1;
	else if (read_status(text, 0, &reply))
		at = reply.end;
	while (at && at < text.size && is_in(text.at[at], " -:)"))
		at++;
	return at;
}

struct slice report_strip_codes(struct arena *arena, struct slice line)
{
	size_t prefix = codes_size(line), size = 0;
	struct slice begin = slice_part(line, 0, prefix);
	char *text;

	/* "550-5.1.1 …", and its last line "550 5.1.1 …". */
	begin.size = begin.size > 3 && ascii_is_digit(begin.at[1]) ? 3 : 0;
	text = arena_take(arena, line.size + 1);
	for (size_t i = prefix; i < line.size; i++) {
		struct slice rest = slice_from(line, i);

		if (begin.size && i > prefix && line.at[i - 1] == ' ' &&
			slice_starts(rest, begin) && rest.size > 3 &&
			(rest.at[3] == '-' || codes_size(rest) > 4) &&
			codes_size(rest)) {
			i += codes_size(rest) - 1;
			continue;
		}
		text[size++] = line.at[i];
	}
	while (size && text[size - 1] == ' ')
		size--;
	return slice_make(text, size);
}
