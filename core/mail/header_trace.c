/* What trace fields tell about loops; see header.h. */
#include "mail/header.h"

static struct slice next_word(struct slice *rest);
static size_t skip_comment(struct slice text, size_t at);
static size_t skip_quoted(struct slice text, size_t at);

size_t header_hops(const struct header *header)
{
	return header->counts[HEADER_RECEIVED];
}

size_t header_hops_by(const struct header *header, struct slice hostname)
{
	const struct header_field *field = header_find(header, HEADER_RECEIVED);
	size_t hops = 0;

	for (; field; field = header_find_next(header, field)) {
		struct slice rest = field->value;
		struct slice word = next_word(&rest);

		while (word.size && !slice_equal_nocase(word, SLICE("by")))
			word = next_word(&rest);
		if (!word.size)
			continue;
		word = next_word(&rest);
		hops += slice_equal_nocase(word, hostname);
	}
	return hops;
}

bool header_was_delivered_to(const struct header *header, struct slice address)
{
	const struct header_field *field = header_find(header, HEADER_DELIVERED_TO);

	for (; field; field = header_find_next(header, field)) {
		struct slice value = slice_trim_all(field->value);

		if (value.size > 2 && value.at[0] == '<' &&
			slice_ends(value, SLICE(">")))
			value = slice_part(value, 1, value.size - 2);
		if (slice_equal_nocase(value, address))
			return true;
	}
	return false;
}

/* The next word outside comments; empty at the end or at the ';'. */
static struct slice next_word(struct slice *rest)
{
	struct slice text = *rest;
	size_t at = 0, start;

	for (;;) {
		while (at < text.size && (unsigned char)text.at[at] <= ' ')
			at++;
		if (at == text.size || text.at[at] != '(')
			break;
		at = skip_comment(text, at);
	}
	start = at;
	while (at < text.size && (unsigned char)text.at[at] > ' ' &&
		text.at[at] != '(' && text.at[at] != ';')
		at = text.at[at] == '"' ? skip_quoted(text, at) : at + 1;
	*rest = slice_from(text, at);
	return slice_part(text, start, at - start);
}

/* AT is at a '('; returns the index behind its ')', or the end. */
static size_t skip_comment(struct slice text, size_t at)
{
	size_t depth = 0;

	for (; at < text.size; at++) {
		if (text.at[at] == '\\')
			at++;
		else if (text.at[at] == '(')
			depth++;
		else if (text.at[at] == ')' && --depth == 0)
			return at + 1;
	}
	return text.size;
}

/* AT is at a '"'; returns the index behind the closing one, or the end. */
static size_t skip_quoted(struct slice text, size_t at)
{
	for (at++; at < text.size; at++) {
		if (text.at[at] == '\\')
			at++;
		else if (text.at[at] == '"')
			return at + 1;
	}
	return text.size;
}
