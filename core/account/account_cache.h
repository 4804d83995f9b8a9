/*
 * A worker's memory of accounts, so that a login costs no question to Redis
 * each time, and none at all while Redis is down. An account that was changed
 * is seen at once in the process that changed it, everywhere else within
 * ACCOUNT_FRESH_MS.
 */
#ifndef RINGPOST_ACCOUNT_ACCOUNT_CACHE_H
#define RINGPOST_ACCOUNT_ACCOUNT_CACHE_H

#include "account/account.h"

#define ACCOUNT_FRESH_MS   30000
#define ACCOUNT_UNKNOWN_MS 5000	   /* that a name has no account */
#define ACCOUNT_STALE_MS   3600000 /* … where Redis does not answer */
#define ACCOUNT_CACHE_MAX  10000   /* accounts, and as many names without one */

struct account_cache;

/* REDIS is kept. */
struct account_cache *account_cache_create(struct redis *redis);
void account_cache_destroy(struct account_cache **cache);

/* As account_read, from memory where it can. */
bool account_cache_read(struct account_cache *cache, struct slice name,
	struct arena *arena, struct account *account_r, struct deadline deadline);
/* As account_secret, once. Valid as long as the cache. */
bool account_cache_secret(
	struct account_cache *cache, struct slice *secret_r, struct deadline deadline);

#endif
