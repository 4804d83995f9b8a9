/* Tasks with folders of others: mail taken over from a Maildir, and written as one. */
#include "console/mailbox_task.h"

#include "base/failure.h"
#include "maildir/maildir.h"

static bool folder_of(struct mailbox_task *task, const char **folder_r)
{
	struct slice folder = value_get_text(task->request, "folder");

	if (!slice_starts(folder, SLICE("/")))
		return fail(FAILURE_PROTOCOL, "a folder's name begins with a '/'");
	*folder_r = arena_copy_text(&task->arena, folder);
	return true;
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
	const char *folder;

	if (!folder_of(task, &folder) || !mailbox_task_account(task, true, deadline))
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
	const char *folder;
	bool good;

	if (!folder_of(task, &folder) || !mailbox_task_account(task, false, deadline))
		return false;
	task->messages = &figures.messages;
	good = maildir_export(task->port, task->account, folder, &figures, deadline);
	task->messages = NULL;
	if (good)
		set_figures(task, &figures);
	return good;
}
