/*
 * The daemon's workers: what daemon.c starts, reloads and ends, and the files that
 * open one part of a worker each.
 */
#ifndef RINGPOST_DAEMON_WORKER_H
#define RINGPOST_DAEMON_WORKER_H

#include "daemon/daemon.h"

/* worker.c: a worker's life, as its first fiber. */
void daemon_worker_run(void *worker);
/* deliver.c: mailboxes; a worker's way into them. */
bool daemon_open_store(struct daemon *daemon);
struct local_delivery daemon_open_delivery(struct daemon_worker *worker);
void daemon_close_delivery(struct daemon_worker *worker);
struct returns_listener *daemon_outcomes(struct daemon_worker *worker);
/* pickup.c: a session of POP3 or IMAP, to its end. */
void daemon_serve_pickup(
	struct daemon_worker *worker, const struct session_start *start);
/* receive.c: port 25 of a worker whose other parts are open. */
struct receiving *daemon_open_receiving(struct daemon_worker *worker);
/* Puts WORLD and SOCKETS in force on this worker. */
bool daemon_worker_reload(
	struct daemon_worker *worker, struct world *world, struct sockets *sockets);

/* Puts WORLD, which differs by its DKIM keys only, in force on this worker. */
void daemon_worker_rekey(struct daemon_worker *worker, struct world *world);

#endif
