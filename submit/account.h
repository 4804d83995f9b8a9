/*
 * Accounts: kept in Redis (hash rp:accounts), shared by every node. A record
 * is JSON: the yescrypt hash, SCRAM keys, what the account may do.
 */
#ifndef RINGPOST_SUBMIT_ACCOUNT_H
#define RINGPOST_SUBMIT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "io/redis.h"
#include "mail/sasl.h"

struct account {
	struct slice name; /* "app@example.com" or "app" */
	struct slice hash; /* crypt(3): $y$… */
	struct sasl_scram_keys scram;
	struct slice cram_password; /* only where CRAM-MD5 was opted in */
	bool disabled;
	struct slice *senders; /* addresses and "@domain"s; "*": any; none:
				  the account's own name only */
	size_t sender_count;
	uint64_t messages_per_hour; /* 0: the configuration's */
	uint64_t recipients_per_message;
	uint64_t sessions;
	int64_t created_ms, changed_ms;
};

/* Reads one. True: *account_r in ARENA. False: FAILURE_DATA "no such account"
 * or FAILURE_STORE. */
bool account_read(struct redis *redis, struct slice name, struct arena *arena,
	struct account *account_r, struct deadline deadline);
/* Writes it whole. CREATE: fails with FAILURE_DATA when the name exists. */
bool account_write(struct redis *redis, const struct account *account, bool create,
	struct deadline deadline);
bool account_remove(struct redis *redis, struct slice name, struct deadline deadline);
bool account_list(struct redis *redis, struct arena *arena, struct account **list_r,
	size_t *count_r, struct deadline deadline);
/* Sets hash and SCRAM keys from a password (and keeps it for CRAM-MD5 where
 * CRAM). Slow: runs on the pool. */
bool account_set_password(struct account *account, struct arena *arena,
	struct slice password, bool cram, struct deadline deadline);
/* yescrypt, on the pool; true when it is the one. */
bool account_check_password(
	const struct account *account, struct slice password, struct deadline deadline);
/* Whether it may use ADDRESS ("local@domain") as envelope sender or From. */
bool account_may_send_as(const struct account *account, struct slice address);

#endif
