/* Tasks with other folders: mail taken over from a Maildir, written as one, copied. */
#include "admin/mailbox_task.h"

#include "base/failure.h"
#include "maildir/maildir.h"
#include "store/backup.h"
#include "store/inventory.h"

/* NULL with a failure: it is none. */
static const char *folder_of(struct mailbox_task *task)
{
	struct slice folder = value_get_text(task->request, "folder");

	if (slice_starts(folder, SLICE("/")))
		return arena_copy_text(&task->arena, folder);
	fail(FAILURE_PROTOCOL, "a folder's name begins with a '/'");
	return NULL;
}

static void set_figures(
	const struct mailbox_task *task, const struct maildir_figures *figures)
{
	value_set_number(task->answer, "mailboxes", (int64_t)figures->mailboxes);
	value_set_number(task->answer, "messages", (int64_t)figures->messages);
	value_set_number(task->answer, "bytes", (int64_t)figures->bytes);
	value_set_number(task->answer, "skipped", (int64_t)figures->skipped);
}

bool mailbox_task_adopt(struct mailbox_task *task, struct deadline deadline)
{
	struct maildir_figures figures = {0};
	struct failure failure;
	const char *folder = folder_of(task);

	if (!folder || !mailbox_task_account(task, true, deadline))
		return false;
	task->messages = &figures.messages;
	if (!maildir_adopt(task->port, task->account, folder, &figures, deadline)) {
		failure = *failure_last();
		task->messages = NULL;
		if (!figures.messages)
			return fail_again(&failure);
		return fail(failure.kind,
			"%s; %llu messages are here already, and would be here twice "
			"when it is done again",
			failure.text, (unsigned long long)figures.messages);
	}
	task->messages = NULL;
	set_figures(task, &figures);
	return true;
}

bool mailbox_task_export(struct mailbox_task *task, struct deadline deadline)
{
	struct maildir_figures figures = {0};
	const char *folder = folder_of(task);
	bool good;

	if (!folder || !mailbox_task_account(task, false, deadline))
		return false;
	task->messages = &figures.messages;
	good = maildir_export(task->port, task->account, folder, &figures, deadline);
	task->messages = NULL;
	if (good)
		set_figures(task, &figures);
	return good;
}

/* ---- backup ---- */

/* In FOLDER by the name that its folder has here. */
static const char *copy_folder(struct mailbox_task *task, const char *folder)
{
	struct slice own = store_account_folder(task->account);

	own = slice_from(own, slice_index_last(own, '/') + 1);
	return arena_format(&task->arena, "%s/%.*s", folder, SLICE_PRINT(own)).at;
}

static void add(struct value *answer, const char *name, uint64_t number)
{
	value_set_number(
		answer, name, value_get_number(answer, name) + (int64_t)number);
}

/* What is wrong with one account keeps no other from being copied. */
static bool backup_one(struct mailbox_task *task, struct deadline deadline)
{
	struct backup_figures figures = {0};
	struct value *line;
	const char *folder = folder_of(task);
	bool good;

	if (!folder)
		return false;
	task->messages = &figures.files;
	good = store_backup(task->port, task->account, copy_folder(task, folder),
		&figures, deadline);
	task->messages = NULL;
	if (!good && (failure_kind_last() == FAILURE_CANCELLED ||
			     failure_kind_last() == FAILURE_TIMEOUT))
		return false;
	line = value_object();
	value_set_text(line, "account", store_account_name(task->account));
	if (!good)
		value_set_text(line, "wrong", slice_of(failure_last()->text));
	value_set_number(line, "files", (int64_t)figures.files);
	value_set_number(line, "bytes", (int64_t)figures.bytes);
	value_set_number(line, "copied", (int64_t)figures.copied);
	value_set_number(line, "copied_bytes", (int64_t)figures.copied_bytes);
	value_set_number(line, "removed", (int64_t)figures.removed);
	add(task->answer, "accounts", 1);
	add(task->answer, "failed", !good);
	add(task->answer, "files", figures.files);
	add(task->answer, "bytes", figures.bytes);
	add(task->answer, "copied_bytes", figures.copied_bytes);
	return mailbox_task_say(task, line, deadline);
}

bool mailbox_task_backup(struct mailbox_task *task, struct deadline deadline)
{
	add(task->answer, "accounts", 0);
	add(task->answer, "failed", 0);
	return mailbox_task_each(task, backup_one, deadline);
}
