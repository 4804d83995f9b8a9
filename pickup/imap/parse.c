/* Reads the tag and the verb, and what each verb has behind it; see parse.h. */
#include "imap/parse.h"

#include <string.h>

#include "imap/lex_core.h"
#include "imap/parse_core.h"

static const struct verb {
	const char *name;
	enum imap_needs needs;
	imap_parser *parse; /* NULL: it has no arguments */
	bool uid;	    /* there is a UID form */
} verbs[IMAP_VERBS] = {
	[IMAP_UNKNOWN] = {"", IMAP_ANY, NULL, false},
	[IMAP_CAPABILITY] = {"CAPABILITY", IMAP_ANY, NULL, false},
	[IMAP_NOOP] = {"NOOP", IMAP_ANY, NULL, false},
	[IMAP_LOGOUT] = {"LOGOUT", IMAP_ANY, NULL, false},
	[IMAP_ID] = {"ID", IMAP_ANY, imap_parse_id, false},
	[IMAP_STARTTLS] = {"STARTTLS", IMAP_BEFORE_LOGIN, NULL, false},
	[IMAP_AUTHENTICATE] = {"AUTHENTICATE", IMAP_BEFORE_LOGIN,
		imap_parse_authenticate, false},
	[IMAP_LOGIN] = {"LOGIN", IMAP_BEFORE_LOGIN, imap_parse_login, false},
	[IMAP_ENABLE] = {"ENABLE", IMAP_AFTER_LOGIN, imap_parse_words, false},
	[IMAP_SELECT] = {"SELECT", IMAP_AFTER_LOGIN, imap_parse_select, false},
	[IMAP_EXAMINE] = {"EXAMINE", IMAP_AFTER_LOGIN, imap_parse_select, false},
	[IMAP_CREATE] = {"CREATE", IMAP_AFTER_LOGIN, imap_parse_create, false},
	[IMAP_DELETE] = {"DELETE", IMAP_AFTER_LOGIN, imap_parse_mailbox, false},
	[IMAP_RENAME] = {"RENAME", IMAP_AFTER_LOGIN, imap_parse_rename, false},
	[IMAP_SUBSCRIBE] = {"SUBSCRIBE", IMAP_AFTER_LOGIN, imap_parse_mailbox, false},
	[IMAP_UNSUBSCRIBE] = {"UNSUBSCRIBE", IMAP_AFTER_LOGIN, imap_parse_mailbox,
		false},
	[IMAP_LIST] = {"LIST", IMAP_AFTER_LOGIN, imap_parse_list, false},
	[IMAP_LSUB] = {"LSUB", IMAP_AFTER_LOGIN, imap_parse_lsub, false},
	[IMAP_XLIST] = {"XLIST", IMAP_AFTER_LOGIN, imap_parse_lsub, false},
	[IMAP_NAMESPACE] = {"NAMESPACE", IMAP_AFTER_LOGIN, NULL, false},
	[IMAP_STATUS] = {"STATUS", IMAP_AFTER_LOGIN, imap_parse_status, false},
	[IMAP_APPEND] = {"APPEND", IMAP_AFTER_LOGIN, imap_parse_append_first, false},
	[IMAP_IDLE] = {"IDLE", IMAP_AFTER_LOGIN, NULL, false},
	[IMAP_COMPRESS] = {"COMPRESS", IMAP_AFTER_LOGIN, imap_parse_compress, false},
	[IMAP_GETQUOTA] = {"GETQUOTA", IMAP_AFTER_LOGIN, imap_parse_getquota, false},
	[IMAP_GETQUOTAROOT] = {"GETQUOTAROOT", IMAP_AFTER_LOGIN, imap_parse_mailbox,
		false},
	[IMAP_SETQUOTA] = {"SETQUOTA", IMAP_AFTER_LOGIN, imap_parse_setquota, false},
	[IMAP_GETACL] = {"GETACL", IMAP_AFTER_LOGIN, imap_parse_mailbox, false},
	[IMAP_SETACL] = {"SETACL", IMAP_AFTER_LOGIN, imap_parse_setacl, false},
	[IMAP_DELETEACL] = {"DELETEACL", IMAP_AFTER_LOGIN, imap_parse_acl, false},
	[IMAP_LISTRIGHTS] = {"LISTRIGHTS", IMAP_AFTER_LOGIN, imap_parse_acl, false},
	[IMAP_MYRIGHTS] = {"MYRIGHTS", IMAP_AFTER_LOGIN, imap_parse_mailbox, false},
	[IMAP_GETMETADATA] = {"GETMETADATA", IMAP_AFTER_LOGIN, imap_parse_getmetadata,
		false},
	[IMAP_SETMETADATA] = {"SETMETADATA", IMAP_AFTER_LOGIN, imap_parse_setmetadata,
		false},
	[IMAP_CHECK] = {"CHECK", IMAP_SELECTED, NULL, false},
	[IMAP_CLOSE] = {"CLOSE", IMAP_SELECTED, NULL, false},
	[IMAP_UNSELECT] = {"UNSELECT", IMAP_SELECTED, NULL, false},
	[IMAP_EXPUNGE] = {"EXPUNGE", IMAP_SELECTED, imap_parse_expunge, true},
	[IMAP_FETCH] = {"FETCH", IMAP_SELECTED, imap_parse_fetch, true},
	[IMAP_STORE] = {"STORE", IMAP_SELECTED, imap_parse_store, true},
	[IMAP_COPY] = {"COPY", IMAP_SELECTED, imap_parse_copy, true},
	[IMAP_MOVE] = {"MOVE", IMAP_SELECTED, imap_parse_copy, true},
	[IMAP_REPLACE] = {"REPLACE", IMAP_SELECTED, imap_parse_replace, true},
	[IMAP_SEARCH] = {"SEARCH", IMAP_SELECTED, imap_parse_search, true},
	[IMAP_SORT] = {"SORT", IMAP_SELECTED, imap_parse_sort, true},
	[IMAP_THREAD] = {"THREAD", IMAP_SELECTED, imap_parse_thread, true},
	[IMAP_UIDBATCHES] = {"UIDBATCHES", IMAP_SELECTED, imap_parse_batches, false},
};

