/* Tasks about mailboxes by name: listed, shown, made, renamed, removed. */
#include "admin/mailbox_task.h"

#include "base/failure.h"
#include "base/memory.h"
#include "manage/retain.h"
#include "store/inventory.h"
#include "store/shares.h"

/* RFC 6154, RFC 8457 */
static const char *const uses[MAILBOX_USES] = {NULL, "all", "archive", "drafts",
	"flagged", "junk", "sent", "trash", "important"};

const char *mailbox_use_word(enum mailbox_use use)
{
	return uses[use];
}

static bool read_use(struct slice word, enum mailbox_use *use_r)
{
	*use_r = MAILBOX_NO_USE;
	if (!word.size)
		return true;
	for (unsigned i = 1; i < MAILBOX_USES; i++)
		if (slice_equal_nocase(word, slice_of(uses[i])))
			*use_r = (enum mailbox_use)i;
	return *use_r || fail(FAILURE_DATA,
				 "there is no use \"%.*s\": all, archive, drafts, "
				 "flagged, junk, sent, trash, important",
				 SLICE_PRINT(word));
}

/* ---- list ---- */

static void set_sums(
	struct value *item, const struct store_account *account, struct store_sums sums)
{
	struct store_sums quota = store_account_quota(account);

	value_set_text(item, "account", store_account_name(account));
	value_set_number(item, "messages", (int64_t)sums.messages);
	value_set_number(item, "bytes", (int64_t)sums.bytes);
	value_set_number(item, "quota_messages", (int64_t)quota.messages);
	value_set_number(item, "quota_bytes", (int64_t)quota.bytes);
}

static bool list_account(struct mailbox_task *task, struct deadline deadline)
{
	struct value *item;
	const struct mailbox_entry *list;
	struct arena arena = {0};
	struct store_sums sums;
	size_t count, there = 0;
	bool good = store_account_read(task->port, task->account, &sums, deadline) &&
		    mailbox_list(task->port, task->account, false, &arena, &list,
			    &count, deadline);

	for (size_t i = 0; good && i < count; i++)
		there += list[i].there && list[i].selectable;
	arena_finish(&arena);
	if (!good)
		return false;
	item = value_object();
	set_sums(item, task->account, sums);
	value_set_number(item, "mailboxes", (int64_t)there);
	return mailbox_task_say(task, item, deadline);
}

static struct value *entry_value(const struct mailbox_entry *entry)
{
	struct value *item = value_object();
	const char *use = mailbox_use_word(entry->use);

	value_set_text(item, "mailbox", entry->name);
	if (use)
		value_set_text(item, "use", slice_of(use));
	value_set_truth(item, "subscribed", entry->subscribed);
	value_set_truth(item, "selectable", entry->there && entry->selectable);
	value_set_number(item, "messages", entry->messages);
	value_set_number(item, "unseen", entry->unseen);
	value_set_number(item, "bytes", (int64_t)entry->size);
	return item;
}

static bool list_mailboxes(struct mailbox_task *task, struct deadline deadline)
{
	const struct mailbox_entry *list;
	size_t count;

	if (!mailbox_task_account(task, false, deadline) ||
		!mailbox_list(task->port, task->account, true, &task->arena, &list,
			&count, deadline))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!mailbox_task_say(task, entry_value(&list[i]), deadline))
			return false;
	return true;
}

bool mailbox_task_list(struct mailbox_task *task, struct deadline deadline)
{
	if (value_has(task->request, "account"))
		return list_mailboxes(task, deadline);
	return mailbox_task_each(task, list_account, deadline);
}

/* ---- show ---- */

static bool show_account(struct mailbox_task *task, struct deadline deadline)
{
	const struct mailbox_entry *list;
	struct store_sums sums;
	size_t count, there = 0;

	if (!store_account_read(task->port, task->account, &sums, deadline) ||
		!mailbox_list(task->port, task->account, false, &task->arena, &list,
			&count, deadline))
		return false;
	for (size_t i = 0; i < count; i++)
		there += list[i].there && list[i].selectable;
	set_sums(task->answer, task->account, sums);
	value_set_number(task->answer, "mailboxes", (int64_t)there);
	value_set_text(task->answer, "folder", store_account_folder(task->account));
	return true;
}

/* What pickup.retention says of it. */
static struct value *kept_value(
	const struct mailbox_task *task, const struct mailbox_entry *entry)
{
	struct slice account = store_account_name(task->account);
	struct value *list = value_list();
	size_t count;
	struct retain_rule *rules = retain_rules_make(task->config, &count);

	for (size_t i = 0; i < count; i++) {
		struct value *item;

		if (!retain_rule_is_for_account(&rules[i], account) ||
			!retain_rule_is_for(&rules[i], entry))
			continue;
		item = value_object();
		value_set_number(item, "age_ms", rules[i].age_ms);
		value_set_number(item, "messages", rules[i].messages);
		value_set_number(item, "bytes", (int64_t)rules[i].bytes);
		value_set_truth(item, "flagged", rules[i].flagged);
		value_append(list, item);
	}
	memory_free(rules);
	return list;
}

static bool show_mailbox(
	struct mailbox_task *task, struct slice name, struct deadline deadline)
{
	struct value *answer = task->answer;
	struct mailbox_entry entry;
	enum store_fault fault;
	const char *use;

