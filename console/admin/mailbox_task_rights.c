/* Task about who else may do what with a mailbox: shown, given, taken away. */
#include "admin/mailbox_task.h"

#include "account/account.h"
#include "base/failure.h"
#include "store/acl.h"

/* A name in its one form, "anyone", either behind a '-'. */
static bool read_who(struct mailbox_task *task, struct slice *who_r)
{
	struct slice text = value_get_text(task->request, "who"), name = text;
	bool takes = text.size && text.at[0] == GRANT_NOT;

	if (takes)
		name = slice_from(text, 1);
	if (!slice_equal(name, SLICE(GRANT_ANYONE)) &&
		!account_name_prepare(name, &task->arena, &name))
		return false;
	*who_r = takes ? arena_format(&task->arena, "-%.*s", SLICE_PRINT(name)) : name;
	return true;
}

/* "lrs", "+w", "-w"; "none". */
static bool read_rights(
	struct mailbox_task *task, enum grant_how *how_r, unsigned *rights_r)
{
	struct slice text = value_get_text(task->request, "rights"), letters = text;

	*how_r = GRANT_SET;
	*rights_r = 0;
	if (slice_equal(text, SLICE("none")))
		return true;
	if (text.size && (text.at[0] == '+' || text.at[0] == '-')) {
		*how_r = text.at[0] == '+' ? GRANT_ADD : GRANT_REMOVE;
		letters = slice_from(text, 1);
	}
	return (letters.size && rights_read(letters, rights_r)) ||
	       fail(FAILURE_DATA,
		       "\"%.*s\" are no rights: some of the letters lrswipkxtea, or "
		       "none",
		       SLICE_PRINT(text));
}

static bool change(
	struct mailbox_task *task, struct slice mailbox, struct deadline deadline)
{
	struct grant grant;
	enum grant_how how;
	enum store_fault fault;

	return read_who(task, &grant.who) && read_rights(task, &how, &grant.rights) &&
	       mailbox_grant(task->port, task->account, mailbox, how, &grant, &fault,
		       deadline);
}

bool mailbox_task_rights(struct mailbox_task *task, struct deadline deadline)
{
	struct slice mailbox;
	struct grants grants;
	enum store_fault fault;

	if (!mailbox_task_account(task, true, deadline) ||
		!mailbox_task_name(task, "mailbox", &mailbox) ||
		(value_has(task->request, "who") && !change(task, mailbox, deadline)) ||
		!mailbox_grants(task->port, task->account, mailbox, &task->arena,
			&grants, &fault, deadline))
		return false;
	for (size_t i = 0; i < grants.count; i++) {
		struct value *line = value_object();
		char text[RIGHTS_TEXT_MAX];
		size_t size = rights_write(grants.at[i].rights, text);

		value_set_text(line, "who", grants.at[i].who);
		value_set_text(line, "rights", slice_make(text, size));
		if (!mailbox_task_say(task, line, deadline))
			return false;
	}
	return true;
}
