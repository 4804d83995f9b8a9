/*
 * Secrets blanked: what of a client's line, and of a reply to it, may be shown.
 */
#include "transcript/blank.h"

#include <stdio.h>

#include "base/memory.h"
#include "mail/sasl.h"

#define SECRET_MIN 4

static bool is_command(struct slice word)
{
	static const char *const names[] = {"MAIL", "RCPT", "DATA", "BDAT", "EHLO",
		"HELO", "RSET", "NOOP", "QUIT", "VRFY", "EXPN", "HELP", "STARTTLS",
		"XCLIENT"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (slice_equal_nocase(word, slice_of(names[i])))
			return true;
	return false;
}

static struct slice print(char text[BLANK_TEXT_SIZE], int size)
{
	return slice_make(
		text, size < BLANK_TEXT_SIZE ? (size_t)size : BLANK_TEXT_SIZE - 1);
}

struct slice blank_command(struct slice line, char text[BLANK_TEXT_SIZE])
{
	struct slice rest = line, word = slice_cut(&rest, ' ');
	enum sasl_mechanism mechanism;

	if (is_command(word))
		return line;
	if (slice_equal_nocase(word, SLICE("AUTH"))) {
		struct slice name = slice_cut(&rest, ' ');

		if (!sasl_mechanism_find(name, &mechanism))
			return print(text,
				snprintf(text, BLANK_TEXT_SIZE, "AUTH [%zu bytes]",
					line.size - word.size));
		if (!rest.size)
			return print(text, snprintf(text, BLANK_TEXT_SIZE, "AUTH %s",
						   sasl_mechanism_name(mechanism)));
		return print(
			text, snprintf(text, BLANK_TEXT_SIZE, "AUTH %s [%zu bytes]",
				      sasl_mechanism_name(mechanism), rest.size));
	}
	return print(text, snprintf(text, BLANK_TEXT_SIZE,
				   "[%zu bytes that are no command]", line.size));
}

bool blank_is_quoted(struct slice line, const struct slice *secrets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (secrets[i].size >= SECRET_MIN &&
			slice_find(line, secrets[i]) < line.size)
			return true;
	return false;
}
