/* Who may do what with a mailbox: SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS (RFC
 * 4314). */
#include "store/acl.h"

#include "account/account.h"
#include "imap/write.h"
#include "imap_server/commands.h"
#include "imap_server/others.h"

#define ALL_LETTERS "lrswipkxteacd"

static struct slice letters_of(struct imap_dialogue *dialogue, unsigned rights)
{
	char text[RIGHTS_TEXT_MAX];
	size_t size = rights_write(rights, text);

	return arena_copy(&dialogue->arena, slice_make(text, size));
}

/* A name in its one form, "anyone", either behind a '-'. False: answered. */
static bool read_identifier(
	struct imap_dialogue *dialogue, struct slice text, struct slice *who_r)
{
	bool takes = text.at[0] == GRANT_NOT;
	struct slice name = takes ? slice_from(text, 1) : text;

	if (slice_equal_nocase(name, SLICE("anonymous"))) {
		imap_no(dialogue, "CANNOT", "Nobody is anonymous here");
		return false;
	}
	if (slice_equal_nocase(name, SLICE(GRANT_ANYONE))) {
		name = SLICE(GRANT_ANYONE);
	} else if (!account_name_prepare(name, &dialogue->arena, &name)) {
		imap_bad(dialogue, "Nobody can be called that");
		return false;
	}
	*who_r = takes ? arena_format(&dialogue->arena, "-%.*s", SLICE_PRINT(name))
		       : name;
	return true;
}

/* Where it is, and whom it is about. False: answered. */
static bool begin(struct imap_dialogue *dialogue, const struct imap_acl *asked,
	struct imap_place *place_r, struct slice *who_r, struct deadline deadline)
{
	return imap_locate(
		       dialogue, asked->mailbox, "NONEXISTENT", place_r, deadline) &&
	       read_identifier(dialogue, asked->identifier, who_r);
}

static void change(struct imap_dialogue *dialogue, const struct imap_acl *asked,
	enum grant_how how, const char *done, struct deadline deadline)
{
	struct grant grant = {0};
	struct imap_place place;
	enum store_fault fault;
	unsigned rights;

	if (!begin(dialogue, asked, &place, &grant.who, deadline))
		return;
	(void)rights_read(asked->rights, &grant.rights);
	if (slice_equal(grant.who, store_account_name(place.account)) &&
		(how == GRANT_ADD ||
			(how == GRANT_SET && grant.rights == RIGHTS_ALL))) {
		/* He has them. */
		if (!imap_rights_at(dialogue, &place, &rights, deadline))
			return;
	} else if (!mailbox_grant(place.port, place.account, place.name, how, &grant,
			   &fault, deadline)) {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
		return;
	}
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY, done);
}

void imap_setacl(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	enum grant_how how = command->acl.how == '+'   ? GRANT_ADD
			     : command->acl.how == '-' ? GRANT_REMOVE
						       : GRANT_SET;

	change(dialogue, &command->acl, how, "SETACL completed", deadline);
}

void imap_deleteacl(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	change(dialogue, &command->acl, GRANT_SET, "DELETEACL completed", deadline);
}

/* The owner's rights are in no list; they are shown first. */
void imap_getacl(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	struct imap_place place;
	struct imap_entry *entries;
	struct grants grants;
	enum store_fault fault;

	if (!imap_locate(dialogue, command->mailbox, "NONEXISTENT", &place, deadline))
		return;
	if (!mailbox_grants(place.port, place.account, place.name, &dialogue->arena,
		    &grants, &fault, deadline)) {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
		return;
	}
	entries = arena_take_array(
		&dialogue->arena, grants.count + 1, sizeof(*entries));
	entries[0] = (struct imap_entry){
		store_account_name(place.account), letters_of(dialogue, RIGHTS_ALL)};
	for (size_t i = 0; i < grants.count; i++)
		entries[i + 1] = (struct imap_entry){
			grants.at[i].who, letters_of(dialogue, grants.at[i].rights)};
	imap_write_acl(&dialogue->out, command->mailbox, entries, grants.count + 1,
		dialogue->utf8 || dialogue->rev2);
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY, "GETACL completed");
}

/* Each right can be given alone; the owner has them all, always. */
void imap_listrights(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	const struct imap_acl *asked = &command->acl;
	struct imap_place place;
	struct slice who, none = SLICE(""), all = SLICE(ALL_LETTERS);
	unsigned rights;
	bool owner;

	if (!begin(dialogue, asked, &place, &who, deadline) ||
		!imap_rights_at(dialogue, &place, &rights, deadline))
		return;
	if (!(rights & RIGHT_ADMINISTER)) {
		imap_no(dialogue, rights & RIGHT_LOOKUP ? "NOPERM" : "NONEXISTENT",
			"This is for who may administer the mailbox");
		return;
	}
	owner = slice_equal(who, store_account_name(place.account));
	imap_write_listrights(&dialogue->out, asked->mailbox, who, owner ? all : none,
		owner ? none : all, dialogue->utf8 || dialogue->rev2);
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY, "LISTRIGHTS completed");
}

/* RFC 4314 4: who has none of these is not told that it is there. */
void imap_myrights(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	const unsigned any = RIGHT_LOOKUP | RIGHT_READ | RIGHT_INSERT | RIGHT_CREATE |
			     RIGHT_REMOVE | RIGHT_ADMINISTER;
	struct imap_place place;
	unsigned rights;

	if (!imap_locate(dialogue, command->mailbox, "NONEXISTENT", &place, deadline) ||
		!imap_rights_at(dialogue, &place, &rights, deadline))
		return;
	if (!(rights & any)) {
		imap_no(dialogue, "NONEXISTENT", "There is no such mailbox");
		return;
	}
	imap_write_myrights(&dialogue->out, command->mailbox,
		letters_of(dialogue, rights), dialogue->utf8 || dialogue->rev2);
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY, "MYRIGHTS completed");
}
