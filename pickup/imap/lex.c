/* Takes the words off a command's text; see lex.h. */
#include "imap/lex.h"

#include <string.h>

#include "imap/date.h"
#include "imap/lex_core.h"

bool lex_bad(struct lex *lex, const char *text)
{
	if (!lex->error.text)
		lex->error = (struct imap_error){.text = text};
	return false;
}

bool lex_no(struct lex *lex, const char *code, const char *text)
{
	if (!lex->error.text)
		lex->error = (struct imap_error){
			.text = text, .code = code, .no = true};
	return false;
}

bool lex_is_char(const struct lex *lex, char c)
{
	return lex->rest.size && lex->rest.at[0] == c;
}

bool lex_if_char(struct lex *lex, char c)
{
	if (!lex_is_char(lex, c))
		return false;
	lex->rest = slice_from(lex->rest, 1);
	return true;
}

bool lex_char(struct lex *lex, char c)
{
	if (lex_if_char(lex, c))
		return true;
	switch (c) {
	case ' ':
		return lex_bad(lex,
			lex_is_end(lex) ? "Missing argument" : "A space was expected");
	case '(':
		return lex_bad(lex, "A list in parentheses was expected");
	case ')':
		return lex_bad(lex, "A closing parenthesis was expected");
	default:
		return lex_bad(lex, "Syntax error");
	}
}

bool lex_space(struct lex *lex)
{
	return lex_char(lex, ' ');
}

bool lex_is_end(const struct lex *lex)
{
	return slice_equal(lex->rest, SLICE("\r\n")) ||
	       slice_equal(lex->rest, SLICE("\n"));
}

bool lex_end(struct lex *lex)
{
	while (!lex->error.text && lex_if_char(lex, ' '))
		;
	return !lex->error.text &&
	       (lex_is_end(lex) || lex_bad(lex, "Too many arguments"));
}

bool lex_is_atom_char(char c)
{
	return (unsigned char)c > ' ' && (unsigned char)c < 0x7f &&
	       !strchr("(){%*\"\\]", c);
}

struct slice lex_take(struct lex *lex, bool (*is)(char c))
{
	struct slice word = lex->rest;
	size_t size = 0;

	while (size < word.size && is(word.at[size]))
		size++;
	lex->rest = slice_from(word, size);
	return slice_part(word, 0, size);
}

bool lex_atom(struct lex *lex, struct slice *atom_r)
{
	*atom_r = lex_take(lex, lex_is_atom_char);
	return atom_r->size || lex_bad(lex, lex_is_end(lex) ? "Missing argument"
							    : "A word was expected");
}

bool lex_if_word(struct lex *lex, const char *word)
{
	struct lex copy = *lex;

	if (!slice_equal_nocase(lex_take(&copy, lex_is_atom_char), slice_of(word)))
		return false;
	*lex = copy;
	return true;
}

bool lex_word(struct lex *lex, const char *word)
{
	return lex_if_word(lex, word) || lex_bad(lex, "Unknown argument");
}

static bool is_digit(char c)
{
	return ascii_is_digit(c);
}

bool lex_number64(struct lex *lex, uint64_t *number_r)
{
	struct slice digits = lex_take(lex, is_digit);

	return (digits.size && slice_to_u64(digits, number_r) &&
		       *number_r <= INT64_MAX) ||
	       lex_bad(lex, "A number was expected");
}

bool lex_number(struct lex *lex, uint32_t *number_r)
{
	uint64_t number;

	if (!lex_number64(lex, &number))
		return false;
	if (number > UINT32_MAX)
		return lex_bad(lex, "The number is too large");
	*number_r = (uint32_t)number;
	return true;
}

bool lex_nonzero(struct lex *lex, uint32_t *number_r)
{
	return lex_number(lex, number_r) &&
	       (*number_r || lex_bad(lex, "The number may not be 0"));
}

static bool is_set_char(char c)
{
	return ascii_is_digit(c) || c == ':' || c == ',' || c == '*' || c == '$';
}

bool lex_set(struct lex *lex, struct imap_set *set_r)
{
	return imap_set_read(lex->arena, lex_take(lex, is_set_char), set_r) ||
	       lex_bad(lex, "A set of numbers was expected");
}

bool lex_keyword(struct lex *lex, struct slice *keyword_r)
{
	if (!lex_atom(lex, keyword_r))
		return false;
	return keyword_r->size <= IMAP_KEYWORD_MAX ||
	       lex_no(lex, "LIMIT", "A keyword is too long");
}

bool lex_backslashed(struct lex *lex, struct slice *word_r)
{
	struct slice all = lex->rest;

	if (!lex_char(lex, '\\') || !lex_atom(lex, word_r))
		return false;
	*word_r = slice_part(all, 0, word_r->size + 1);
	return true;
}

static bool take_date_text(struct lex *lex, struct slice *text_r)
{
	return lex_is_char(lex, '"') ? lex_string(lex, text_r) : lex_atom(lex, text_r);
}

bool lex_date(struct lex *lex, int64_t *day_r)
{
	struct slice text;

	if (!take_date_text(lex, &text))
		return false;
	return imap_date_read(text, day_r) ||
	       lex_bad(lex, "A date was expected (1-Feb-2026)");
}

bool lex_date_time(struct lex *lex, int64_t *ms_r)
{
	struct slice text;

	if (!lex_string(lex, &text))
		return false;
	return imap_date_time_read(text, ms_r) ||
	       lex_bad(lex, "A date and time was expected");
}
