/*
 * Pools, and whose turn it is in them.
 */
#include "relay/pool.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

#define STEP_ONE (UINT64_C(1) << 32) /* of weight 1 */

/* ---- Choices ---- */

/* Many choices see a few messages only: so who begins is drawn by weight, and
 * somewhere within its run. */
static void draw(struct choice *choice)
{
	const struct pool *pool = choice->pool;
	uint64_t all = 0, at;

	for (size_t i = 0; i < pool->count; i++)
		all += STEP_ONE / pool->members[i].step;
	at = random_below(all);
	while (at >= STEP_ONE / pool->members[choice->current].step)
		at -= STEP_ONE / pool->members[choice->current++].step;
	choice->left = 1 + (unsigned)random_below(POOL_RUN);
}

struct choice *choice_hold(struct pool *pool, struct slice hosts)
{
	struct choice *choice = map_find(&pool->choices, hosts);

	if (!choice) {
		choice = NEW(struct choice);
		choice->pool = pool;
		choice->hosts = slice_make(memory_copy_text(hosts), hosts.size);
		choice->pass = memory_allocate_array(pool->count, sizeof(uint64_t));
		draw(choice);
		map_set(&pool->choices, hosts, choice);
	}
	choice->holders++;
	return choice;
}

void choice_release(struct choice **choice)
{
	struct choice *old = *choice;

	*choice = NULL;
	if (!old || --old->holders > 0)
		return;
	map_remove(&old->pool->choices, old->hosts);
	memory_free((void *)(uintptr_t)old->hosts.at);
	memory_free(old->pass);
	memory_free(old);
}

/* Within a pool nobody is further behind than one run of the least: one that is
 * was out, and does not make up for all of it. */
static void catch_up(struct choice *choice, size_t i)
{
	uint64_t most = 2 * POOL_RUN * choice->pool->step_most;

	if (choice->now > most && choice->pass[i] < choice->now - most)
		choice->pass[i] = choice->now - most;
}

static bool turn(struct choice *choice,
	bool (*usable)(void *context, struct source *source), void *context)
{
	const struct pool *pool = choice->pool;
	size_t best = pool->count;

	for (size_t i = 0; i < pool->count; i++) {
		catch_up(choice, i);
		if ((best == pool->count || choice->pass[i] < choice->pass[best]) &&
			usable(context, pool->members[i].source))
			best = i;
	}
	if (best == pool->count)
		return false;
	choice->current = best;
	choice->left = POOL_RUN;
	return true;
}

struct source *choice_next(struct choice *choice,
	bool (*usable)(void *context, struct source *source), void *context)
{
	const struct pool_member *member = &choice->pool->members[choice->current];

	if ((choice->left == 0 || !usable(context, member->source)) &&
		!turn(choice, usable, context))
		return NULL;
	member = &choice->pool->members[choice->current];
	choice->left--;
	choice->now = choice->pass[choice->current];
	choice->pass[choice->current] += member->step;
	return member->source;
}

/* ---- The pools of a configuration ---- */

static void add_member(struct pool *pool, struct source *source, uint64_t weight)
{
	uint64_t step = STEP_ONE / weight;

	pool->members[pool->count++] = (struct pool_member){source, step};
	if (step > pool->step_most)
		pool->step_most = step;
}

static void make_pool(
	struct sources *sources, struct pool *pool, const struct config_pool *config)
{
	pool->name = config->name;
	pool->members = memory_allocate_array(
		config->member_count, sizeof(*pool->members));
	for (size_t i = 0; i < config->member_count; i++)
		add_member(pool, &sources->list[config->members[i].place],
			config->members[i].weight);
	if (config->overflow)
		pool->overflow = sources_pool(sources, config->overflow);
}

void pools_create(struct sources *sources)
{
	const struct config *config = sources->config;
	struct pool *all;

	sources->pool_count = config->pool_count + 1;
	sources->pools = memory_allocate_array(
		sources->pool_count, sizeof(*sources->pools));
	all = &sources->pools[0];
	all->name = "";
	all->members = memory_allocate_array(sources->count, sizeof(*all->members));
	for (size_t i = 0; i < sources->count; i++)
		add_member(all, &sources->list[i], 1);
	for (size_t i = 0; i < config->pool_count; i++)
		make_pool(sources, &sources->pools[i + 1], &config->pools[i]);
}

void pools_destroy(struct sources *sources)
{
	for (size_t i = 0; i < sources->pool_count; i++) {
		assert(sources->pools[i].choices.count == 0);
		map_finish(&sources->pools[i].choices);
		memory_free(sources->pools[i].members);
	}
	memory_free(sources->pools);
}

struct pool *sources_pool(const struct sources *sources, const char *name)
{
	const struct config_pool *found;

	found = name ? config_pool_find(sources->config, name) : NULL;
	return &sources->pools[found ? 1 + (found - sources->config->pools) : 0];
}
