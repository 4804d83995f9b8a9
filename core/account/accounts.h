/*
 * What a worker has to tell who somebody is: its memory of accounts, the keys
 * of those who issue tokens, and what all workers know of logins.
 */
#ifndef RINGPOST_ACCOUNT_ACCOUNTS_H
#define RINGPOST_ACCOUNT_ACCOUNTS_H

#include "account/account_cache.h"
#include "account/addresses.h"
#include "account/logins.h"
#include "account/token.h"

struct accounts {
	struct logins *logins;
	struct redis *redis;
	struct account_cache *cache;
	struct address_book *book;
	struct tokens *tokens;
};

/* All of them are kept; DNS may be NULL where no token is ever checked. */
struct accounts *accounts_open(
	struct logins *logins, struct redis *redis, struct dns *dns);
/* No fiber is asking any more. */
void accounts_close(struct accounts **accounts);

#endif
