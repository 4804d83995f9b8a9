/* Reads LIST with its options (RFC 9051 6.3.9), LSUB and XLIST. */
#include "imap/parse_core.h"

#define PATTERNS_MAX 100

static bool take_selection(struct lex *lex, struct imap_list *args)
{
	if (!lex_char(lex, '('))
		return false;
	args->extended = true;
	if (lex_if_char(lex, ')'))
		return true;
	do {
		if (lex_if_word(lex, "SUBSCRIBED"))
			args->select_subscribed = args->return_subscribed = true;
		else if (lex_if_word(lex, "REMOTE"))
			args->select_remote = true;
		else if (lex_if_word(lex, "RECURSIVEMATCH"))
			args->select_recursive = true;
		else if (lex_if_word(lex, "SPECIAL-USE"))
			args->select_special = args->return_special = true;
		else
			return lex_bad(lex, "Unknown selection option");
	} while (lex_if_char(lex, ' '));
	if (args->select_recursive && !args->select_subscribed && !args->select_special)
		return lex_bad(lex, "RECURSIVEMATCH needs another option");
	return lex_char(lex, ')');
}

static bool take_return(struct lex *lex, struct imap_list *args)
{
	if (!lex_word(lex, "RETURN") || !lex_space(lex) || !lex_char(lex, '('))
		return false;
	args->extended = true;
	if (lex_if_char(lex, ')'))
		return true;
	do {
		if (lex_if_word(lex, "SUBSCRIBED"))
			args->return_subscribed = true;
		else if (lex_if_word(lex, "CHILDREN"))
			args->return_children = true;
		else if (lex_if_word(lex, "SPECIAL-USE"))
			args->return_special = true;
		else if (lex_if_word(lex, "MYRIGHTS")) /* RFC 8440 */
			args->return_myrights = true;
		else if (!lex_word(lex, "STATUS") || !lex_space(lex) ||
			 !imap_parse_status_items(lex, &args->status))
			return lex_bad(lex, "Unknown return option");
	} while (lex_if_char(lex, ' '));
	return lex_char(lex, ')');
}

static bool take_patterns(struct lex *lex, struct imap_list *args)
{
	bool many = lex_if_char(lex, '(');
	struct slice *patterns = NULL;
	size_t count = 0;

	do {
		struct slice pattern;

		if (!lex_list_mailbox(lex, &pattern))
			return false;
		if (count == PATTERNS_MAX)
			return lex_bad(lex, "Too many patterns");
		patterns = arena_grow(lex->arena, patterns, count, sizeof(*patterns));
		patterns[count++] = pattern;
	} while (many && lex_if_char(lex, ' '));
	args->patterns = patterns;
	args->pattern_count = count;
	args->extended = args->extended || many;
	return !many || lex_char(lex, ')');
}

bool imap_parse_lsub(struct lex *lex, struct imap_command *command)
{
	struct imap_list *args = &command->list;
	struct slice *pattern = ARENA_NEW(lex->arena, struct slice);

	args->patterns = pattern;
	args->pattern_count = 1;
	return lex_space(lex) && lex_mailbox(lex, &args->reference) && lex_space(lex) &&
	       lex_list_mailbox(lex, pattern);
}

bool imap_parse_list(struct lex *lex, struct imap_command *command)
{
	struct imap_list *args = &command->list;

	if (!lex_space(lex))
		return false;
	if (lex_is_char(lex, '(') && (!take_selection(lex, args) || !lex_space(lex)))
		return false;
	if (!lex_mailbox(lex, &args->reference) || !lex_space(lex) ||
		!take_patterns(lex, args))
		return false;
	return !lex_if_char(lex, ' ') || take_return(lex, args);
}
