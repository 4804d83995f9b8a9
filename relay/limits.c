/*
 * Shared counts. The rate is kept as the time of the next message: whoever
 * moves it on may send.
 */
#include "relay/limits.h"

#include <assert.h>
#include <pthread.h>

#include "base/map.h"
#include "base/memory.h"

/* A late wake-up is made up for, so much and no more. */
#define RATE_SLACK_US 10000

struct relay_node {
	pthread_mutex_t lock; /* of the map and the holders in it */
	struct map sites;
	_Atomic uint64_t connections;
	_Atomic int crowded;
	struct tls_memory *tls_memory;
};

struct relay_node *relay_node_create(void)
{
	struct relay_node *node = NEW(struct relay_node);

	pthread_mutex_init(&node->lock, NULL);
	node->tls_memory = tls_memory_create();
	return node;
}

void relay_node_destroy(struct relay_node **node)
{
	struct relay_node *old = *node;

	*node = NULL;
	if (!old)
		return;
	assert(old->sites.count == 0);
	map_finish(&old->sites);
	tls_memory_destroy(&old->tls_memory);
	pthread_mutex_destroy(&old->lock);
	memory_free(old);
}

struct tls_memory *relay_node_tls_memory(struct relay_node *node)
{
	return node->tls_memory;
}

struct site_limits *limits_hold(struct relay_node *node, struct slice site)
{
	struct site_limits *limits;

	pthread_mutex_lock(&node->lock);
	limits = map_find(&node->sites, site);
	if (!limits) {
		limits = NEW(struct site_limits);
		map_set(&node->sites, site, limits);
	}
	limits->holders++;
	pthread_mutex_unlock(&node->lock);
	return limits;
}

void limits_release(
	struct relay_node *node, struct slice site, struct site_limits **limits)
{
	struct site_limits *old = *limits;

	*limits = NULL;
	if (!old)
		return;
	pthread_mutex_lock(&node->lock);
	if (--old->holders == 0) {
		map_remove(&node->sites, site);
		memory_free(old);
	}
	pthread_mutex_unlock(&node->lock);
}

static bool one_more(_Atomic uint64_t *count, uint64_t most)
{
	if (atomic_fetch_add(count, 1) < most)
		return true;
	atomic_fetch_sub(count, 1);
	return false;
}

bool limits_connect(struct site_limits *limits, uint64_t most)
{
	return one_more(&limits->connections, most);
}

void limits_disconnect(struct site_limits *limits)
{
	atomic_fetch_sub(&limits->connections, 1);
}

bool limits_connect_any(struct relay_node *node, uint64_t most)
{
	return one_more(&node->connections, most);
}

void limits_disconnect_any(struct relay_node *node)
{
	atomic_fetch_sub(&node->connections, 1);
}

void limits_crowd(struct relay_node *node, int more)
{
	atomic_fetch_add(&node->crowded, more);
}

bool limits_is_crowded(const struct relay_node *node)
{
	return atomic_load(&node->crowded) > 0;
}

bool limits_send(struct site_limits *limits, uint64_t per_second, int64_t now_us)
{
	int64_t next, from;

	if (per_second == 0)
		return true;
	next = atomic_load(&limits->next_us);
	do {
		if (next > now_us)
			return false;
		from = next > now_us - RATE_SLACK_US ? next : now_us - RATE_SLACK_US;
	} while (!atomic_compare_exchange_weak(
		&limits->next_us, &next, from + 1000000 / (int64_t)per_second));
	return true;
}

int64_t limits_wait_us(struct site_limits *limits, uint64_t per_second, int64_t now_us)
{
	int64_t next;

	if (per_second == 0)
		return 0;
	next = atomic_load(&limits->next_us);
	return next > now_us ? next - now_us : 0;
}