const char *imap_verb_name(enum imap_verb verb)
{
	return verbs[verb].name;
}

enum imap_needs imap_verb_needs(enum imap_verb verb)
{
	return verbs[verb].needs;
}

bool imap_verb_takes_message(enum imap_verb verb)
{
	return verb == IMAP_APPEND || verb == IMAP_REPLACE;
}

/* 1*<any ASTRING-CHAR except "+"> */
static bool is_tag_char(char c)
{
	return (lex_is_atom_char(c) || c == ']') && c != '+';
}

static bool take_verb(struct lex *lex, struct imap_command *command)
{
	struct slice word;

	command->uid = lex_if_word(lex, "UID");
	if (command->uid && !lex_space(lex))
		return false;
	word = lex_take(lex, lex_is_atom_char);
	if (!word.size)
		return lex_bad(lex, "A command was expected");
	for (int i = IMAP_UNKNOWN + 1; i < IMAP_VERBS; i++) {
		if (!slice_equal_nocase(word, slice_of(verbs[i].name)))
			continue;
		command->verb = (enum imap_verb)i;
		return !command->uid || verbs[i].uid ||
		       lex_bad(lex, "This command has no UID form");
	}
	return lex_bad(lex, "Unknown command");
}

static bool parse(struct lex *lex, struct imap_command *command)
{
	struct slice tag = lex_take(lex, is_tag_char);
	const struct verb *verb;

	if (!tag.size || !lex_is_char(lex, ' '))
		return lex_bad(lex, tag.size && lex_is_end(lex)
					    ? "A command was expected"
					    : "A tag and a space were expected");
	command->tag = tag;
	if (!lex_space(lex) || !take_verb(lex, command))
		return false;
	verb = &verbs[command->verb];
	if (verb->parse && !verb->parse(lex, command))
		return false;
	/* An APPEND goes on behind its first message. */
	return imap_verb_takes_message(command->verb) || lex_end(lex);
}

bool imap_parse(struct arena *arena, struct slice text, bool utf8,
	struct imap_command *command_r, struct imap_error *error_r)
{
	struct lex lex = {.rest = text, .arena = arena, .utf8 = utf8};

	*command_r = (struct imap_command){0};
	*error_r = (struct imap_error){0};
	if (parse(&lex, command_r))
		return true;
	*error_r = lex.error;
	return false;
}
