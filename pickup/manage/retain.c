/* Applies rules of how long mail is kept; see retain.h. */
#include "manage/retain.h"

#include <assert.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "imap/match.h"
#include "run/worker.h"

/* The words of the configuration have the same order. */
static_assert((int)CONFIG_USE_TRASH == (int)MAILBOX_TRASH &&
		      (int)CONFIG_USE_IMPORTANT + 1 == (int)MAILBOX_USES,
	"uses of mailboxes");

struct retain_rule *retain_rules_make(const struct config *config, size_t *count_r)
{
	const struct config_pickup *pickup = &config->pickup;
	struct retain_rule *rules = memory_allocate_array(
		pickup->retention_count + 1, sizeof(*rules));

	for (size_t i = 0; i < pickup->retention_count; i++) {
		const struct config_retention *from = &pickup->retention[i];

		rules[i] = (struct retain_rule){
			.account = slice_of(from->account),
			.mailbox = slice_of(from->mailbox),
			.use = (enum mailbox_use)from->use,
			.age_ms = from->age_ms,
			.messages = (uint32_t)from->messages,
			.bytes = from->size,
			.flagged = from->flagged,
		};
	}
	*count_r = pickup->retention_count;
	return rules;
}

bool retain_rule_is_for_account(const struct retain_rule *rule, struct slice account)
{
	struct slice domain = slice_from(account, slice_index_last(account, '@'));

	if (!rule->account.size)
		return true;
	return rule->account.at[0] == '@' ? slice_equal_nocase(rule->account, domain)
					  : slice_equal(rule->account, account);
}

bool retain_rule_is_for(
	const struct retain_rule *rule, const struct mailbox_entry *entry)
{
	struct arena arena = {0};
	bool matches;

	if (!entry->there || !entry->selectable)
		return false;
	if (rule->use && rule->use != entry->use)
		return false;
	if (!rule->mailbox.size)
		return true;
	matches = imap_pattern_matches(
		imap_pattern_make(&arena, SLICE(""), rule->mailbox), entry->name, NULL);
	arena_finish(&arena);
	return matches;
}

static bool apply(const struct retain_work *work, const struct retain_rule *rule,
	struct slice mailbox, struct deadline deadline)
{
	const struct retention retention = {
		.since_ms = rule->age_ms ? worker_wall_ms() - rule->age_ms : 0,
		.messages = rule->messages,
		.bytes = rule->bytes,
		.flagged = rule->flagged,
		.pretend = work->pretend,
	};
	enum store_fault fault;
	uint64_t expired;
	bool good = mailbox_expire(work->port, work->account, mailbox, &retention,
		&expired, &fault, deadline);
	struct failure failure;

	/* It was removed, or renamed, meanwhile. */
	if (!good && fault == STORE_NONEXISTENT)
		good = true;
	if (!good)
		failure = *failure_last();
	if (expired && work->told &&
		!work->told(work->context, rule, mailbox, expired, deadline))
		return false;
	return good || fail_again(&failure);
}

bool retain_account(const struct retain_work *work, struct deadline deadline)
{
	struct slice account = store_account_name(work->account);
	const struct mailbox_entry *list;
	struct arena arena = {0};
	size_t count;
	bool good = mailbox_list(
		work->port, work->account, false, &arena, &list, &count, deadline);

	for (size_t i = 0; good && i < count; i++)
		for (size_t j = 0; good && j < work->count; j++)
			if (retain_rule_is_for_account(&work->rules[j], account) &&
				retain_rule_is_for(&work->rules[j], &list[i]))
				good = apply(
					work, &work->rules[j], list[i].name, deadline);
	arena_finish(&arena);
	return good;
}
