/* Looks after all mailboxes; see keeper.h. */
#include "manage/keeper.h"

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "manage/notice.h"
#include "manage/retain.h"
#include "manage/settings.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "store/inventory.h"

#define LOOK_MS	   2000	 /* between two looks at who is nearly full */
#define FIRST_MS   60000 /* from the start to the first time of expiring */
#define PUT_MS	   60000
#define ACCOUNT_MS (3600 * INT64_C(1000)) /* for all mailboxes of one */

struct keeper {
	struct keeper_options options;
	struct config *config; /* held */
	struct scope scope;
	int64_t due_ms; /* when what is old goes next */
};

/* ---- Quotas ---- */

static void tell_event(const struct quota_crossing *crossing)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "mailbox_quota");
	event_text(&event, "account", crossing->account);
	event_number(&event, "percent", crossing->percent);
	event_number(&event, "bytes", (int64_t)crossing->used.bytes);
	event_number(&event, "quota_bytes", (int64_t)crossing->quota.bytes);
	event_number(&event, "messages", (int64_t)crossing->used.messages);
	event_number(&event, "quota_messages", (int64_t)crossing->quota.messages);
	event_end(&event);
}

/* Where it does not fit any more, nobody is told: he sees it himself. */
static void tell_account(struct keeper *keeper, const struct quota_crossing *crossing)
{
	struct slice hostname = slice_of(keeper->config->hostname);
	struct buffer text = {0}, key = {0};
	int64_t now_ms = worker_wall_ms();

	notice_write(crossing, hostname, now_ms, &text);
	notice_write_key(crossing, now_ms, &key);
	(void)keeper->options.put(keeper->options.context, crossing->account,
		SLICE("INBOX"), buffer_contents(&key), buffer_contents(&text),
		deadline_after_ms(PUT_MS));
	buffer_finish(&text);
	buffer_finish(&key);
}

static void look_at_quotas(struct keeper *keeper)
{
	const struct quota_crossing *list;
	struct arena arena = {0};
	size_t count = store_quota_crossings(keeper->options.store, &arena, &list);

	for (size_t i = 0; i < count; i++) {
		tell_event(&list[i]);
		if (keeper->config->pickup.quota_notice)
			tell_account(keeper, &list[i]);
	}
	arena_finish(&arena);
}

/* ---- Retention ---- */

static bool tell_expired(void *context, const struct retain_rule *rule,
	struct slice mailbox, uint64_t messages, struct deadline deadline)
{
	struct store_account *account = context;
	struct event event;

	(void)rule;
	(void)deadline;
	event_begin(&event, EVENT_INFO, "mailbox_expired");
	event_text(&event, "account", store_account_name(account));
	event_text(&event, "mailbox", mailbox);
	event_number(&event, "messages", (int64_t)messages);
	event_end(&event);
	return true;
}

static bool is_concerned(
	const struct retain_rule *rules, size_t count, struct slice account)
{
	for (size_t i = 0; i < count; i++)
		if (retain_rule_is_for_account(&rules[i], account))
			return true;
	return false;
}

/* False: the end. */
static bool expire_account(struct keeper *keeper, struct slice name,
	const struct retain_rule *rules, size_t count)
{
	struct store_account *account = store_account_hold(keeper->options.store, name);
	struct retain_work work = {
		.port = keeper->options.port,
		.account = account,
		.rules = rules,
		.count = count,
		.told = tell_expired,
		.context = account,
	};
	struct event event;

	if (!retain_account(&work, deadline_after_ms(ACCOUNT_MS)) &&
		failure_kind_last() != FAILURE_CANCELLED) {
		event_begin(&event, EVENT_WARNING, "mailbox_not_expired");
		event_text(&event, "account", name);
		event_text(&event, "message", slice_of(failure_last()->text));
		event_end(&event);
	}
	store_account_release(&account);
	return !fiber_is_cancelled();
}

/* One account after the other, so that whoever reads and delivers hardly notices. */
static void expire_all(struct keeper *keeper)
{
	struct config *config = config_hold(keeper->config);
	size_t rule_count, count = 0;
	struct retain_rule *rules = retain_rules_make(config, &rule_count);
	const struct slice *list = NULL;
	struct arena arena = {0};

	if (rule_count && !store_inventory(keeper->options.store, &arena, &list, &count,
				  deadline_after_ms(ACCOUNT_MS)))
		count = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_concerned(rules, rule_count, list[i]))
			continue;
		if (!expire_account(keeper, list[i], rules, rule_count))
			break;
		look_at_quotas(keeper);
	}
	memory_free(rules);
	arena_finish(&arena);
	config_release(&config);
}

/* ---- */

static void keep(void *arg)
{
	struct keeper *keeper = arg;

	while (fiber_sleep(deadline_after_ms(LOOK_MS))) {
		look_at_quotas(keeper);
		if (worker_wall_ms() < keeper->due_ms)
			continue;
		expire_all(keeper);
		keeper->due_ms = worker_wall_ms() +
				 keeper->config->pickup.retention_interval_ms;
	}
}

static int64_t first_ms(const struct config *config)
{
	int64_t interval_ms = config->pickup.retention_interval_ms;

	return worker_wall_ms() + (interval_ms < FIRST_MS ? interval_ms : FIRST_MS);
}

struct keeper *keeper_open(const struct keeper_options *options, struct config *config)
{
	struct keeper *keeper = NEW(struct keeper);

	keeper->options = *options;
	keeper->config = config_hold(config);
	keeper->due_ms = first_ms(config);
	scope_init(&keeper->scope);
	settings_apply(keeper->options.store, config);
	if (scope_spawn(&keeper->scope, "mailbox keeper", keep, keeper))
		return keeper;
	keeper_close(&keeper);
	return NULL;
}

void keeper_reload(struct keeper *keeper, struct config *config)
{
	config_release(&keeper->config);
	keeper->config = config_hold(config);
	keeper->due_ms = first_ms(config);
	settings_apply(keeper->options.store, config);
}

void keeper_close(struct keeper **keeper)
{
	struct keeper *old = *keeper;

	*keeper = NULL;
	if (!old)
		return;
	scope_finish(&old->scope, deadline_after_ms(0));
	config_release(&old->config);
	memory_free(old);
}
