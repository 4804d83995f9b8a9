/* What one node does for all nodes' events. */
#include "events/keeper.h"

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "events/stream_size.h"

#define ROUND_MS 2000
#define CALL_MS	 10000

struct events_keeper {
	struct events_keeper_options options;
	bool troubled;
};

static void note_trouble(struct events_keeper *keeper, bool good)
{
	if (!good && !keeper->troubled)
		event_note(EVENT_WARNING, "events_not_trimmed", "%s",
			failure_last()->text);
	keeper->troubled = !good;
}

static void run(void *arg)
{
	struct events_keeper *keeper = arg;

	while (fiber_sleep(deadline_after_ms(ROUND_MS))) {
		const struct events_keeper_options *options = &keeper->options;
		struct config *config;
		bool good;

		if (!options->config->events.stream || !redis_is_up(options->redis) ||
			!options->may(options->context))
			continue;
		config = config_hold(options->config);
		good = stream_size_keep(
			options->redis, &config->events, deadline_after_ms(CALL_MS));
		config_release(&config);
		if (good || redis_is_up(options->redis))
			note_trouble(keeper, good);
	}
}

struct events_keeper *events_keeper_open(
	const struct events_keeper_options *options, struct scope *scope)
{
	struct events_keeper *keeper = NEW(struct events_keeper);

	keeper->options = *options;
	config_hold(options->config);
	if (!scope_spawn(scope, "events", run, keeper))
		events_keeper_destroy(&keeper);
	return keeper;
}

void events_keeper_reload(struct events_keeper *keeper, struct config *config)
{
	config_hold(config);
	config_release(&keeper->options.config);
	keeper->options.config = config;
}

void events_keeper_destroy(struct events_keeper **keeper)
{
	struct events_keeper *old = *keeper;

	*keeper = NULL;
	if (!old)
		return;
	config_release(&old->options.config);
	memory_free(old);
}
