/* What one node does for all nodes' events. */
#include "events/keeper.h"

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "events/stream_size.h"
#include "events/webhook_send.h"
#include "run/worker.h"

#define ROUND_MS 1000
#define TRIM_US	 2000000
#define CALL_MS	 10000

struct events_keeper {
	struct events_keeper_options options;
	struct redis *redis; /* the senders'; NULL while there are none */
	struct scope scope;  /* its fibers */
	struct sender **senders;
	unsigned sender_count;
	struct condition wake;
	int64_t trimmed_us, since_ms; /* the configuration is in force */
	bool troubled;
};

/* ---- The stream's size ---- */

static void note_trouble(struct events_keeper *keeper, bool good)
{
	if (!good && !keeper->troubled)
		event_note(EVENT_WARNING, "events_not_trimmed", "%s",
			failure_last()->text);
	keeper->troubled = !good;
}

static void keep_size(struct events_keeper *keeper)
{
	const struct events_keeper_options *options = &keeper->options;
	struct config *config = config_hold(options->config);
	bool good;

	if (worker_now_us() - keeper->trimmed_us >= TRIM_US) {
		keeper->trimmed_us = worker_now_us();
		good = stream_size_keep(
			options->redis, &config->events, deadline_after_ms(CALL_MS));
		if (good || redis_is_up(options->redis))
			note_trouble(keeper, good);
	}
	config_release(&config);
}

/* ---- Webhooks ---- */

static const struct webhook *find(
	const struct webhook *list, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal(list[i].name, name))
			return &list[i];
	return NULL;
}

/* Those of the configuration, then those in Redis of other names. */
static bool collect(struct redis *redis, const struct webhook_set *set,
	struct arena *arena, struct webhook **list_r, size_t *count_r)
{
	struct webhook *made, *list;
	size_t made_count, count = 0;

	if (!webhooks_read(
		    redis, arena, &made, &made_count, deadline_after_ms(CALL_MS)))
		return false;
	list = arena_take_array(arena, set->count + made_count + 1, sizeof(*list));
	for (size_t i = 0; i < set->count; i++)
		list[count++] = set->list[i];
	for (size_t i = 0; i < made_count; i++)
		if (!find(list, set->count, made[i].name) && !made[i].disabled)
			list[count++] = made[i];
	*list_r = list;
	*count_r = count;
	return true;
}

static void stop_senders(struct events_keeper *keeper)
{
	while (keeper->sender_count)
		sender_close(&keeper->senders[--keeper->sender_count]);
	memory_free(keeper->senders);
	keeper->senders = NULL;
	if (!keeper->redis)
		return;
	scope_finish(&keeper->scope, deadline_after_ms(0));
	redis_close(&keeper->redis);
}

static void stop_others(
	struct events_keeper *keeper, const struct webhook *list, size_t count)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < keeper->sender_count; i++) {
		struct sender *sender = keeper->senders[i];
		const struct webhook *its = sender_webhook(sender);
		const struct webhook *wanted = find(list, count, its->name);

		if (wanted && webhook_equal(wanted, its))
			keeper->senders[kept++] = sender;
		else
			sender_close(&sender);
	}
	keeper->sender_count = kept;
}

static bool runs(const struct events_keeper *keeper, struct slice name)
{
	for (unsigned i = 0; i < keeper->sender_count; i++)
		if (slice_equal(sender_webhook(keeper->senders[i])->name, name))
			return true;
	return false;
}

static void start(struct events_keeper *keeper, const struct webhook *webhook)
{
	struct sender_options options = {.webhook = webhook,
		.dns = keeper->options.dns,
		.since_ms = keeper->since_ms,
		.senders = &keeper->sender_count};
	struct sender *sender;

	if (!keeper->redis) {
		scope_init(&keeper->scope);
		keeper->redis = redis_open(&keeper->options.sender, &keeper->scope);
		if (!keeper->redis)
			return;
	}
	options.redis = keeper->redis;
	sender = sender_open(&options);
	if (!sender)
		return;
	keeper->senders = memory_resize(
		keeper->senders, (keeper->sender_count + 1) * sizeof(struct sender *));
	keeper->senders[keeper->sender_count++] = sender;
}

static void keep_senders(struct events_keeper *keeper)
{
	struct webhook_set *set = webhook_set_hold(keeper->options.webhooks);
	struct arena arena = {0};
	struct webhook *list;
	size_t count;

	if (collect(keeper->options.redis, set, &arena, &list, &count)) {
		stop_others(keeper, list, count);
		for (size_t i = 0; i < count && !fiber_is_cancelled(); i++)
			if (!runs(keeper, list[i].name))
				start(keeper, &list[i]);
		if (count == 0)
			stop_senders(keeper);
	}
	arena_finish(&arena);
	webhook_set_release(&set);
}

/* ---- Rounds ---- */

static void run(void *arg)
{
	struct events_keeper *keeper = arg;
	const struct events_keeper_options *options = &keeper->options;

	while (!fiber_is_cancelled()) {
		if (!redis_is_up(options->redis)) {
			/* Senders wait for it themselves. */
		} else if (!options->config->events.stream ||
			   !options->may(options->context)) {
			stop_senders(keeper);
		} else {
			keep_size(keeper);
			keep_senders(keeper);
		}
		condition_wait(&keeper->wake, deadline_after_ms(ROUND_MS));
	}
	stop_senders(keeper);
}

struct events_keeper *events_keeper_open(
	const struct events_keeper_options *options, struct scope *scope)
{
	struct events_keeper *keeper = NEW(struct events_keeper);

	keeper->options = *options;
	keeper->since_ms = worker_wall_ms();
	config_hold(options->config);
	webhook_set_hold(options->webhooks);
	condition_init(&keeper->wake);
	if (!scope_spawn(scope, "events", run, keeper))
		events_keeper_destroy(&keeper);
	return keeper;
}

void events_keeper_reload(struct events_keeper *keeper, struct config *config,
	struct webhook_set *webhooks)
{
	config_hold(config);
	config_release(&keeper->options.config);
	keeper->options.config = config;
	webhook_set_hold(webhooks);
	webhook_set_release(&keeper->options.webhooks);
	keeper->options.webhooks = webhooks;
	keeper->since_ms = worker_wall_ms();
	events_keeper_hurry(keeper);
}

void events_keeper_hurry(struct events_keeper *keeper)
{
	condition_broadcast(&keeper->wake);
}

struct events_keeper_figures events_keeper_figures(const struct events_keeper *keeper)
{
	struct events_keeper_figures figures = {.webhooks = keeper->sender_count};

	for (unsigned i = 0; i < keeper->sender_count; i++) {
		const struct webhook_state *state = sender_state(keeper->senders[i]);
		int64_t behind_ms = sender_behind_ms(keeper->senders[i]);

		figures.failing += state->failing_ms != 0;
		figures.sent += state->sent;
		figures.failed += state->failed;
		figures.dead += state->dead;
		if (behind_ms > figures.behind_ms)
			figures.behind_ms = behind_ms;
	}
	return figures;
}

void events_keeper_destroy(struct events_keeper **keeper)
{
	struct events_keeper *old = *keeper;

	*keeper = NULL;
	if (!old)
		return;
	config_release(&old->options.config);
	webhook_set_release(&old->options.webhooks);
	memory_free(old);
}