	if (!mailbox_status(task->port, task->account, name, &entry, &fault, deadline))
		return false;
	use = mailbox_use_word(entry.use);
	value_set_text(answer, "account", store_account_name(task->account));
	value_set_text(answer, "mailbox", name);
	if (use)
		value_set_text(answer, "use", slice_of(use));
	value_set_truth(answer, "subscribed", entry.subscribed);
	value_set_number(answer, "messages", entry.messages);
	value_set_number(answer, "unseen", entry.unseen);
	value_set_number(answer, "deleted", entry.deleted);
	value_set_number(answer, "recent", entry.recent);
	value_set_number(answer, "bytes", (int64_t)entry.size);
	value_set_number(answer, "id", (int64_t)entry.id);
	value_set_number(answer, "uidvalidity", entry.uidvalidity);
	value_set_number(answer, "uidnext", entry.uidnext);
	value_set_number(answer, "highest_modseq", (int64_t)entry.highest_modseq);
	value_set(answer, "kept", kept_value(task, &entry));
	return true;
}

bool mailbox_task_show(struct mailbox_task *task, struct deadline deadline)
{
	struct slice name;

	if (!mailbox_task_account(task, false, deadline))
		return false;
	if (!value_has(task->request, "mailbox"))
		return show_account(task, deadline);
	return mailbox_task_name(task, "mailbox", &name) &&
	       show_mailbox(task, name, deadline);
}

/* ---- create, rename ---- */

bool mailbox_task_create(struct mailbox_task *task, struct deadline deadline)
{
	enum store_fault fault;
	enum mailbox_use use;
	struct slice name;

	return read_use(value_get_text(task->request, "use"), &use) &&
	       mailbox_task_name(task, "mailbox", &name) &&
	       mailbox_task_account(task, true, deadline) &&
	       mailbox_create(task->port, task->account, name, use, &fault, deadline) &&
	       mailbox_subscribe(
		       task->port, task->account, name, true, &fault, deadline);
}

bool mailbox_task_rename(struct mailbox_task *task, struct deadline deadline)
{
	enum store_fault fault;
	struct slice from, to;

	return mailbox_task_name(task, "mailbox", &from) &&
	       mailbox_task_name(task, "to", &to) &&
	       mailbox_task_account(task, false, deadline) &&
	       mailbox_rename(task->port, task->account, from, to, &fault, deadline);
}

/* ---- delete ---- */

/* Its messages some at a time, so that the account can be used meanwhile; INBOX
 * stays. */
static bool remove_one(
	struct mailbox_task *task, struct slice name, struct deadline deadline)
{
	const struct retention nothing = {.since_ms = INT64_MAX, .flagged = true};
	enum store_fault fault;
	uint64_t count;

	if (!mailbox_expire(task->port, task->account, name, &nothing, &count, &fault,
		    deadline))
		return false;
	if (slice_equal(name, SLICE("INBOX")))
		return true;
	(void)mailbox_subscribe(
		task->port, task->account, name, false, &fault, deadline);
	return mailbox_remove(task->port, task->account, name, &fault, deadline);
}

/* What would be lost is said first. */
static bool may_lose(const struct mailbox_task *task, uint64_t messages)
{
	return !messages || value_get_truth(task->request, "yes") ||
	       fail(FAILURE_DATA, "%llu message%s would be lost: say --yes, too",
		       (unsigned long long)messages, messages == 1 ? "" : "s");
}

static bool delete_all(struct mailbox_task *task, struct deadline deadline)
{
	const struct mailbox_entry *list;
	struct store_sums sums;
	size_t count;

	if (!store_account_read(task->port, task->account, &sums, deadline) ||
		!may_lose(task, sums.messages) ||
		!mailbox_list(task->port, task->account, false, &task->arena, &list,
			&count, deadline))
		return false;
	/* From the last: what is below goes before what it is in. */
	while (count--)
		if (list[count].there && list[count].selectable &&
			!remove_one(task, list[count].name, deadline))
			return false;
	if (!shares_forget(store_shares(task->store), store_account_name(task->account),
		    deadline))
		return false;
	store_account_forget(task->account);
	value_set_number(task->answer, "messages", (int64_t)sums.messages);
	return true;
}

static bool is_below(struct slice name, struct slice top)
{
	return name.size > top.size && slice_starts(name, top) &&
	       name.at[top.size] == '/';
}

static bool delete_tree(
	struct mailbox_task *task, struct slice top, struct deadline deadline)
{
	bool below = value_get_truth(task->request, "below");
	const struct mailbox_entry *list;
	uint64_t messages = 0;
	size_t count, removed = 0;

	if (!mailbox_list(task->port, task->account, true, &task->arena, &list, &count,
		    deadline))
		return false;
	for (size_t i = 0; i < count; i++)
		if (slice_equal(list[i].name, top) ||
			(below && is_below(list[i].name, top)))
			messages += list[i].messages;
	if (!may_lose(task, messages))
		return false;
	while (count--) {
		if (!list[count].there || !list[count].selectable ||
			!(slice_equal(list[count].name, top) ||
				(below && is_below(list[count].name, top))))
			continue;
		if (!remove_one(task, list[count].name, deadline))
			return false;
		removed++;
	}
	value_set_number(task->answer, "messages", (int64_t)messages);
	return removed ||
	       fail(FAILURE_DATA, "there is no mailbox %.*s", SLICE_PRINT(top));
}

bool mailbox_task_delete(struct mailbox_task *task, struct deadline deadline)
{
	struct slice name;

	if (!mailbox_task_account(task, false, deadline))
		return false;
	if (value_get_truth(task->request, "all"))
		return delete_all(task, deadline);
	return mailbox_task_name(task, "mailbox", &name) &&
	       delete_tree(task, name, deadline);
}
