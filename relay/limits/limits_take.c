/*
 * Taking of limits, all or none; and turns among those who are refused.
 *
 * Sites of several workers that share a limit all try when its next message may
 * go. So that none is always late, each leaves the others their turn: who was
 * refused lately, and K others too, takes each K-th message at most, unless one
 * lies about that nobody took.
 */
#include "limits/limits.h"

#include "limits/limits_core.h"
#include "limits/limits_share.h"

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

/* The buckets of one kind of a limit, the first of them of BIT in `active`. */
struct buckets {
	struct limits *limits;
	struct limit_bucket *list;
	unsigned bit;
	unsigned active; /* of these four */
};

static struct buckets messages_of(struct limits *limits)
{
	unsigned active = atomic_load_explicit(&limits->active, memory_order_relaxed);

	return (struct buckets){limits, limits->messages, 0, active & ACTIVE_MESSAGES};
}

static struct buckets connects_of(struct limits *limits)
{
	unsigned active = atomic_load(&limits->active);

	return (struct buckets){limits, limits->connects, PERIODS,
		(active & ACTIVE_CONNECTS) >> PERIODS};
}

/* Whether other nodes have tokens of it, too. */
static bool is_of_all_nodes(const struct buckets *of, enum limit_period p)
{
	return of->limits->share && p != PER_SECOND;
}

static void give_back(
	const struct buckets *of, unsigned active, int64_t taken_ns, int64_t now_ns)
{
	for (enum limit_period p = 0; p < PERIODS; p++) {
		if (!(active & 1u << p))
			continue;
		if (is_of_all_nodes(of, p))
			limits_share_give_back(
				of->limits->share, of->bit + p, taken_ns / 1000);
		else
			limit_bucket_give_back(&of->list[p], taken_ns, now_ns);
	}
}

/* 0: one may be taken. */
static int64_t wait_ns(const struct buckets *of, enum limit_period p, int64_t now_ns)
{
	struct limits_share *share = of->limits->share;
	int64_t wait;

	if (share && !limits_share_holds(share, now_ns / 1000))
		wait = LIMIT_NEVER_NS;
	else if (is_of_all_nodes(of, p))
		wait = limits_share_wait_ns(share, of->bit + p, now_ns / 1000);
	else
		wait = limit_bucket_wait_ns(&of->list[p], p, now_ns);
	if (share && wait)
		limits_share_refused(share, 1u << (of->bit + p), now_ns / 1000);
	return wait;
}

static bool take_one(const struct buckets *of, enum limit_period p, int64_t now_ns)
{
	struct limits_share *share = of->limits->share;

	if (!share)
		return limit_bucket_take(&of->list[p], p, now_ns);
	if (!limits_share_holds(share, now_ns / 1000) ||
		!(p == PER_SECOND
				? limit_bucket_take(&of->list[p], p, now_ns)
				: limits_share_take(share, of->bit + p, now_ns / 1000)))
		return false;
	atomic_fetch_add(&share->used[of->bit + p], 1);
	return true;
}

/* Of all that are active or of none; false: *period_r refuses. */
static bool take(const struct buckets *of, int64_t now_ns, enum limit_period *period_r)
{
	for (enum limit_period p = 0; p < PERIODS; p++) {
		if (!(of->active & 1u << p) || take_one(of, p, now_ns))
			continue;
		give_back(of, of->active & ((1u << p) - 1), now_ns, now_ns);
		*period_r = p;
		return false;
	}
	return true;
}

static bool take_message(
	struct limit_user *user, int64_t now_ns, struct limit_refusal *refusal)
{
	struct buckets messages = messages_of(user->limits);
	enum limit_period p = user->period;
	int64_t wait = 0;

	if (messages.active == 0)
		return true;
	if (user->contends)
		wait = turn_wait_ns(user, now_ns);
	if (wait == 0 && take(&messages, now_ns, &p)) {
		if (user->contends)
			note_turn(user, now_ns);
		return true;
	}
	if (wait == 0)
		wait = wait_ns(&messages, p, now_ns);
	refuse(refusal, user, LIMIT_MESSAGES, p, wait);
	return false;
}

static void undo_messages(
	struct limit_set *set, size_t count, int64_t taken_ns, int64_t now_ns)
{
	for (size_t i = 0; i < count; i++) {
		struct buckets messages = messages_of(set->at[i].limits);

		if (messages.active)
			give_back(&messages, messages.active, taken_ns, now_ns);
	}
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
	struct buckets messages = messages_of(user->limits);
	int64_t wait;

	if (messages.active == 0)
		return;
	wait = turn_wait_ns(user, now_ns);
	if (wait && to_us(wait) > worst->wait_us)
		refuse(worst, user, LIMIT_MESSAGES, user->period, wait);
	for (enum limit_period p = 0; p < PERIODS; p++) {
		if (!(messages.active & 1u << p))
			continue;
		wait = wait_ns(&messages, p, now_ns);
		if (wait && to_us(wait) > worst->wait_us)
			refuse(worst, user, LIMIT_MESSAGES, p, wait);
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
		if (messages_of(set->at[i].limits).active)
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
static bool one_more(const struct limit_set *set, struct limits *limits, int64_t now_us)
{
	const struct limit_waiter *waiter = &set->waiter;
	uint64_t before = atomic_load(&limits->waiters);
	uint64_t now = atomic_load(&limits->connections);
	bool limited,
		held = !limits->share || limits_share_holds(limits->share, now_us);

	if (waiter->on == limits && waiter->connection)
		before = waiter->called ? 0 : before - (before > 0);
	do {
		limited = atomic_load(&limits->active) & ACTIVE_CONNECTIONS;
		if (!limited || (held && now + before < atomic_load(&limits->most)))
			continue;
		if (limits->share)
			limits_share_refused(limits->share, ACTIVE_CONNECTIONS, now_us);
		return false;
	} while (!atomic_compare_exchange_weak(&limits->connections, &now, now + 1));
	return true;
}

static bool connect_one(struct limit_set *set, struct limit_user *user, int64_t now_ns,
	struct limit_refusal *refusal)
{
	struct limits *limits = user->limits;
	struct buckets connects = connects_of(limits);
	enum limit_period p;

	if (!one_more(set, limits, now_ns / 1000)) {
		refuse(refusal, user, LIMIT_CONNECTIONS, 0, LIMIT_NEVER_NS);
		return false;
	}
	if (connects.active == 0 || take(&connects, now_ns, &p))
		return true;
	atomic_fetch_sub(&limits->connections, 1);
	limits_call_next(limits);
	refuse(refusal, user, LIMIT_CONNECTS, p, wait_ns(&connects, p, now_ns));
	return false;
}

static void disconnect_one(struct limit_user *user)
{
	struct limits *limits = user->limits;

	atomic_fetch_sub(&limits->connections, 1);
	limits_call_next(limits);
}

static void undo_connect(struct limit_user *user, int64_t now_us)
{
	struct buckets connects = connects_of(user->limits);

	give_back(&connects, connects.active, now_us * 1000, now_us * 1000);
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
			undo_connect(&set->at[i], now_us);
			disconnect_one(&set->at[i]);
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
		undo_connect(&set->at[i], now_us);
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
