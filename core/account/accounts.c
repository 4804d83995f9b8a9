/*
 * What a worker has to tell who somebody is.
 */
#include "account/accounts.h"

#include "base/memory.h"

struct accounts *accounts_open(
	struct logins *logins, struct redis *redis, struct dns *dns)
{
	struct accounts *accounts = NEW(struct accounts);

	accounts->logins = logins;
	accounts->redis = redis;
	accounts->cache = account_cache_create(redis);
	accounts->book = address_book_create(redis, accounts->cache);
	accounts->tokens = tokens_create(dns);
	return accounts;
}

void accounts_close(struct accounts **accounts)
{
	struct accounts *old = *accounts;

	*accounts = NULL;
	if (!old)
		return;
	address_book_destroy(&old->book);
	account_cache_destroy(&old->cache);
	tokens_destroy(&old->tokens);
	memory_free(old);
}
