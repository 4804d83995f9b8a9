/*
 * What the workers of a process share about submission.
 *
 * Losing any of it costs little: a password is hashed again, a guesser is
 * believed once more. So the tables forget what is oldest when they are full,
 * but for the sessions, which are counted exactly and are as many as there are
 * connections.
 */
#include "submit/node.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/hourly.h"
#include "base/map.h"
#include "base/memory.h"

#include "account/table.h"
#include "gate/gate.h"

struct submission_node {
	struct table *verified, *addresses, *accounts, *allowances, *suspicious;
	/* Held for one look-up in the map, at login and log-out. */
	pthread_mutex_t sessions_lock;
	struct map sessions; /* account → struct session_count */
	struct gate_node *gate;
};

struct verified {
	int64_t until_us;
};

struct failures {
	double weight; /* at `at_us`; halves with each half-life */
	int64_t at_us;
};

struct session_count {
	uint64_t count;
};

static double decayed(const struct failures *failures, int64_t now_us);
static double count_in(struct table *table, struct slice name, int64_t now_us);
static struct slice network_of(const uint8_t address[16]);

struct submission_node *submission_node_create(void)
{
	struct submission_node *node = NEW(struct submission_node);

	node->verified = table_create(VERIFIED_MAX, sizeof(struct verified));
	node->addresses = table_create(FAILURES_KNOWN_MAX, sizeof(struct failures));
	node->accounts = table_create(FAILURES_KNOWN_MAX, sizeof(struct failures));
	node->allowances = table_create(ALLOWANCES_MAX, sizeof(struct hourly));
	node->suspicious = table_create(ALLOWANCES_MAX, sizeof(struct hourly));
	node->gate = gate_node_create();
	pthread_mutex_init(&node->sessions_lock, NULL);
	return node;
}

void submission_node_destroy(struct submission_node **node)
{
	struct submission_node *old = *node;
	struct map_cursor cursor = {0};
	struct slice account;
	void *count;

	*node = NULL;
	if (!old)
		return;
	gate_node_destroy(&old->gate);
	table_destroy(&old->verified);
	table_destroy(&old->addresses);
	table_destroy(&old->accounts);
	table_destroy(&old->allowances);
	table_destroy(&old->suspicious);
	while (map_next(&old->sessions, &cursor, &account, &count))
		memory_free(count);
	map_finish(&old->sessions);
	pthread_mutex_destroy(&old->sessions_lock);
	memory_free(old);
}

struct gate_node *node_gate(struct submission_node *node)
{
	return node->gate;
}

/* ---- Verified passwords ---- */

static struct table_key verified_key(const struct table *table, struct slice account,
	struct slice password, struct slice stored_hash)
{
	struct slice texts[] = {account, password, stored_hash};

	return table_key(table, texts, ARRAY_COUNT(texts));
}

bool node_password_is_verified(struct submission_node *node, struct slice account,
	struct slice password, struct slice stored_hash, int64_t now_us)
{
	struct table_key key = verified_key(
		node->verified, account, password, stored_hash);
	const struct verified *verified = table_lock(
		node->verified, key, now_us, false);
	bool is = verified && now_us < verified->until_us;

	table_unlock(node->verified, key);
	return is;
}

void node_password_was_verified(struct submission_node *node, struct slice account,
	struct slice password, struct slice stored_hash, int64_t now_us)
{
	struct table_key key = verified_key(
		node->verified, account, password, stored_hash);
	struct verified *verified = table_lock(node->verified, key, now_us, true);

	verified->until_us = now_us + VERIFIED_FOR_MS * 1000LL;
	table_unlock(node->verified, key);
}

/* ---- Failed logins ---- */

int64_t node_count_failure(struct submission_node *node, const uint8_t address[16],
	struct slice account, int64_t first_ms, int64_t now_us)
{
	double by_address = count_in(node->addresses, network_of(address), now_us);
	double by_account = account.size ? count_in(node->accounts, account, now_us)
					 : 0;
	double before = fmax(by_address, by_account);
	double ms = (double)first_ms * exp2(fmin(before, 20));

	return ms < FAILURE_DELAY_MAX_MS ? (int64_t)ms : FAILURE_DELAY_MAX_MS;
}

bool node_address_is_blocked(
	struct submission_node *node, const uint8_t address[16], int64_t now_us)
{
	struct slice network = network_of(address);
	struct table_key key = table_key(node->addresses, &network, 1);
	const struct failures *failures = table_lock(
		node->addresses, key, now_us, false);
	bool blocked = failures && decayed(failures, now_us) >= FAILURES_TOLERATED;

	table_unlock(node->addresses, key);
	return blocked;
}

/* Counts one more; the weight of those before it. */
static double count_in(struct table *table, struct slice name, int64_t now_us)
{
	struct table_key key = table_key(table, &name, 1);
	struct failures *failures = table_lock(table, key, now_us, true);
	double before = decayed(failures, now_us);

	failures->weight = before + 1;
	failures->at_us = now_us;
	table_unlock(table, key);
	return before;
}

static double decayed(const struct failures *failures, int64_t now_us)
{
	double ms = (double)(now_us - failures->at_us) / 1000;

	return failures->weight * exp2(-ms / FAILURE_HALF_LIFE_MS);
}

/* One customer of a provider has a /64 of IPv6 at the least. */
static struct slice network_of(const uint8_t address[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return slice_make(
		address, memcmp(address, mapped, sizeof(mapped)) == 0 ? 16 : 8);
}

/* ---- Messages an hour ---- */

static bool count_hourly(struct table *table, struct slice account, uint64_t per_hour,
	int64_t now_us, unsigned *wait_s_r)
{
	struct table_key key = table_key(table, &account, 1);
	struct hourly *sent = table_lock(table, key, now_us, true);
	bool room = hourly_take(sent, per_hour, now_us, wait_s_r);

	table_unlock(table, key);
	return room;
}

bool node_count_message(struct submission_node *node, struct slice account,
	uint64_t per_hour, int64_t now_us, unsigned *wait_s_r)
{
	return count_hourly(node->allowances, account, per_hour, now_us, wait_s_r);
}

bool node_count_suspicious(struct submission_node *node, struct slice account,
	uint64_t per_hour, int64_t now_us, unsigned *wait_s_r)
{
	return count_hourly(node->suspicious, account, per_hour, now_us, wait_s_r);
}

/* ---- Sessions ---- */

bool node_session_begin(
	struct submission_node *node, struct slice account, uint64_t most)
{
	struct session_count *count;
	bool room;

	pthread_mutex_lock(&node->sessions_lock);
	count = map_find(&node->sessions, account);
	if (!count) {
		count = NEW(struct session_count);
		map_set(&node->sessions, account, count);
	}
	room = most == 0 || count->count < most;
	count->count += room;
	pthread_mutex_unlock(&node->sessions_lock);
	return room;
}

void node_session_end(struct submission_node *node, struct slice account)
{
	struct session_count *count;

	pthread_mutex_lock(&node->sessions_lock);
	count = map_find(&node->sessions, account);
	if (count && --count->count == 0) {
		map_remove(&node->sessions, account);
		memory_free(count);
	}
	pthread_mutex_unlock(&node->sessions_lock);
}
