/*
 * The rate and the messages a connection that a site takes, for all workers; and
 * the turns of domains and tenants that are slowed down.
 */
#include "react/reacts.h"

#define COUNTED_US 1000000

int64_t reacts_wait_us(struct react_scope *scope, int64_t now_us)
{
	int64_t wait_us;

	if (!atomic_load(&scope->paced))
		return 0;
	pthread_mutex_lock(&scope->lock);
	wait_us = tempo_wait_us(&scope->tempo, now_us);
	pthread_mutex_unlock(&scope->lock);
	return wait_us;
}

bool reacts_take(struct react_scope *scope, int64_t now_us)
{
	bool taken;

	if (!atomic_load(&scope->paced))
		return true;
	pthread_mutex_lock(&scope->lock);
	taken = tempo_take(&scope->tempo, now_us);
	pthread_mutex_unlock(&scope->lock);
	return taken;
}

double reacts_rate(struct react_scope *scope, bool *blocked_r)
{
	double rate;

	pthread_mutex_lock(&scope->lock);
	rate = scope->tempo.rate;
	*blocked_r = scope->tempo.blocked;
	pthread_mutex_unlock(&scope->lock);
	return rate;
}

/* While nothing is held back, what was accepted lately is counted roughly. */
static void count(struct react_scope *scope, int64_t began_us, int64_t now_us)
{
	if (now_us - atomic_load(&scope->counted_us) > COUNTED_US) {
		atomic_store(&scope->counted_us, began_us);
		atomic_store(&scope->counted, 0);
	}
	atomic_fetch_add_explicit(&scope->counted, 1, memory_order_relaxed);
}

bool reacts_note_accepted(struct react_scope *scope, int64_t began_us, int64_t now_us)
{
	bool changed;

	if (!atomic_load(&scope->paced)) {
		count(scope, began_us, now_us);
		return false;
	}
	pthread_mutex_lock(&scope->lock);
	changed = tempo_note_accepted(&scope->tempo, began_us, now_us);
	atomic_store(&scope->paced, scope->tempo.blocked || scope->tempo.rate > 0);
	pthread_mutex_unlock(&scope->lock);
	return changed;
}

bool reacts_note_refused(struct react_scope *scope, int64_t began_us, int64_t now_us)
{
	bool changed;

	pthread_mutex_lock(&scope->lock);
	if (!atomic_load(&scope->paced)) {
		scope->tempo.cycle_us = atomic_load(&scope->counted_us);
		scope->tempo.accepted = atomic_load(&scope->counted);
		if (!scope->tempo.cycle_us)
			scope->tempo.cycle_us = began_us;
	}
	changed = tempo_note_refused(&scope->tempo, began_us, now_us);
	atomic_store(&scope->paced, scope->tempo.blocked || scope->tempo.rate > 0);
	pthread_mutex_unlock(&scope->lock);
	return changed;
}

bool reacts_note_cut(struct react_scope *scope, uint64_t messages, int64_t now_us)
{
	uint64_t before, after;

	pthread_mutex_lock(&scope->lock);
	before = stint_most(&scope->learned, now_us);
	stint_note_cut(&scope->learned, messages, now_us);
	after = stint_most(&scope->learned, now_us);
	atomic_store(&scope->stint, after);
	atomic_store(&scope->stint_until_us, scope->learned.until_us);
	pthread_mutex_unlock(&scope->lock);
	return before != after;
}

void reacts_note_carried(struct react_scope *scope, uint64_t messages)
{
	pthread_mutex_lock(&scope->lock);
	stint_note_carried(&scope->learned, messages);
	pthread_mutex_unlock(&scope->lock);
}

uint64_t reacts_stint(struct react_scope *scope, int64_t now_us)
{
	uint64_t most = atomic_load(&scope->stint);

	return most && now_us < atomic_load(&scope->stint_until_us) ? most : 0;
}

/* The longest time between two messages that is asked for. */
static int64_t each_ms(const struct react *react)
{
	static const int64_t periods[PERIODS] = {1000, 60000, 3600000, 86400000};
	int64_t each = 0;

	for (unsigned i = 0; i < PERIODS; i++) {
		uint64_t to = react->lowered[REACT_MESSAGES + i].to;
		int64_t this_each = to ? periods[i] / (int64_t)to : 0;

		if (this_each > each)
			each = this_each;
	}
	return each;
}

int64_t reacts_withhold_ms(struct react_scope *scope, int64_t now_ms)
{
	int64_t until = atomic_load(&scope->until_ms), each;

	if (until > now_ms)
		return until;
	pthread_mutex_lock(&scope->lock);
	each = each_ms(&scope->react);
	until = 0;
	if (each && scope->turn_ms > now_ms) {
		until = scope->turn_ms + each * (int64_t)scope->turns++;
	} else if (each) {
		scope->turn_ms = now_ms + each;
		scope->turns = 0;
	}
	pthread_mutex_unlock(&scope->lock);
	return until;
}
