/* What the mail of an account may come to. */
#ifndef RINGPOST_ACCOUNT_ACCOUNT_QUOTA_H
#define RINGPOST_ACCOUNT_ACCOUNT_QUOTA_H

#include "account/account.h"
#include "base/config.h"

struct account_quota {
	uint64_t bytes, messages; /* 0: no limit */
};
/* CONFIG's, where it has none of its own. */
struct account_quota account_quota(
	const struct account *account, const struct config *config);

#endif
