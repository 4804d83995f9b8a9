/* Running tasks, and what they have in common; see mailbox_task.h. */
#include "admin/mailbox_task.h"

#include "account/account.h"
#include "base/failure.h"
#include "base/memory.h"
#include "store/inventory.h"

static const struct task_kind {
	const char *name;
	bool (*run)(struct mailbox_task *task, struct deadline deadline);
} table[] = {
	{"mailbox adopt", mailbox_task_adopt},
	{"mailbox backup", mailbox_task_backup},
	{"mailbox check", mailbox_task_check},
	{"mailbox create", mailbox_task_create},
	{"mailbox delete", mailbox_task_delete},
	{"mailbox expire", mailbox_task_expire},
	{"mailbox export", mailbox_task_export},
	{"mailbox list", mailbox_task_list},
	{"mailbox rename", mailbox_task_rename},
	{"mailbox repair", mailbox_task_repair},
	{"mailbox rights", mailbox_task_rights},
	{"mailbox show", mailbox_task_show},
};

/* ---- Lines ---- */

/* One line at a time: a slow reader must not have two fibers write to it. */
static bool wait_to_speak(struct mailbox_task *task, struct deadline deadline)
{
	while (task->speaking)
		if (!condition_wait(&task->spoken, deadline))
			return false;
	return !task->failed || fail(FAILURE_CLOSED, "nobody waits for the answer");
}

bool mailbox_task_say(
	struct mailbox_task *task, struct value *line, struct deadline deadline)
{
	if (!wait_to_speak(task, deadline)) {
		value_release(&line);
		return false;
	}
	task->speaking = true;
	if (!task->say(task->context, line, deadline))
		task->failed = true;
	task->speaking = false;
	condition_broadcast(&task->spoken);
	return !task->failed;
}

/* Whoever waits sees that it goes on. */
static void tell_progress(void *arg)
{
	struct mailbox_task *task = arg;

	while (fiber_sleep(deadline_after_ms(MAILBOX_TASK_PACE_MS))) {
		struct value *line = value_object();

		value_set_number(line, "progress",
			task->messages ? (int64_t)*task->messages : 0);
		if (!mailbox_task_say(task, line, deadline_none()))
			break;
	}
}

bool mailbox_task_run(struct mailbox_task *task, struct deadline deadline)
{
	struct slice name = value_get_text(task->request, "command");
	const struct task_kind *kind = NULL;
	struct failure failure = {.kind = FAILURE_NONE};
	bool good;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		if (slice_equal(name, slice_of(table[i].name)))
			kind = &table[i];
	if (!kind)
		return fail(FAILURE_PROTOCOL, "there is no command \"%.*s\"",
			SLICE_PRINT(name));
	scope_init(&task->scope);
	condition_init(&task->spoken);
	good = scope_spawn(&task->scope, "mailbox task", tell_progress, task) &&
	       kind->run(task, deadline);
	if (!good)
		failure = *failure_last();
	scope_finish(&task->scope, deadline_after_ms(0));
	store_account_release(&task->account);
	arena_finish(&task->arena);
	return good || fail_again(&failure);
}

/* ---- What requests name ---- */

/* Whether it may have mail, where it has none yet. */
static bool may_begin(
	struct mailbox_task *task, bool make, bool known, struct deadline deadline)
{
	struct slice name = store_account_name(task->account);
	bool there;

	if (!store_account_is_there(task->account, &there, deadline))
		return false;
	if (there || (make && known))
		return true;
	if (make)
		return fail(FAILURE_DATA,
			"there is no account %.*s: ringpost user add %.*s makes it",
			SLICE_PRINT(name), SLICE_PRINT(name));
	return fail(FAILURE_DATA, "%.*s has no mail here", SLICE_PRINT(name));
}

bool mailbox_task_take(struct mailbox_task *task, struct slice name, bool make,
	struct deadline deadline)
{
	struct store_sums quota = {0};
	struct slice prepared;
	bool known = true;

	store_account_release(&task->account);
	if (!account_name_prepare(name, &task->arena, &prepared))
		return false;
	task->account = store_account_hold(task->store, prepared);
	/* Where accounts cannot be read now, those that have mail here still have it.
	 */
	if (task->look_up &&
		!task->look_up(task->context, prepared, &known, &quota, deadline)) {
		if (make)
			return false;
		quota = store_account_quota(task->account);
	}
	if (!may_begin(task, make, known, deadline))
		return false;
	store_account_set_quota(task->account, quota);
	return true;
}

bool mailbox_task_account(
	struct mailbox_task *task, bool make, struct deadline deadline)
{
	return mailbox_task_take(
		task, value_get_text(task->request, "account"), make, deadline);
}

bool mailbox_task_name(
	struct mailbox_task *task, const char *member, struct slice *name_r)
{
	struct slice name = value_get_text(task->request, member);

	return mailbox_name_prepare(name, &task->arena, name_r) ||
	       fail(FAILURE_DATA,
		       "no mailbox may be called \"%.*s\": levels with a '/' between "
		       "them, none empty, no control characters",
		       SLICE_PRINT(name));
}

bool mailbox_task_each(struct mailbox_task *task,
	bool (*each)(struct mailbox_task *task, struct deadline deadline),
	struct deadline deadline)
{
	const struct value *named = value_get(task->request, "accounts");
	const struct slice *list = NULL;
	size_t count = value_count(named);

	if (!count &&
		!store_inventory(task->store, &task->arena, &list, &count, deadline))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct slice name = list ? list[i] : value_text(value_at(named, i));

		if (!mailbox_task_take(task, name, false, deadline) ||
			!each(task, deadline))
			return false;
	}
	return true;
}
