/*
 * What the workers of a process share about submission: verified passwords,
 * failed logins, messages an hour and sessions of accounts. All bounded, all
 * forgotten at the end of the process. Thread safe; nothing here waits.
 */
#ifndef RINGPOST_SUBMIT_NODE_H
#define RINGPOST_SUBMIT_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "submit/submission.h"

struct gate_node;

/* What the gate's share; valid as long as the node. */
struct gate_node *node_gate(struct submission_node *node);

/* --- Verified passwords: a login costs no yescrypt each time --- */

#define VERIFIED_MAX	100000
#define VERIFIED_FOR_MS (10 * 60 * 1000)

/* Whether this very password was verified against this very stored hash: a
 * changed password is not found. Only a keyed hash of all three is kept. */
bool node_password_is_verified(struct submission_node *node, struct slice account,
	struct slice password, struct slice stored_hash, int64_t now_us);
void node_password_was_verified(struct submission_node *node, struct slice account,
	struct slice password, struct slice stored_hash, int64_t now_us);

/* --- Failed logins, by address (IPv6: by /64) and by account --- */

#define FAILURES_KNOWN_MAX   65536 /* addresses; and as many accounts */
#define FAILURE_HALF_LIFE_MS (10 * 60 * 1000)
#define FAILURE_DELAY_MAX_MS 15000
#define FAILURES_TOLERATED   100 /* of one address, decayed: then 421 */

/* Counts one, and says how long it should take to answer it: FIRST_MS, twice
 * as long for each failure before it, at most the maximum; 0 for 0. */
int64_t node_count_failure(struct submission_node *node, const uint8_t address[16],
	struct slice account, int64_t first_ms, int64_t now_us);
/* Too many came from this address: nothing more is checked for it. */
bool node_address_is_blocked(
	struct submission_node *node, const uint8_t address[16], int64_t now_us);

/* --- Messages an hour --- */

#define ALLOWANCES_MAX 100000 /* accounts with a limit that sent of late */

/* Counts a message unless it is one too many in the last 60 minutes: then
 * false, with the seconds until there is room. */
bool node_count_message(struct submission_node *node, struct slice account,
	uint64_t per_hour, int64_t now_us, unsigned *wait_s_r);

/* The same of those that look like phishing. */
bool node_count_suspicious(struct submission_node *node, struct slice account,
	uint64_t per_hour, int64_t now_us, unsigned *wait_s_r);

/* --- Sessions --- */

/* False when the account has MOST already (0: no limit). */
bool node_session_begin(
	struct submission_node *node, struct slice account, uint64_t most);
void node_session_end(struct submission_node *node, struct slice account);

#endif
