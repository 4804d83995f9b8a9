/*
 * Keys of the HTTP API: kept in Redis (hash rp:api:keys), shared by every node. A
 * key is told once, when it is made; a hash of its secret is what is kept.
 *
 * Its text is "rp_", 10 characters that name it, 32 of secret (160 bits of chance,
 * so one SHA-256 is hash enough).
 */
#ifndef RINGPOST_ACCOUNT_API_KEY_H
#define RINGPOST_ACCOUNT_API_KEY_H

#include "account/account.h"

#define API_KEY_ID	    10
#define API_KEY_SECRET	    32
#define API_KEY_TEXT	    (3 + API_KEY_ID + API_KEY_SECRET + 1)
#define API_KEY_HASH	    32
#define API_KEYS_MAX	    10000
#define API_KEY_SENDERS_MAX 100

/* What may be done with it. */
enum api_scope { API_SEND = 1, API_READ = 2, API_ADMIN = 4 };

struct api_key {
	struct slice id;
	struct slice name; /* an operator's word for it: 1 to 63 of a-z 0-9 . - _ */
	uint8_t hash[API_KEY_HASH];
	unsigned scopes;       /* enum api_scope bits */
	struct slice tenant;   /* what it does is this tenant's; empty: any */
	struct slice *senders; /* as an account's; "*": any */
	size_t sender_count;
	uint64_t messages_per_hour;	 /* 0: the configuration's */
	uint64_t recipients_per_message; /* likewise */
	int64_t created_ms, expires_ms;	 /* 0: it does not */
	bool disabled;
};

/*
 * A new one: KEY has its name, scopes, tenant, senders (prepared) and limits; it gets
 * an id, a hash and its time, in ARENA. TEXT is the key, told once. FAILURE_DATA: the
 * name is taken or is none; _LIMIT: there are API_KEYS_MAX.
 */
bool api_key_create(struct redis *redis, struct api_key *key, struct arena *arena,
	char text[API_KEY_TEXT], struct deadline deadline);
/* Writes KEY, changed, in its place. */
bool api_key_write(
	struct redis *redis, const struct api_key *key, struct deadline deadline);
/* As account_read. */
bool api_key_read(struct redis *redis, struct slice id, struct arena *arena,
	struct api_key *key_r, struct deadline deadline);
bool api_key_remove(struct redis *redis, struct slice id, struct deadline deadline);
/* All of them, by name, in the arena. */
bool api_key_list(struct redis *redis, struct arena *arena, struct api_key **list_r,
	size_t *count_r, struct deadline deadline);
/* The one of this NAME or id among LIST; NULL: none. */
const struct api_key *api_key_find(
	const struct api_key *list, size_t count, struct slice name);
/* How often this process has changed keys so far. Thread safe. */
uint64_t api_key_changes(void);

/* The id in TEXT, which has a key's form; false: it has not. */
bool api_key_id(struct slice text, struct slice *id_r);
/* Whether TEXT is KEY, in constant time; and it may be used now. */
bool api_key_holds(const struct api_key *key, struct slice text, int64_t now_ms);

/* "send,read" into bits; 0: not understood. And back. */
unsigned api_scopes_parse(struct slice text);
struct slice api_scopes_print(unsigned scopes);

/* What it may, as an account that is called "api:NAME"; in ARENA where made. */
struct account api_key_account(const struct api_key *key, struct arena *arena);

/* A worker's memory of keys, as account_cache.h has it of accounts. */
struct api_key_cache;

struct api_key_cache *api_key_cache_create(struct redis *redis);
void api_key_cache_destroy(struct api_key_cache **cache);
/* The key with this id; copied into ARENA. False as account_cache_read. */
bool api_key_cache_read(struct api_key_cache *cache, struct slice id,
	struct arena *arena, struct api_key *key_r, struct deadline deadline);

/* Its form in Redis (api_key_record.c). */
struct slice api_key_record_write(const struct api_key *key, struct arena *arena);
bool api_key_record_read(struct slice record, struct slice id, struct arena *arena,
	struct api_key *key_r);

#endif
