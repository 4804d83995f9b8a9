/*
 * Taking of limits, all or none; and turns among those who are refused.
 *
 * Sites of several workers that share a limit all try when its next message may
 * go. So that none is always late, each leaves the others their turn: who was
 * refused lately, and K others too, takes each K-th message at most, unless one
 * lies about that nobody took.
 */
#include "relay/limits.h"

#include "relay/limits_core.h"

/* A message nobody took for a part of the interval is anybody's. */
#define IDLE_PART 4
/* Who is not refused for some turns does not contend any more. */
#define CONTEND_TURNS 4
#define CONTEND_NS    INT64_C(200000000)

static void set_contends(struct limit_user *user, bool contends)
{
	if (user->contends == contends)
		return;
	user->contends = contends;
	if (contends)
		atomic_fetch_add(&user->limits->contenders, 1);
	else
		atomic_fetch_sub(&user->limits->contenders, 1);
	user->turn_ns = 0;
}

/* How long it leaves to others what it could take. */
static int64_t turn_wait_ns(const struct limit_user *user, int64_t now_ns)
{
	const struct limit_bucket *bucket = &user->limits->messages[user->period];
	int64_t interval, spare, idle_ns;

	if (!user->contends || user->turn_ns <= now_ns ||
		atomic_load(&user->limits->contenders) < 2)
		return 0;
	interval = atomic_load(&bucket->interval_ns);
	if (interval == 0 || interval == LIMIT_NEVER_NS)
		return 0;
	spare = limit_slack_ns(user->period) - interval;
	if (spare < -interval / IDLE_PART)
		spare = -interval / IDLE_PART;
	idle_ns = atomic_load(&bucket->full_ns) - spare;
	if (idle_ns <= now_ns)
		return 0;
	return (idle_ns < user->turn_ns ? idle_ns : user->turn_ns) - now_ns;
}

static void note_turn(struct limit_user *user, int64_t now_ns)
{
	unsigned contenders = atomic_load(&user->limits->contenders);
	int64_t interval = atomic_load(
		&user->limits->messages[user->period].interval_ns);
	int64_t round;

	if (contenders < 2 || interval == LIMIT_NEVER_NS) {
		user->turn_ns = 0;
		return;
	}
	round = interval * contenders;
	if (now_ns - user->refused_ns > CONTEND_TURNS * round + CONTEND_NS) {
		set_contends(user, false);
		return;
	}
	if (user->turn_ns < now_ns - interval)
		user->turn_ns = now_ns - interval;
	user->turn_ns += round;
}

static int64_t to_us(int64_t ns)
{
	return ns >= LIMIT_NEVER_NS ? INT64_MAX : (ns + 999) / 1000;
}

static void refuse(struct limit_refusal *refusal, struct limit_user *user,
	enum limit_kind kind, enum limit_period period, int64_t wait_ns)
{
	*refusal = (struct limit_refusal){user, kind, period, to_us(wait_ns)};
}

static void give_back(
	struct limit_bucket *buckets, unsigned active, int64_t taken_ns, int64_t now_ns)
{
	for (enum limit_period p = 0; p < PERIODS; p++)
		if (active & 1u << p)
			limit_bucket_give_back(&buckets[p], taken_ns, now_ns);
}

/* Of all BUCKETS that are ACTIVE or of none; false: *period_r refuses. */
static bool take(struct limit_bucket *buckets, unsigned active, int64_t now_ns,
	enum limit_period *period_r)
{
	for (enum limit_period p = 0; p < PERIODS; p++) {
		if (!(active & 1u << p) || limit_bucket_take(&buckets[p], p, now_ns))
			continue;
		give_back(buckets, active & ((1u << p) - 1), now_ns, now_ns);
		*period_r = p;
		return false;
	}
	return true;
}

static unsigned active_of(const struct limit_user *user)
{
	return atomic_load_explicit(&user->limits->active, memory_order_relaxed);
}

static bool take_message(
	struct limit_user *user, int64_t now_ns, struct limit_refusal *refusal)
{
	struct limits *limits = user->limits;
	unsigned active = active_of(user) & ACTIVE_MESSAGES;
	int64_t wait_ns = 0;
	enum limit_period p = user->period;

	if (active == 0)
		return true;
	if (user->contends)
		wait_ns = turn_wait_ns(user, now_ns);
	if (wait_ns == 0 && take(limits->messages, active, now_ns, &p)) {
		if (user->contends)
			note_turn(user, now_ns);
		return true;
	}
	if (wait_ns == 0)
		wait_ns = limit_bucket_wait_ns(&limits->messages[p], p, now_ns);
	refuse(refusal, user, LIMIT_MESSAGES, p, wait_ns);
	return false;
}

static void undo_messages(
	struct limit_set *set, size_t count, int64_t taken_ns, int64_t now_ns)
{
	for (size_t i = 0; i < count; i++)
		give_back(set->at[i].limits->messages,
			active_of(&set->at[i]) & ACTIVE_MESSAGES, taken_ns, now_ns);
}

