/*
 * Rules of how long mail is kept, of many mailboxes: which of them a rule is for,
 * and doing what it says.
 */
#ifndef RINGPOST_MANAGE_RETAIN_H
#define RINGPOST_MANAGE_RETAIN_H

#include "base/config.h"
#include "store/expire.h"

/* Each rule that matches a mailbox holds for it. */
struct retain_rule {
	struct slice account; /* its name, or "@domain"; empty: all */
	struct slice mailbox; /* as LIST has patterns, "Bounces/" and '*'; empty: all */
	enum mailbox_use use; /* MAILBOX_NO_USE: whatever it is for */
	int64_t age_ms;	      /* 0: any; the others as in struct retention */
	uint32_t messages;
	uint64_t bytes;
	bool flagged;
};

/* Those of pickup.retention, to be freed; they point into CONFIG. */
struct retain_rule *retain_rules_make(const struct config *config, size_t *count_r);

bool retain_rule_is_for_account(const struct retain_rule *rule, struct slice account);
/* And whether it is for that mailbox of such an account. */
bool retain_rule_is_for(
	const struct retain_rule *rule, const struct mailbox_entry *entry);

struct retain_work {
	struct store_port *port;
	struct store_account *account;
	const struct retain_rule *rules;
	size_t count;
	bool pretend; /* nothing goes: it is only counted, for each rule alone */
	/* Of each rule and mailbox of which something went. False: stop. NULL: nobody
	 * wants to know. */
	bool (*told)(void *context, const struct retain_rule *rule,
		struct slice mailbox, uint64_t messages, struct deadline deadline);
	void *context;
};
/* All rules, all mailboxes of the account. False: a failure, or stopped; what went
 * before is gone. */
bool retain_account(const struct retain_work *work, struct deadline deadline);

#endif
