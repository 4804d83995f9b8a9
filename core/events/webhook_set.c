/* The webhooks of a configuration. */
#include "events/webhook_set.h"

#include "base/memory.h"
#include "events/call.h"
#include "run/worker.h"

struct webhook_set *webhook_set_create(const struct config *config)
{
	struct webhook_set *set = NEW(struct webhook_set);

	atomic_store(&set->holders, 1);
	set->list = arena_take_array(
		&set->arena, config->events.webhook_count + 1, sizeof(*set->list));
	return set;
}

bool webhook_set_add(struct webhook_set *set, const struct config *config,
	const struct config_webhook *from)
{
	struct webhook *webhook = &set->list[set->count];

	if (!webhook_configured(config, from, &set->arena, webhook))
		return false;
	webhook->name = arena_copy(&set->arena, webhook->name);
	webhook->url = arena_copy(&set->arena, webhook->url);
	webhook->ca_file = arena_copy(&set->arena, webhook->ca_file);
	set->count++;
	return true;
}

struct webhook_set *webhook_set_hold(struct webhook_set *set)
{
	atomic_fetch_add(&set->holders, 1);
	return set;
}

void webhook_set_release(struct webhook_set **set)
{
	struct webhook_set *old = *set;

	*set = NULL;
	if (!old || atomic_fetch_sub(&old->holders, 1) > 1)
		return;
	for (size_t i = 0; i < old->count; i++)
		memory_wipe((void *)old->list[i].secret.at, old->list[i].secret.size);
	arena_finish(&old->arena);
	memory_free(old);
}

bool webhook_set_begin(
	const struct webhook_set *set, struct redis *redis, struct deadline deadline)
{
	struct arena arena = {0};
	struct redis_reply *reply = NULL;
	struct slice now = arena_format(&arena, "%lld-0", (long long)worker_wall_ms());
	bool good = true;

	for (size_t i = 0; good && i < set->count; i++) {
		struct slice argv[] = {SLICE("HSETNX"),
			webhook_key(WEBHOOK_STATE, set->list[i].name, &arena),
			SLICE("cursor"), now};

		good = events_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);
	}
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}

const struct webhook *webhook_set_find(const struct webhook_set *set, struct slice name)
{
	for (size_t i = 0; i < set->count; i++)
		if (slice_equal(set->list[i].name, name))
			return &set->list[i];
	return NULL;
}
