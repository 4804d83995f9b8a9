/* Strings, names and lists of flags in a command; see lex.h. */
#include <string.h>

#include "imap/lex_core.h"
#include "imap/unicode.h"
#include "imap/utf7.h"
#include "mail/text.h"

static bool take_quoted(struct lex *lex, struct slice *text_r)
{
	struct slice rest = slice_from(lex->rest, 1);
	char *copy = NULL;
	size_t size = 0, i;

	for (i = 0; i < rest.size && rest.at[i] != '"'; i++) {
		char c = rest.at[i];

		if (c == '\r' || c == '\n' || !c)
			return lex_bad(lex, "A quoted string does not end");
		if (c == '\\' && !copy) {
			copy = arena_take(lex->arena, rest.size);
			memcpy(copy, rest.at, size);
		}
		if (c == '\\') {
			if (i + 1 >= rest.size || !strchr("\"\\", rest.at[i + 1]))
				return lex_bad(
					lex, "A backslash before what needs none");
			c = rest.at[++i];
		}
		if (copy)
			copy[size] = c;
		size++;
	}
	if (i == rest.size)
		return lex_bad(lex, "A quoted string does not end");
	*text_r = slice_make(copy ? copy : rest.at, size);
	lex->rest = slice_from(rest, i + 1);
	return true;
}

bool lex_announced(struct lex *lex, uint64_t *size_r, bool *binary_r)
{
	*binary_r = lex_if_char(lex, '~');
	if (!lex_char(lex, '{') || !lex_number64(lex, size_r))
		return false;
	if (!lex_if_char(lex, '+'))
		(void)lex_if_char(lex, '-');
	(void)(lex_char(lex, '}') && (lex_if_char(lex, '\r') || true));
	return lex_char(lex, '\n');
}

static bool take_literal(struct lex *lex, struct slice *text_r)
{
	uint64_t size;
	bool binary;

	if (!lex_announced(lex, &size, &binary))
		return false;
	if (size > lex->rest.size)
		return lex_bad(lex, "A literal is not whole");
	*text_r = slice_part(lex->rest, 0, (size_t)size);
	lex->rest = slice_from(lex->rest, (size_t)size);
	if (!binary && slice_index(*text_r, 0) < text_r->size)
		return lex_bad(lex, "NUL in a literal");
	return true;
}

bool lex_string(struct lex *lex, struct slice *text_r)
{
	if (lex_is_char(lex, '"'))
		return take_quoted(lex, text_r);
	if (lex_is_char(lex, '{') || lex_is_char(lex, '~'))
		return take_literal(lex, text_r);
	return lex_bad(
		lex, lex_is_end(lex) ? "Missing argument" : "A string was expected");
}

static bool is_astring_char(char c)
{
	return lex_is_atom_char(c) || c == ']';
}

static bool is_list_char(char c)
{
	return is_astring_char(c) || c == '%' || c == '*';
}

static bool take_either(struct lex *lex, bool (*is)(char c), struct slice *text_r)
{
	/* "~{" is a literal8's; any other '~' is an atom's. */
	if (!slice_starts(lex->rest, SLICE("~{"))) {
		*text_r = lex_take(lex, is);
		if (text_r->size)
			return true;
	}
	return lex_string(lex, text_r);
}

bool lex_astring(struct lex *lex, struct slice *text_r)
{
	return take_either(lex, is_astring_char, text_r);
}

bool lex_nstring(struct lex *lex, struct slice *text_r)
{
	if (lex_if_word(lex, "NIL")) {
		*text_r = SLICE_EMPTY;
		return true;
	}
	if (!lex_string(lex, text_r))
		return false;
	text_r->at = text_r->at ? text_r->at : "";
	return true;
}

bool imap_name_read(
	struct arena *arena, struct slice text, bool utf8, struct slice *name_r)
{
	if (!utf8 && !utf7_decode(arena, text, &text))
		return false;
	if (!text_is_utf8(text))
		return false;
	text = unicode_compose(arena, text);
	if (slice_starts_nocase(text, SLICE("INBOX")) &&
		(text.size == 5 || text.at[5] == '/')) {
		text = arena_copy(arena, text);
		memcpy((char *)(uintptr_t)text.at, "INBOX", 5);
	}
	*name_r = text;
	return true;
}

static bool to_name(struct lex *lex, struct slice text, struct slice *name_r)
{
	return imap_name_read(lex->arena, text, lex->utf8, name_r) ||
	       lex_no(lex, "CANNOT",
		       lex->utf8 ? "The mailbox name is not UTF-8 text"
				 : "The mailbox name is not in modified UTF-7");
}

bool lex_mailbox(struct lex *lex, struct slice *name_r)
{
	struct slice text;

	return lex_astring(lex, &text) && to_name(lex, text, name_r);
}

bool lex_list_mailbox(struct lex *lex, struct slice *pattern_r)
{
	struct slice text;

	if (!take_either(lex, is_list_char, &text))
		return false;
	if (!imap_name_read(lex->arena, text, lex->utf8, pattern_r))
		*pattern_r = text;
	return true;
}

static bool take_flag(struct lex *lex, struct imap_flags *flags)
{
	struct slice *keywords = (struct slice *)(uintptr_t)flags->keywords;
	struct slice word;
	uint8_t bit;

	if (lex_is_char(lex, '\\')) {
		if (!lex_backslashed(lex, &word))
			return false;
		bit = imap_flag_of(word);
		if (!bit || bit == IMAP_RECENT)
			return lex_bad(lex, "There is no such system flag");
		flags->system |= bit;
		return true;
	}
	if (!lex_keyword(lex, &word))
		return false;
	for (size_t i = 0; i < flags->keyword_count; i++) {
		if (slice_equal_nocase(flags->keywords[i], word))
			return true;
	}
	keywords = arena_grow(
		lex->arena, keywords, flags->keyword_count, sizeof(*keywords));
	keywords[flags->keyword_count++] = word;
	flags->keywords = keywords;
	return flags->keyword_count <= 1000 ||
	       lex_no(lex, "LIMIT", "Too many keywords in a command");
}

bool lex_flags(struct lex *lex, bool bare_too, struct imap_flags *flags_r)
{
	bool list = lex_if_char(lex, '(');

	*flags_r = (struct imap_flags){0};
	if (!list && !bare_too)
		return lex_char(lex, '(');
	if (list && lex_if_char(lex, ')'))
		return true;
	do {
		if (!take_flag(lex, flags_r))
			return false;
	} while (lex_if_char(lex, ' '));
	return !list || lex_char(lex, ')');
}
