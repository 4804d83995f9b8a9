/*
 * What the workers of a process share about logins.
 *
 * Losing any of it costs little: a password is hashed again, a guesser is
 * believed once more. So the tables forget what is oldest when they are full,
 * but for the sessions, which are counted exactly and are as many as there are
 * connections.
 */
#include "account/logins.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "account/table.h"

#define SCOPES (ACCOUNT_SUBMIT | ACCOUNT_PICKUP)

struct logins {
	struct table *verified, *addresses, *accounts;
	/* Held for one look-up in a map, at login and log-out. */
	pthread_mutex_t sessions_lock;
	struct map sessions[SCOPES]; /* account → struct session_count */
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
static void destroy_counts(struct map *sessions);
static struct map *sessions_of(struct logins *logins, enum account_scope scope);

struct logins *logins_create(void)
{
	struct logins *logins = NEW(struct logins);

	logins->verified = table_create(VERIFIED_MAX, sizeof(struct verified));
	logins->addresses = table_create(FAILURES_KNOWN_MAX, sizeof(struct failures));
	logins->accounts = table_create(FAILURES_KNOWN_MAX, sizeof(struct failures));
	pthread_mutex_init(&logins->sessions_lock, NULL);
	return logins;
}

void logins_destroy(struct logins **logins)
{
	struct logins *old = *logins;

	*logins = NULL;
	if (!old)
		return;
	table_destroy(&old->verified);
	table_destroy(&old->addresses);
	table_destroy(&old->accounts);
	for (size_t i = 0; i < SCOPES; i++)
		destroy_counts(&old->sessions[i]);
	pthread_mutex_destroy(&old->sessions_lock);
	memory_free(old);
}

static void destroy_counts(struct map *sessions)
{
	struct map_cursor cursor = {0};
	struct slice account;
	void *count;

	while (map_next(sessions, &cursor, &account, &count))
		memory_free(count);
	map_finish(sessions);
}

/* ---- Verified passwords ---- */

static struct table_key verified_key(const struct table *table, struct slice account,
	struct slice password, struct slice stored_hash)
{
	struct slice texts[] = {account, password, stored_hash};

	return table_key(table, texts, ARRAY_COUNT(texts));
}

bool logins_password_is_verified(struct logins *logins, struct slice account,
	struct slice password, struct slice stored_hash, int64_t now_us)
{
	struct table_key key = verified_key(
		logins->verified, account, password, stored_hash);
	const struct verified *verified = table_lock(
		logins->verified, key, now_us, false);
	bool is = verified && now_us < verified->until_us;

	table_unlock(logins->verified, key);
	return is;
}

void logins_password_was_verified(struct logins *logins, struct slice account,
	struct slice password, struct slice stored_hash, int64_t now_us)
{
	struct table_key key = verified_key(
		logins->verified, account, password, stored_hash);
	struct verified *verified = table_lock(logins->verified, key, now_us, true);

	verified->until_us = now_us + VERIFIED_FOR_MS * 1000LL;
	table_unlock(logins->verified, key);
}

/* ---- Failed logins ---- */

int64_t logins_count_failure(struct logins *logins, const uint8_t address[16],
	struct slice account, int64_t first_ms, int64_t now_us)
{
	double by_address = count_in(logins->addresses, network_of(address), now_us);
	double by_account = account.size ? count_in(logins->accounts, account, now_us)
					 : 0;
	double before = fmax(by_address, by_account);
	double ms = (double)first_ms * exp2(fmin(before, 20));

	return ms < FAILURE_DELAY_MAX_MS ? (int64_t)ms : FAILURE_DELAY_MAX_MS;
}

bool logins_address_is_blocked(
	struct logins *logins, const uint8_t address[16], int64_t now_us)
{
	struct slice network = network_of(address);
	struct table_key key = table_key(logins->addresses, &network, 1);
	const struct failures *failures = table_lock(
		logins->addresses, key, now_us, false);
	bool blocked = failures && decayed(failures, now_us) >= FAILURES_TOLERATED;

	table_unlock(logins->addresses, key);
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

/* ---- Sessions ---- */

static struct map *sessions_of(struct logins *logins, enum account_scope scope)
{
	return &logins->sessions[scope - 1];
}

bool logins_session_begin(struct logins *logins, enum account_scope scope,
	struct slice account, uint64_t most)
{
	struct map *sessions = sessions_of(logins, scope);
	struct session_count *count;
	bool room;

	pthread_mutex_lock(&logins->sessions_lock);
	count = map_find(sessions, account);
	if (!count) {
		count = NEW(struct session_count);
		map_set(sessions, account, count);
	}
	room = most == 0 || count->count < most;
	count->count += room;
	pthread_mutex_unlock(&logins->sessions_lock);
	return room;
}

void logins_session_end(
	struct logins *logins, enum account_scope scope, struct slice account)
{
	struct map *sessions = sessions_of(logins, scope);
	struct session_count *count;

	pthread_mutex_lock(&logins->sessions_lock);
	count = map_find(sessions, account);
	if (count && --count->count == 0) {
		map_remove(sessions, account);
		memory_free(count);
	}
	pthread_mutex_unlock(&logins->sessions_lock);
}
