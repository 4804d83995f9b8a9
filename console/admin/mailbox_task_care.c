/* Tasks that look after mail: whether it is whole, made so, kept as long as it
 * should be. */
#include "admin/mailbox_task.h"

#include "base/failure.h"
#include "base/memory.h"
#include "manage/retain.h"
#include "store/acl.h"
#include "store/inspect.h"

/* ---- check ---- */

static struct value *findings_value(const struct findings *findings)
{
	struct value *item = value_object();

	value_set_truth(item, "good", findings_are_good(findings));
	if (findings->damaged)
		value_set_text(item, "damage", findings->damage);
	value_set_number(item, "messages", (int64_t)findings->messages);
	value_set_number(item, "files", (int64_t)findings->files);
	value_set_number(item, "lost", (int64_t)findings->lost);
	value_set_number(item, "resized", (int64_t)findings->resized);
	value_set_number(item, "strange", (int64_t)findings->strange);
	value_set_number(item, "unfiled", (int64_t)findings->unfiled);
	value_set_number(item, "references", (int64_t)findings->references);
	value_set_number(item, "sums", (int64_t)findings->sums);
	value_set_number(item, "numbers", (int64_t)findings->numbers);
	return item;
}

/* The database of one is so damaged that it cannot even be opened: that is what it is
 * asked for. */
static bool inspect(struct mailbox_task *task, struct arena *arena,
	struct findings *findings_r, struct deadline deadline)
{
	if (store_inspect(task->port, task->account, arena, findings_r, deadline))
		return true;
	if (failure_kind_last() != FAILURE_DATA)
		return false;
	*findings_r = (struct findings){.damaged = true,
		.damage = arena_copy(arena, slice_of(failure_last()->text))};
	return true;
}

static bool check_one(struct mailbox_task *task, struct deadline deadline)
{
	struct value *answer = task->answer, *item;
	struct arena arena = {0};
	struct findings findings;
	bool good = inspect(task, &arena, &findings, deadline);

	if (good) {
		item = findings_value(&findings);
		value_set_text(item, "account", store_account_name(task->account));
		value_set_number(
			answer, "checked", value_get_number(answer, "checked") + 1);
		value_set_number(answer, "bad",
			value_get_number(answer, "bad") +
				!findings_are_good(&findings));
		good = mailbox_task_say(task, item, deadline);
	}
	arena_finish(&arena);
	return good;
}

bool mailbox_task_check(struct mailbox_task *task, struct deadline deadline)
{
	value_set_number(task->answer, "checked", 0);
	value_set_number(task->answer, "bad", 0);
	return mailbox_task_each(task, check_one, deadline);
}

/* ---- repair ---- */

static bool read_strange(struct slice word, enum strange_files *strange_r)
{
	if (!word.size || slice_equal(word, SLICE("recover")))
		*strange_r = STRANGE_RECOVER;
	else if (slice_equal(word, SLICE("leave")))
		*strange_r = STRANGE_LEAVE;
	else if (slice_equal(word, SLICE("remove")))
		*strange_r = STRANGE_REMOVE;
	else
		return fail(FAILURE_DATA, "--strange is recover, leave or remove");
	return true;
}

/* Only where nobody else has it open. */
static bool begin_anew(struct mailbox_task *task, struct deadline deadline)
{
	if (!value_get_truth(task->request, "rebuild"))
		return true;
	if (task->look_up)
		return fail(FAILURE_DATA, "--rebuild takes a server that is stopped");
	return store_set_database_aside(task->account, deadline);
}

