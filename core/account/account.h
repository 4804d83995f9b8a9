/*
 * Accounts: kept in Redis (hash rp:accounts), shared by every node. A record
 * is JSON: the yescrypt hash, SCRAM keys, what the account may do.
 */
#ifndef RINGPOST_ACCOUNT_ACCOUNT_H
#define RINGPOST_ACCOUNT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "io/redis.h"
#include "mail/sasl.h"
#include "account/totp.h"

#define ACCOUNT_NAME_MAX      SASL_NAME_MAX
#define ACCOUNT_SENDERS_MAX   1000
#define ACCOUNT_ADDRESSES_MAX 1000
#define ACCOUNT_SECRET_SIZE   32
#define ACCOUNT_APPS_MAX      50
#define ACCOUNT_LABEL_MAX     63
#define ACCOUNT_APP_SEALED    51

/* What an app password is good for. */
enum account_scope { ACCOUNT_SUBMIT = 1, ACCOUNT_PICKUP = 2 };

/* A password of one program, made by us (account_app.c). It has 100 bits of
 * chance, so its SCRAM keys are all that is kept of it. */
struct config;

struct account_app {
	struct slice label;	      /* "phone" */
	unsigned scopes;	      /* enum account_scope bits */
	struct sasl_scram_keys scram; /* all of an account have one salt */
	int64_t created_ms;
	bool has_sealed; /* it can be had back (app_secret.h), for APOP */
	uint8_t sealed[ACCOUNT_APP_SEALED];
};

struct account {
	struct slice name; /* "app@example.com" or "app" */
	struct slice hash; /* crypt(3): $y$… */
	struct sasl_scram_keys scram;
	struct slice cram_password; /* only where CRAM-MD5 was opted in */
	bool disabled;
	struct slice *senders; /* addresses and "@domain"s; "*": any; none:
				  the account's own name and addresses */
	size_t sender_count;
	struct slice *addresses; /* whose mail is this account's, beside its name's;
				    prepared (addresses.h); "@domain": the rest */
	size_t address_count;
	uint64_t quota_bytes, quota_messages; /* 0: the configuration's */
	struct slice tenant; /* whose mail it is; empty: nobody's in particular */
	uint64_t messages_per_hour; /* 0: the configuration's */
	uint64_t recipients_per_message;
	uint64_t sessions;
	int64_t created_ms, changed_ms;
	bool has_totp; /* a second factor: its own password is no login for mail */
	uint8_t totp[TOTP_SECRET_SIZE];
	uint64_t totp_used; /* the period of the last code taken */
	struct account_app *apps;
	size_t app_count;
};

/*
 * The one form of a name that is stored and compared: prepared (RFC 4013),
 * what stands behind the last '@' as a domain in lower case and A-labels. In
 * the arena. False with FAILURE_DATA, saying what is wrong: empty, longer than
 * ACCOUNT_NAME_MAX, not UTF-8, control characters.
 */
bool account_name_prepare(struct slice name, struct arena *arena, struct slice *name_r);
/* "user@domain", "@domain" or "*"; false with FAILURE_DATA. The form stored,
 * in the arena. */
bool account_sender_prepare(
	struct slice sender, struct arena *arena, struct slice *sender_r);

/* Reads the account of a prepared name. True: *account_r in ARENA. False:
 * FAILURE_DATA "no such account", or FAILURE_STORE (a record that cannot be
 * understood, too), TIMEOUT, CANCELLED. */
bool account_read(struct redis *redis, struct slice name, struct arena *arena,
	struct account *account_r, struct deadline deadline);
/* Writes it whole. CREATE: fails with FAILURE_DATA when the name exists. */
bool account_write(struct redis *redis, const struct account *account, bool create,
	struct deadline deadline);
/* FAILURE_DATA: there was none. */
bool account_remove(struct redis *redis, struct slice name, struct deadline deadline);
/* How often this process has changed accounts so far: what was read at another
 * count may be old. Thread safe. */
uint64_t account_changes(void);
/* All of them, by name. */
bool account_list(struct redis *redis, struct arena *arena, struct account **list_r,
	size_t *count_r, struct deadline deadline);
/* What accounts that do not exist are made of (sasl_fake_account): the same on
 * every node, made at the first need. */
bool account_secret(struct redis *redis, uint8_t secret_r[ACCOUNT_SECRET_SIZE],
	struct deadline deadline);

/* Sets hash and SCRAM keys from a password, in the arena (and keeps it for
 * CRAM-MD5 where CRAM). FAILURE_DATA when it cannot be prepared (RFC 4013), is
 * empty or too long. Slow: runs on the pool. */
bool account_set_password(struct account *account, struct arena *arena,
	struct slice password, bool cram, struct deadline deadline);
/*
 * yescrypt, on the pool, of a password as sasl_prepare makes it. True: *right_r
 * tells; with ACCOUNT NULL (or without a hash) it takes the same time to say
 * no. False: it could not be tried; FAILURE_LIMIT, TIMEOUT, CANCELLED.
 */
bool account_check_password(const struct account *account, struct slice password,
	bool *right_r, struct deadline deadline);
/* Whether it may use ADDRESS ("local@domain") as envelope sender or From. */
bool account_may_send_as(const struct account *account, struct slice address);
/* SENDER is "*", "@domain" or "local@domain"; case matters in the local part,
 * domains are equal as U-labels and A-labels, too. */
bool account_sender_admits(struct slice sender, struct slice address);

#endif
