/* Events for applications: a worker's way to the stream, and who keeps it. */
#include "daemon/events.h"

#include "base/memory.h"
#include "events/events.h"

#define SENDER_MS 30000 /* for a reply to who sends to webhooks */
#define CLOSE_MS  2000	/* for Redis to take what was raised last */

struct daemon_events {
	struct events *events;	      /* NULL: none are wanted */
	struct events_keeper *keeper; /* worker 0's */
};

/* Who owns the first part of the queue, of all nodes. */
static bool may_keep(void *context)
{
	struct daemon_worker *worker = context;

	return worker->queue && queue_owns(worker->queue, 0);
}

bool daemon_open_events(struct daemon_worker *worker)
{
	struct daemon_events *events = NEW(struct daemon_events);
	const struct daemon *daemon = worker->daemon;
	struct config *config = worker->world->config;
	struct events_keeper_options options = {
		.config = config,
		.webhooks = worker->world->webhooks,
		.redis = worker->redis,
		.sender = {.address = daemon->redis_address,
			.user = daemon->embedded ? NULL : config->queue.user,
			.password = daemon->redis_password,
			.ca_file = config->queue.ca_file,
			.timeout_ms = SENDER_MS},
		.dns = worker->dns,
		.may = may_keep,
		.context = worker,
	};

	worker->events = events;
	events->events = events_open(daemon->events, config, worker->redis);
	if (worker->index > 0)
		return true;
	events->keeper = events_keeper_open(&options, &worker->scope);
	return events->keeper != NULL;
}

void daemon_begin_webhooks(
	struct daemon_worker *worker, struct redis *redis, struct deadline deadline)
{
	struct webhook_set *set = webhook_set_hold(worker->world->webhooks);

	webhook_set_begin(set, redis, deadline);
	webhook_set_release(&set);
}

void daemon_reload_events(struct daemon_worker *worker)
{
	struct daemon_events *events = worker->events;

	events_reload(&events->events, worker->daemon->events, worker->world->config,
		worker->redis);
	if (events->keeper)
		events_keeper_reload(
			events->keeper, worker->world->config, worker->world->webhooks);
}

void daemon_close_events(struct daemon_worker *worker, struct deadline deadline)
{
	if (worker->events)
		events_close(&worker->events->events,
			deadline_earlier(deadline, deadline_after_ms(CLOSE_MS)));
}

void daemon_hurry_events(struct daemon *daemon)
{
	events_keeper_hurry(daemon->workers[0].events->keeper);
}

struct events_keeper_figures daemon_webhook_figures(const struct daemon *daemon)
{
	return events_keeper_figures(daemon->workers[0].events->keeper);
}

void daemon_destroy_events(struct daemon_worker *worker)
{
	if (!worker->events)
		return;
	events_keeper_destroy(&worker->events->keeper);
	memory_free(worker->events);
	worker->events = NULL;
}
