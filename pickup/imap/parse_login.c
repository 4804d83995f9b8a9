/* Reads the commands about who is there: ID, ENABLE, AUTHENTICATE, LOGIN, and
 * COMPRESS. */
#include "imap/parse_core.h"

#define ID_FIELDS 30 /* RFC 2971 3.3 */
#define WORDS_MAX 100

bool imap_parse_id(struct lex *lex, struct imap_command *command)
{
	struct slice *names = arena_take_array(lex->arena, ID_FIELDS, sizeof(*names));
	struct slice *values = arena_take_array(lex->arena, ID_FIELDS, sizeof(*values));
	size_t count = 0;

	command->id = (struct imap_id){.names = names, .values = values};
	if (!lex_space(lex))
		return false;
	if (lex_if_word(lex, "NIL"))
		return true;
	if (!lex_char(lex, '('))
		return false;
	while (!lex_if_char(lex, ')')) {
		if (count == ID_FIELDS)
			return lex_bad(lex, "ID has more than 30 fields");
		if ((count && !lex_space(lex)) || !lex_string(lex, &names[count]) ||
			!lex_space(lex) || !lex_nstring(lex, &values[count]))
			return false;
		if (names[count].size > 30 || values[count].size > 1024)
			return lex_bad(lex, "A field of ID is too long");
		count++;
	}
	command->id.count = count;
	return true;
}

bool imap_parse_words(struct lex *lex, struct imap_command *command)
{
	struct slice *words = NULL;
	size_t count = 0;

	do {
		struct slice word;

		if (!lex_space(lex) || !lex_atom(lex, &word))
			return false;
		if (count == WORDS_MAX)
			return lex_bad(lex, "Too many arguments");
		words = arena_grow(lex->arena, words, count, sizeof(*words));
		words[count++] = word;
	} while (lex_is_char(lex, ' '));
	command->words = (struct imap_words){.at = words, .count = count};
	return true;
}

bool imap_parse_authenticate(struct lex *lex, struct imap_command *command)
{
	struct imap_authenticate *args = &command->authenticate;
	struct slice all;

	if (!lex_space(lex) || !lex_atom(lex, &args->mechanism))
		return false;
	if (!lex_if_char(lex, ' '))
		return true;
	args->has_initial = true;
	if (lex_if_char(lex, '='))
		return lex_is_end(lex) || lex_bad(lex, "An initial response is base64");
	all = lex->rest;
	all.size = slice_index(all, '\n');
	all = slice_trim_all(all);
	lex->rest = slice_from(lex->rest, all.size);
	args->initial = all;
	return all.size || lex_bad(lex, "An initial response is base64, or =");
}

bool imap_parse_login(struct lex *lex, struct imap_command *command)
{
	return lex_space(lex) && lex_astring(lex, &command->login.user) &&
	       lex_space(lex) && lex_astring(lex, &command->login.password);
}

bool imap_parse_compress(struct lex *lex, struct imap_command *command)
{
	struct slice word;

	if (!lex_space(lex) || !lex_atom(lex, &word))
		return false;
	return slice_equal_nocase(word, SLICE("DEFLATE")) ||
	       lex_bad(lex, "Only DEFLATE is known");
}
