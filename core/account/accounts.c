/*
 * What a worker has to tell who somebody is.
 */
#include "account/accounts.h"

#include "base/failure.h"
#include "base/memory.h"

struct accounts *accounts_open(
	struct logins *logins, struct redis *redis, struct dns *dns)
{
	struct accounts *accounts = NEW(struct accounts);

	accounts->logins = logins;
	accounts->redis = redis;
	accounts->cache = account_cache_create(redis);
	accounts->tokens = tokens_create(dns);
	return accounts;
}

void accounts_close(struct accounts **accounts)
{
	struct accounts *old = *accounts;

	*accounts = NULL;
	if (!old)
		return;
	account_cache_destroy(&old->cache);
	tokens_destroy(&old->tokens);
	memory_free(old);
}

bool accounts_has(struct accounts *accounts, struct slice name, bool *has_r,
	struct deadline deadline)
{
	struct arena arena = {0};
	struct account account;
	bool has = account_name_prepare(name, &arena, &name) &&
		   account_cache_read(
			   accounts->cache, name, &arena, &account, deadline);
	bool told = has || failure_kind_last() == FAILURE_DATA;

	*has_r = has && !account.disabled;
	arena_finish(&arena);
	return told;
}
