/* The quota of an account; see account_quota.h. */
#include "account/account_quota.h"

struct account_quota account_quota(
	const struct account *account, const struct config *config)
{
	return (struct account_quota){
		account->quota_bytes ? account->quota_bytes : config->pickup.quota,
		account->quota_messages ? account->quota_messages
					: config->pickup.quota_messages,
	};
}
