/* Forms of text in rules about replies: codes, patterns, names of servers. */
#include "base/config_form.h"

#include "base/pattern.h"
#include "base/slice.h"

bool config_form_reply_code(const char *text)
{
	struct slice code = slice_of(text);

	if (code.size < 1 || code.size > 3 || (text[0] != '4' && text[0] != '5'))
		return false;
	for (size_t i = 1; i < code.size; i++)
		if (!ascii_is_digit(text[i]))
			return false;
	return true;
}

/* RFC 3463 2: class, subject, detail. */
bool config_form_enhanced(const char *text)
{
	struct slice rest = slice_of(text);
	unsigned parts = 0;

	for (; rest.at; parts++) {
		struct slice part = slice_cut(&rest, '.');
		uint64_t number;

		if (part.size < 1 || part.size > 3 || !slice_to_u64(part, &number))
			return false;
		if (parts == 0 && number != 4 && number != 5)
			return false;
	}
	return parts <= 3;
}

bool config_form_pattern(const char *text)
{
	size_t size = slice_of(text).size;

	return size > 0 && size <= PATTERN_MAX;
}

bool config_form_rule_name(const char *text)
{
	struct slice word = slice_of(text);

	for (size_t i = 0; i < word.size; i++)
		if (!ascii_is_alnum(text[i]) && text[i] != '-' && text[i] != '.' &&
			text[i] != '_' && text[i] != '/')
			return false;
	return word.size > 0 && word.size <= 64;
}

bool config_form_mx(const char *text)
{
	return slice_starts(slice_of(text), SLICE("*."))
		       ? config_form_host(text + 2) && text[2] != '['
		       : config_form_host(text);
}
