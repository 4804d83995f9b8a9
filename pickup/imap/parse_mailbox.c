/* Reads the commands about mailboxes: SELECT, CREATE, RENAME, STATUS, quotas and
 * rights. */
#include "imap/parse_core.h"

bool imap_parse_mailbox(struct lex *lex, struct imap_command *command)
{
	return lex_space(lex) && lex_mailbox(lex, &command->mailbox);
}

/* "$" and '*' have no place among known UIDs. */
static bool take_plain_set(struct lex *lex, struct uid_set *set_r)
{
	struct imap_set set;

	if (!lex_set(lex, &set))
		return false;
	if (set.saved)
		return lex_bad(lex, "'$' is not allowed here");
	for (size_t i = 0; i < set.count; i++)
		if (!set.at[i].first || !set.at[i].last)
			return lex_bad(lex, "'*' is not allowed here");
	*set_r = imap_set_resolve(lex->arena, &set, 0);
	return true;
}

static bool take_match(struct lex *lex, struct imap_select *args)
{
	if (!lex_char(lex, '(') || !take_plain_set(lex, &args->match_numbers) ||
		!lex_space(lex) || !take_plain_set(lex, &args->match_uids) ||
		!lex_char(lex, ')'))
		return false;
	return uid_set_size(&args->match_numbers) == uid_set_size(&args->match_uids) ||
	       lex_bad(lex, "The sets to match are not of one size");
}

/* "(UIDVALIDITY MODSEQ [KNOWN] [(NUMBERS UIDS)])" */
static bool take_qresync(struct lex *lex, struct imap_select *args)
{
	args->qresync = true;
	if (!lex_space(lex) || !lex_char(lex, '(') ||
		!lex_nonzero(lex, &args->uidvalidity) || !lex_space(lex) ||
		!lex_number64(lex, &args->modseq))
		return false;
	if (!args->modseq)
		return lex_bad(lex, "A mod-sequence may not be 0 here");
	if (lex_if_char(lex, ' ') && !lex_is_char(lex, '(')) {
		args->has_known = true;
		if (!take_plain_set(lex, &args->known))
			return false;
		(void)lex_if_char(lex, ' ');
	}
	if (lex_is_char(lex, '(') && !take_match(lex, args))
		return false;
	return lex_char(lex, ')');
}

bool imap_parse_select(struct lex *lex, struct imap_command *command)
{
	struct imap_select *args = &command->select;

	if (!lex_space(lex) || !lex_mailbox(lex, &args->mailbox))
		return false;
	if (!lex_if_char(lex, ' '))
		return true;
	if (!lex_char(lex, '('))
		return false;
	do {
		if (lex_if_word(lex, "CONDSTORE"))
			args->condstore = true;
		else if (!lex_word(lex, "QRESYNC") || !take_qresync(lex, args))
			return false;
	} while (lex_if_char(lex, ' '));
	return lex_char(lex, ')');
}

static bool take_uses(struct lex *lex, uint32_t *uses)
{
	struct slice word;

	if (!lex_space(lex) || !lex_char(lex, '('))
		return false;
	if (lex_if_char(lex, ')'))
		return true;
	do {
		uint32_t use;

		if (!lex_backslashed(lex, &word))
			return false;
		use = imap_use_of(word);
		if (!use)
			return lex_no(lex, "USEATTR", "No mailbox has that use");
		*uses |= use;
	} while (lex_if_char(lex, ' '));
	return lex_char(lex, ')');
}

bool imap_parse_create(struct lex *lex, struct imap_command *command)
{
	struct imap_create *args = &command->create;

	if (!lex_space(lex) || !lex_mailbox(lex, &args->mailbox))
		return false;
	if (slice_ends(args->mailbox, SLICE("/")))
		args->mailbox.size--;
	if (!lex_if_char(lex, ' '))
		return true;
	return lex_char(lex, '(') && lex_word(lex, "USE") &&
	       take_uses(lex, &args->uses) && lex_char(lex, ')');
}

bool imap_parse_rename(struct lex *lex, struct imap_command *command)
{
	return lex_space(lex) && lex_mailbox(lex, &command->rename.from) &&
	       lex_space(lex) && lex_mailbox(lex, &command->rename.to);
}

bool imap_parse_status_items(struct lex *lex, unsigned *items_r)
{
	static const char *const names[] = {"MESSAGES", "RECENT", "UIDNEXT",
		"UIDVALIDITY", "UNSEEN", "DELETED", "SIZE", "HIGHESTMODSEQ",
		"MAILBOXID", "APPENDLIMIT", "DELETED-STORAGE"};
	const unsigned count = sizeof(names) / sizeof(*names);

	*items_r = 0;
	if (!lex_char(lex, '('))
		return false;
	do {
		unsigned i = 0;

		while (i < count && !lex_if_word(lex, names[i]))
			i++;
		if (i == count)
			return lex_bad(lex, "Unknown status item");
		*items_r |= 1U << i;
	} while (lex_if_char(lex, ' '));
	return lex_char(lex, ')');
}

bool imap_parse_status(struct lex *lex, struct imap_command *command)
{
	return lex_space(lex) && lex_mailbox(lex, &command->status.mailbox) &&
	       lex_space(lex) && imap_parse_status_items(lex, &command->status.items);
}

bool imap_parse_getquota(struct lex *lex, struct imap_command *command)
{
	return lex_space(lex) && lex_astring(lex, &command->quota.root);
}

bool imap_parse_setquota(struct lex *lex, struct imap_command *command)
{
	struct imap_quota *args = &command->quota;

	if (!imap_parse_getquota(lex, command) || !lex_space(lex) ||
		!lex_char(lex, '('))
		return false;
	if (lex_if_char(lex, ')'))
		return true;
	do {
		bool storage = lex_if_word(lex, "STORAGE");

		if (!storage && !lex_if_word(lex, "MESSAGE"))
			return lex_no(lex, NULL, "There is no such quota resource");
		if (!lex_space(lex) ||
			!lex_number64(lex, storage ? &args->storage : &args->message))
			return false;
		*(storage ? &args->has_storage : &args->has_message) = true;
	} while (lex_if_char(lex, ' '));
	return lex_char(lex, ')');
}

bool imap_parse_acl(struct lex *lex, struct imap_command *command)
{
	return lex_space(lex) && lex_mailbox(lex, &command->acl.mailbox) &&
	       lex_space(lex) && lex_astring(lex, &command->acl.identifier) &&
	       (command->acl.identifier.size || lex_bad(lex, "An empty identifier"));
}

bool imap_parse_setacl(struct lex *lex, struct imap_command *command)
{
	struct slice rights;

	if (!imap_parse_acl(lex, command) || !lex_space(lex) ||
		!lex_astring(lex, &rights))
		return false;
	if (slice_starts(rights, SLICE("+")) || slice_starts(rights, SLICE("-"))) {
		command->acl.how = rights.at[0];
		rights = slice_from(rights, 1);
	}
	/* RFC 4314 2.1: others are BAD; c and d are what older clients say. */
	for (size_t i = 0; i < rights.size; i++) {
		if (slice_index(SLICE("lrswipkxteacd"), rights.at[i]) == 13)
			return lex_bad(lex, "There is no such right");
	}
	command->acl.rights = rights;
	return true;
}
