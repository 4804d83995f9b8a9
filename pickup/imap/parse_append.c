/* Reads what stands before each message of an APPEND (RFC 9051 6.3.12, RFC 3502,
 * RFC 6855), and the commands that change messages. */
#include "imap/parse.h"
#include "imap/parse_core.h"

static bool take_message(struct lex *lex, struct imap_append *append)
{
	if (!lex_space(lex))
		return false;
	if (lex_is_char(lex, '(') &&
		(!lex_flags(lex, false, &append->flags) || !lex_space(lex)))
		return false;
	if (lex_is_char(lex, '"')) {
		append->has_date = true;
		if (!lex_date_time(lex, &append->internal_ms) || !lex_space(lex))
			return false;
	}
	if (lex_if_word(lex, "UTF8")) {
		append->utf8 = true;
		if (!lex_space(lex) || !lex_char(lex, '('))
			return false;
	}
	if (!lex_is_char(lex, '{') && !lex_is_char(lex, '~'))
		return lex_bad(lex, "A message is a literal");
	return lex_announced(lex, &append->size, &append->binary);
}

static bool take_replaced(struct lex *lex, struct imap_set *set)
{
	return lex_set(lex, set) && ((set->count == 1 && !set->saved &&
					     set->at[0].first == set->at[0].last) ||
					    lex_bad(lex, "One message is replaced"));
}

/* RFC 8508 */
bool imap_parse_replace(struct lex *lex, struct imap_command *command)
{
	return lex_space(lex) && take_replaced(lex, &command->append.replaced) &&
	       imap_parse_append_first(lex, command);
}

bool imap_parse_append_first(struct lex *lex, struct imap_command *command)
{
	return lex_space(lex) && lex_mailbox(lex, &command->append.mailbox) &&
	       take_message(lex, &command->append) &&
	       (!lex->rest.size || lex_bad(lex, "Too many arguments"));
}

enum imap_append_next imap_parse_append(struct arena *arena, struct slice text,
	bool utf8_literal, struct imap_append *append_r, struct imap_error *error_r)
{
	struct lex lex = {.rest = text, .arena = arena};

	*append_r = (struct imap_append){0};
	if (!utf8_literal || lex_char(&lex, ')')) {
		if (lex_is_end(&lex))
			return IMAP_APPEND_END;
		if (take_message(&lex, append_r) && !lex.rest.size)
			return IMAP_APPEND_MESSAGE;
		(void)lex_bad(&lex, "Too many arguments");
	}
	*error_r = lex.error;
	return IMAP_APPEND_WRONG;
}

bool imap_parse_expunge(struct lex *lex, struct imap_command *command)
{
	return !command->uid || (lex_space(lex) && lex_set(lex, &command->expunge));
}

bool imap_parse_copy(struct lex *lex, struct imap_command *command)
{
	return lex_space(lex) && lex_set(lex, &command->copy.set) && lex_space(lex) &&
	       lex_mailbox(lex, &command->copy.mailbox);
}

static bool take_unchanged_since(struct lex *lex, struct imap_store *args)
{
	args->unchanged_since = true;
	return lex_char(lex, '(') && lex_word(lex, "UNCHANGEDSINCE") &&
	       lex_space(lex) && lex_number64(lex, &args->since) &&
	       lex_char(lex, ')') && lex_space(lex);
}

bool imap_parse_store(struct lex *lex, struct imap_command *command)
{
	struct imap_store *args = &command->store;

	if (!lex_space(lex) || !lex_set(lex, &args->set) || !lex_space(lex))
		return false;
	if (lex_is_char(lex, '(') && !take_unchanged_since(lex, args))
		return false;
	if (lex_if_char(lex, '+'))
		args->how = IMAP_STORE_ADD;
	else if (lex_if_char(lex, '-'))
		args->how = IMAP_STORE_REMOVE;
	args->silent = lex_if_word(lex, "FLAGS.SILENT");
	if (!args->silent && !lex_word(lex, "FLAGS"))
		return false;
	return lex_space(lex) && lex_flags(lex, true, &args->flags);
}
