/*
 * Events for applications in the daemon: a worker's way to the stream and the
 * file, and, in worker 0, what one node does for all.
 */
#ifndef RINGPOST_DAEMON_EVENTS_H
#define RINGPOST_DAEMON_EVENTS_H

#include "events/keeper.h"

#include "daemon/daemon.h"

/* Behind its Redis. False with a failure. */
bool daemon_open_events(struct daemon_worker *worker);
/* On a new connection, before mail is taken. A Redis that refuses this is no reason
 * to take none. */
void daemon_begin_webhooks(
	struct daemon_worker *worker, struct redis *redis, struct deadline deadline);
/* The worker's world is a new one. */
void daemon_reload_events(struct daemon_worker *worker);
/* Behind the queue, ahead of its Redis: what was raised last is sent. */
void daemon_close_events(struct daemon_worker *worker, struct deadline deadline);
/* In worker 0: webhooks have changed. */
void daemon_hurry_events(struct daemon *daemon);
/* In worker 0. */
struct events_keeper_figures daemon_webhook_figures(const struct daemon *daemon);
/* When the worker's scope is finished. */
void daemon_destroy_events(struct daemon_worker *worker);

#endif
