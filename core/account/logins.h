/*
 * What the workers of a process share about logins, whatever the protocol:
 * verified passwords, failures, sessions of accounts. All bounded, all
 * forgotten at the end of the process. Thread safe; nothing here waits.
 */
#ifndef RINGPOST_ACCOUNT_LOGINS_H
#define RINGPOST_ACCOUNT_LOGINS_H

#include <stdbool.h>
#include <stdint.h>

#include "account/account.h"

struct logins;

struct logins *logins_create(void);
void logins_destroy(struct logins **logins);

/* --- Verified passwords: a login costs no yescrypt each time --- */

#define VERIFIED_MAX	100000
#define VERIFIED_FOR_MS (10 * 60 * 1000)

/* Whether this very password was verified against this very stored hash: a
 * changed password is not found. Only a keyed hash of all three is kept. */
bool logins_password_is_verified(struct logins *logins, struct slice account,
	struct slice password, struct slice stored_hash, int64_t now_us);
void logins_password_was_verified(struct logins *logins, struct slice account,
	struct slice password, struct slice stored_hash, int64_t now_us);

/* --- Failed logins, by address (IPv6: by /64) and by account --- */

#define FAILURES_KNOWN_MAX   65536 /* addresses; and as many accounts */
#define FAILURE_HALF_LIFE_MS (10 * 60 * 1000)
#define FAILURE_DELAY_MAX_MS 15000
#define FAILURES_TOLERATED   100 /* of one address, decayed: then 421 */

/* Counts one, and says how long it should take to answer it: FIRST_MS, twice
 * as long for each failure before it, at most the maximum; 0 for 0. */
int64_t logins_count_failure(struct logins *logins, const uint8_t address[16],
	struct slice account, int64_t first_ms, int64_t now_us);
/* Too many came from this address: nothing more is checked for it. */
bool logins_address_is_blocked(
	struct logins *logins, const uint8_t address[16], int64_t now_us);

/* --- Sessions, counted apart for each scope --- */

/* False when the account has MOST already (0: no limit). */
bool logins_session_begin(struct logins *logins, enum account_scope scope,
	struct slice account, uint64_t most);
void logins_session_end(
	struct logins *logins, enum account_scope scope, struct slice account);

#endif
