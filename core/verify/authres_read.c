/* Reads Authentication-Results as far as it takes to know whose they are and
 * what a method found (RFC 8601 section 2.2). */
#include "verify/authres.h"

#include <string.h>

#include "mail/cfws.h"

#define FIELD SLICE("Authentication-Results")

static bool read_word(struct slice *rest, struct slice *word_r);
static bool same_name(struct slice word, struct slice hostname);
static struct slice cut_result(struct slice *rest);

bool authres_is_ours(const struct header_field *field, struct slice hostname)
{
	struct slice rest = field->value, word, version;
	bool more;

	if (field->name.size < FIELD.size ||
		!slice_equal_nocase(slice_trim_all(field->name), FIELD))
		return false;
	if (!read_word(&rest, &word) || same_name(word, hostname))
		return true;
	/* Behind it a version at most, else the name is not what it seems. */
	if (!cfws_skip(&rest))
		return true;
	more = rest.size > 0 && rest.at[0] != ';';
	if (more && (!read_word(&rest, &version) || !ascii_is_digit(version.at[0]) ||
			    !cfws_skip(&rest)))
		return true;
	return rest.size > 0 && rest.at[0] != ';';
}

size_t authres_remove_ours(struct header *header, struct slice hostname)
{
	size_t count = 0;

	for (size_t i = 0; i < header->count; i++)
		/* No field with a number is one. */
		if (header->fields[i].known == HEADER_OTHER &&
			authres_is_ours(&header->fields[i], hostname)) {
			header_make_private(header, &header->fields[i]);
			count++;
		}
	return count;
}

struct slice authres_find(struct slice value, struct slice method)
{
	struct slice rest = value;

	cut_result(&rest); /* the authserv-id */
	while (rest.at) {
		struct slice one = cut_result(&rest), word;

		if (!read_word(&one, &word) || !slice_equal_nocase(word, method) ||
			!cfws_skip(&one))
			continue;
		if (one.size > 0 && one.at[0] == '/') { /* its version */
			one = slice_from(one, 1);
			if (!read_word(&one, &word) || !cfws_skip(&one))
				continue;
		}
		if (one.size == 0 || one.at[0] != '=')
			continue;
		one = slice_from(one, 1);
		if (read_word(&one, &word))
			return word;
	}
	return SLICE_EMPTY;
}

/* The end of the quoted string S begins with, its quotes included; 0: none. */
static size_t quoted_size(struct slice s)
{
	for (size_t i = 1; i < s.size; i++)
		if (s.at[i] == '\\')
			i++;
		else if (s.at[i] == '"')
			return i + 1;
	return 0;
}

static bool is_token(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

/* A token, or a quoted string with its quotes. */
static bool read_word(struct slice *rest, struct slice *word_r)
{
	size_t size = 0;

	if (!cfws_skip(rest) || rest->size == 0)
		return false;
	if (rest->at[0] == '"')
		size = quoted_size(*rest);
	else
		while (size < rest->size && is_token(rest->at[size]))
			size++;
	*word_r = slice_part(*rest, 0, size);
	*rest = slice_from(*rest, size);
	return size > 0;
}

/* Whatever the case, quotes and backslashes left out. */
static bool same_name(struct slice word, struct slice hostname)
{
	bool quoted = word.at[0] == '"';
	size_t at = 0;

	if (quoted)
		word = slice_part(word, 1, word.size - 2);
	for (size_t i = 0; i < word.size; i++) {
		char c = word.at[i];

		if (quoted && c == '\\' && i + 1 < word.size)
			c = word.at[++i];
		if (at == hostname.size ||
			ascii_lower(c) != ascii_lower(hostname.at[at++]))
			return false;
	}
	return at == hostname.size;
}

/* Over a comment, a quoted string, or one byte; over all of it where a comment
 * or a string has no end. */
static void step(struct slice *rest)
{
	size_t size = 1;

	if (rest->at[0] == '(') {
		if (cfws_skip_comment(rest))
			return;
		size = rest->size;
	} else if (rest->at[0] == '"') {
		size = quoted_size(*rest);
		if (size == 0)
			size = rest->size;
	}
	*rest = slice_from(*rest, size);
}

/* Up to the next ";" that stands in no comment and no quotes. */
static struct slice cut_result(struct slice *rest)
{
	struct slice all = *rest, ahead = *rest;

	while (ahead.size > 0 && ahead.at[0] != ';')
		step(&ahead);
	*rest = ahead.size > 0 ? slice_from(ahead, 1) : SLICE_EMPTY;
	return slice_part(all, 0, all.size - ahead.size);
}