bool limits_take(struct limit_set *set, int64_t now_us, struct limit_refusal *refusal_r)
{
	int64_t now_ns = now_us * 1000;

	for (size_t i = 0; i < set->count; i++) {
		if (take_message(&set->at[i], now_ns, refusal_r))
			continue;
		undo_messages(set, i, now_ns, now_ns);
		limits_contend(set, refusal_r, now_us);
		return false;
	}
	return true;
}

void limits_give_back(struct limit_set *set, int64_t taken_us, int64_t now_us)
{
	undo_messages(set, set->count, taken_us * 1000, now_us * 1000);
}

static void look(struct limit_user *user, int64_t now_ns, struct limit_refusal *worst)
{
	unsigned active = active_of(user) & ACTIVE_MESSAGES;
	int64_t wait_ns;

	if (active == 0)
		return;
	wait_ns = turn_wait_ns(user, now_ns);
	if (wait_ns && to_us(wait_ns) > worst->wait_us)
		refuse(worst, user, LIMIT_MESSAGES, user->period, wait_ns);
	for (enum limit_period p = 0; p < PERIODS; p++) {
		if (!(active & 1u << p))
			continue;
		wait_ns = limit_bucket_wait_ns(&user->limits->messages[p], p, now_ns);
		if (wait_ns && to_us(wait_ns) > worst->wait_us)
			refuse(worst, user, LIMIT_MESSAGES, p, wait_ns);
	}
}

bool limits_refuse(
	struct limit_set *set, int64_t now_us, struct limit_refusal *refusal_r)
{
	refusal_r->wait_us = 0;
	for (size_t i = 0; i < set->count; i++)
		look(&set->at[i], now_us * 1000, refusal_r);
	return refusal_r->wait_us > 0;
}

bool limits_are_paced(const struct limit_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (active_of(&set->at[i]) & ACTIVE_MESSAGES)
			return true;
	return false;
}

void limits_contend(
	struct limit_set *set, const struct limit_refusal *refusal, int64_t now_us)
{
	for (size_t i = 0; i < set->count; i++) {
		struct limit_user *user = &set->at[i];

		if (user != refusal->user) {
			set_contends(user, false);
			continue;
		}
		user->period = refusal->period;
		user->refused_ns = now_us * 1000;
		set_contends(user, true);
	}
}

void limits_rest(struct limit_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		set_contends(&set->at[i], false);
}

/* --- Connections --- */

/* Who waits longer has its place, if it is not this one's turn. */
static bool one_more(const struct limit_set *set, struct limits *limits)
{
	const struct limit_waiter *waiter = &set->waiter;
	uint64_t before = atomic_load(&limits->waiters);
	uint64_t now = atomic_load(&limits->connections);

	if (waiter->on == limits && waiter->connection)
		before = waiter->called ? 0 : before - (before > 0);
	do
		if (atomic_load(&limits->active) & ACTIVE_CONNECTIONS &&
			now + before >= atomic_load(&limits->most))
			return false;
	while (!atomic_compare_exchange_weak(&limits->connections, &now, now + 1));
	return true;
}

static bool connect_one(struct limit_set *set, struct limit_user *user, int64_t now_ns,
	struct limit_refusal *refusal)
{
	struct limits *limits = user->limits;
	unsigned active = (active_of(user) & ACTIVE_CONNECTS) >> PERIODS;
	enum limit_period p;

	if (!one_more(set, limits)) {
		refuse(refusal, user, LIMIT_CONNECTIONS, 0, LIMIT_NEVER_NS);
		return false;
	}
	if (active == 0 || take(limits->connects, active, now_ns, &p))
		return true;
	atomic_fetch_sub(&limits->connections, 1);
	limits_call_next(limits);
	refuse(refusal, user, LIMIT_CONNECTS, p,
		limit_bucket_wait_ns(&limits->connects[p], p, now_ns));
	return false;
}

static void disconnect_one(struct limit_user *user)
{
	struct limits *limits = user->limits;

	atomic_fetch_sub(&limits->connections, 1);
	limits_call_next(limits);
}

bool limits_connect(
	struct limit_set *set, int64_t now_us, struct limit_refusal *refusal_r)
{
	size_t i = 0;

	while (i < set->count &&
		connect_one(set, &set->at[i], now_us * 1000, refusal_r))
		i++;
	if (i < set->count) {
		while (i-- > 0) {
			struct limit_user *user = &set->at[i];

			disconnect_one(user);
			give_back(user->limits->connects,
				(active_of(user) & ACTIVE_CONNECTS) >> PERIODS,
				now_us * 1000, now_us * 1000);
		}
		return false;
	}
	for (i = 0; i < set->count; i++) {
		set->at[i].open++;
		limits_count(&set->at[i], true);
	}
	return true;
}

void limits_connect_undo(struct limit_set *set, int64_t now_us)
{
	for (size_t i = 0; i < set->count; i++)
		give_back(set->at[i].limits->connects,
			(active_of(&set->at[i]) & ACTIVE_CONNECTS) >> PERIODS,
			now_us * 1000, now_us * 1000);
	limits_disconnect(set);
}

void limits_disconnect(struct limit_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		struct limit_user *user = &set->at[i];

		if (--user->open == 0 && set->waiter.on != user->limits)
			limits_count(user, false);
		disconnect_one(user);
	}
}