bool mailbox_task_repair(struct mailbox_task *task, struct deadline deadline)
{
	enum strange_files strange = STRANGE_RECOVER;
	struct arena *arena = &task->arena;
	struct findings found, left;

	if (!read_strange(value_get_text(task->request, "strange"), &strange) ||
		!mailbox_task_account(task, false, deadline) ||
		!begin_anew(task, deadline) || !inspect(task, arena, &found, deadline))
		return false;
	if (found.damaged)
		return fail(FAILURE_DATA,
			"the database cannot be repaired (%.*s): put a backup back, or "
			"have it made anew of the files with --rebuild",
			SLICE_PRINT(found.damage));
	/* One that was put back is found by those whom it lets in. */
	if (!store_share_again(task->port, task->account, deadline))
		return false;
	value_set(task->answer, "found", findings_value(&found));
	for (left = found; !findings_are_good(&left); found = left) {
		if (!store_repair(
			    task->port, task->account, &found, strange, deadline) ||
			!inspect(task, arena, &left, deadline))
			return false;
		/* No more than FINDINGS_MAX files at a time are known by name. */
		if (strange == STRANGE_LEAVE || left.strange >= found.strange)
			break;
	}
	value_set(task->answer, "left", findings_value(&left));
	return true;
}

/* ---- expire ---- */

struct expiring {
	struct mailbox_task *task;
	struct retain_work work;
	struct retain_rule rule; /* the request's own */
	uint64_t messages;
};

static bool tell(void *context, const struct retain_rule *rule, struct slice mailbox,
	uint64_t messages, struct deadline deadline)
{
	struct expiring *expiring = context;
	struct value *line = value_object();

	(void)rule;
	expiring->messages += messages;
	value_set_text(line, "account", store_account_name(expiring->task->account));
	value_set_text(line, "mailbox", mailbox);
	value_set_number(line, "messages", (int64_t)messages);
	return mailbox_task_say(expiring->task, line, deadline);
}

static bool is_negative(const struct value *request, const char *name)
{
	return value_get_number(request, name) < 0;
}

static bool read_rule(const struct value *request, struct retain_rule *rule)
{
	if (is_negative(request, "age_ms") || is_negative(request, "keep") ||
		is_negative(request, "keep_bytes") ||
		value_get_number(request, "keep") > UINT32_MAX)
		return fail(FAILURE_DATA, "that is too many, or too long");
	*rule = (struct retain_rule){
		.mailbox = value_get_text(request, "mailbox"),
		.age_ms = value_get_number(request, "age_ms"),
		.messages = (uint32_t)value_get_number(request, "keep"),
		.bytes = (uint64_t)value_get_number(request, "keep_bytes"),
		.flagged = value_get_truth(request, "flagged"),
	};
	return (rule->mailbox.size &&
		       (rule->age_ms || rule->messages || rule->bytes)) ||
	       fail(FAILURE_DATA, "which mailbox, and how much of it may stay?");
}

/* What the configuration says, of this account. */
static bool expire_one(struct mailbox_task *task, struct deadline deadline)
{
	struct expiring *expiring = task->own;

	expiring->work.account = task->account;
	return retain_account(&expiring->work, deadline);
}

static bool expire_by_rules(
	struct mailbox_task *task, struct expiring *expiring, struct deadline deadline)
{
	struct retain_rule *rules = retain_rules_make(
		task->config, &expiring->work.count);
	bool good;

	expiring->work.rules = rules;
	value_set_number(task->answer, "rules", (int64_t)expiring->work.count);
	good = mailbox_task_each(task, expire_one, deadline);
	memory_free(rules);
	return good;
}

bool mailbox_task_expire(struct mailbox_task *task, struct deadline deadline)
{
	struct expiring expiring = {.task = task};
	bool good;

	expiring.work = (struct retain_work){
		.port = task->port,
		.rules = &expiring.rule,
		.count = 1,
		.pretend = value_get_truth(task->request, "dry_run"),
		.told = tell,
		.context = &expiring,
	};
	task->own = &expiring;
	task->messages = &expiring.messages;
	if (value_has(task->request, "mailbox"))
		good = read_rule(task->request, &expiring.rule) &&
		       mailbox_task_account(task, false, deadline) &&
		       expire_one(task, deadline);
	else
		good = expire_by_rules(task, &expiring, deadline);
	task->messages = NULL;
	value_set_number(task->answer, "messages", (int64_t)expiring.messages);
	return good;
}
