/*
 * Reload: everything is read and checked before anything changes; then each
 * worker puts the new world in force for what begins from now on.
 */
#include "daemon/worker.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "events/events.h"

#include "daemon/fixed_keys.h"
#include "daemon/log.h"

#define RELOAD_MS 30000

struct reloading {
	struct daemon *daemon;
	struct world *world;
	struct sockets *sockets;
	struct buffer *errors, warnings;
};

static void reload_job(void *arg)
{
	struct reloading *reloading = arg;
	struct daemon *daemon = reloading->daemon;

	reloading->world = world_load(
		daemon->path, reloading->errors, &reloading->warnings);
	if (!reloading->world)
		return;
	reloading->sockets = sockets_open(
		reloading->world->config, daemon->worker_count, daemon->sockets);
	if (!reloading->sockets || !log_open(reloading->world->config) ||
		!events_node_reload(daemon->events, reloading->world->config)) {
		buffer_append_format(reloading->errors, "%s\n", failure_last()->text);
		sockets_close(&reloading->sockets);
		world_release(&reloading->world);
	}
}

/* One worker's share of a reload; the sockets go with the last of them. */
struct reload_letter {
	struct letter letter;
	struct daemon_worker *worker;
	struct world *world; /* held */
	struct sockets *sockets;
	struct sockets *old;
	_Atomic unsigned *left;
};

static void reload_here(struct letter *letter)
{
	struct reload_letter *mine = CONTAINER_OF(letter, struct reload_letter, letter);

	if (!mine->worker->ended &&
		!daemon_worker_reload(mine->worker, mine->world, mine->sockets))
		event_note(EVENT_ERROR, "reload_failed", "%s", failure_last()->text);
	world_release(&mine->world);
	if (atomic_fetch_sub(mine->left, 1) == 1) {
		sockets_close(&mine->old);
		memory_free((void *)mine->left);
	}
	memory_free(mine);
}

static void reload_workers(struct daemon *daemon, struct sockets *old)
{
	_Atomic unsigned *left = memory_allocate(sizeof(*left));

	atomic_store(left, daemon->worker_count);
	for (unsigned i = 0; i < daemon->worker_count; i++) {
		struct reload_letter *letter = NEW(struct reload_letter);

		*letter = (struct reload_letter){
			.letter.run = reload_here,
			.worker = &daemon->workers[i],
			.world = world_hold(daemon->world),
			.sockets = daemon->sockets,
			.old = old,
			.left = left,
		};
		worker_post(letter->worker->worker, &letter->letter);
	}
}

static void put_in_force(struct daemon *daemon, struct reloading *reloading)
{
	struct sockets *old = daemon->sockets;

	buffer_clear(&daemon->later);
	fixed_keys_changed(
		daemon->started_config, reloading->world->config, &daemon->later);
	if (buffer_size(&daemon->later))
		event_note(EVENT_WARNING, "restart_needed",
			"changed, but in force only from the next start on: %.*s",
			SLICE_PRINT(buffer_contents(&daemon->later)));
	world_succeed(reloading->world, daemon->world);
	world_release(&daemon->world);
	daemon->world = reloading->world;
	daemon->sockets = reloading->sockets;
	daemon->reloads++;
	reload_workers(daemon, old);
	event_note(EVENT_INFO, "reloaded", "%s is in force", daemon->path);
}

/* False: nothing has changed, ERRORS says why. */
static bool reload(
	struct daemon *daemon, struct buffer *errors, struct deadline deadline)
{
	struct reloading reloading = {.daemon = daemon, .errors = errors};
	bool read = offload(reload_job, &reloading, deadline);

	if (!read)
		buffer_append_format(errors, "%s\n", failure_last()->text);
	if (buffer_size(&reloading.warnings))
		event_note(EVENT_WARNING, "configuration", "%.*s",
			SLICE_PRINT(
				slice_trim_all(buffer_contents(&reloading.warnings))));
	buffer_finish(&reloading.warnings);
	if (reloading.world && daemon->stopping) {
		sockets_close(&reloading.sockets);
		world_release(&reloading.world);
		buffer_append(errors, SLICE("the server is stopping\n"));
	}
	if (reloading.world)
		put_in_force(daemon, &reloading);
	return reloading.world != NULL;
}

/* For systemd, whose RELOADING wants to know when. */
static void tell_reloading(void)
{
	sd_notifyf(
		0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_monotonic_us());
}

bool daemon_reload(
	struct daemon *daemon, struct buffer *errors, struct deadline deadline)
{
	struct slice text;

	if (daemon->reloading || daemon->stopping)
		return fail(FAILURE_LIMIT, "a reload or the end is under way");
	daemon->reloading = true;
	tell_reloading();
	daemon->reload_trouble[0] = 0;
	if (!reload(daemon, errors, deadline)) {
		text = slice_trim_all(buffer_contents(errors));
		snprintf(daemon->reload_trouble, sizeof(daemon->reload_trouble), "%.*s",
			SLICE_PRINT(text));
		event_note(EVENT_ERROR, "reload_refused",
			"the old configuration stays in force: %.*s",
			SLICE_PRINT(text));
	}
	sd_notify(0, "READY=1");
	daemon->reloading = false;
	return daemon->reload_trouble[0] == 0;
}

void daemon_reload_on_signal(struct daemon *daemon)
{
	struct buffer errors = {0};

	/* Refused, it is in the log. */
	daemon_reload(daemon, &errors, deadline_after_ms(RELOAD_MS));
	buffer_finish(&errors);
}
