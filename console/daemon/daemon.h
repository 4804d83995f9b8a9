/*
 * The daemon: `ringpost run`. Puts the parts together, one set for each
 * worker, and sees them through reloads to an end in good order.
 */
#ifndef RINGPOST_DAEMON_DAEMON_H
#define RINGPOST_DAEMON_DAEMON_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "account/accounts.h"
#include "daemon/world.h"
#include "deliver/delivery.h"
#include "feedback/verp_keeper.h"
#include "feedback/refusals.h"
#include "feedback/returns_told.h"
#include "feedback/suppression.h"
#include "io/dns.h"
#include "io/redis.h"
#include "queue/embedded.h"
#include "queue/queue.h"
#include "receive/receiving.h"
#include "relay/relay.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "serve/listener.h"
#include "session/attendance.h"
#include "submit/submission.h"

/* A worker's set of parts. Everything but `worker` belongs to its thread. */
struct daemon_worker {
	struct daemon *daemon;
	unsigned index;
	struct worker *worker;
	struct world *world; /* held: what is in force here */
	struct scope scope;  /* of its parts' fibers */
	struct scope sessions;
	struct scope asked; /* of answers to the admin socket */
	struct dns *dns;
	struct redis *redis;
	struct daemon_events *events;
	struct traces *traces;
	struct queue *queue;
	struct verp_keeper *verp;
	struct refusals *refusals;
	struct relay *relay;
	struct store_port *store_port;
	struct delivery *delivery;
	struct keeper *keeper; /* worker 0's, or NULL */
	struct returns_listener outcomes;
	struct accounts *accounts;
	struct submission *submission;
	struct receiving *receiving;
	struct daemon_http *http;
	struct returns *returns;
	struct listeners *listeners;
	struct condition stop; /* broadcast when `stopping` is set */
	bool open, stopping, ended;
	struct letter stop_letter;
	pthread_t thread; /* not worker 0's */
	bool threaded;
};

struct daemon_doors;
struct domains;

struct daemon {
	const char *path;
	const struct daemon_doors *doors;
	struct world *world;	       /* held: the newest */
	struct config *started_config; /* held: the first */
	struct sockets *sockets;       /* of that */
	struct session_counts *counts;
	struct queue_node *queue_node;
	struct relay_node *relay_node;
	struct logins *logins;
	struct submission_node *submission_node;
	struct store *store;	       /* of mailboxes */
	struct index *index;	       /* of those, or NULL */
	struct attendance *attendance; /* of those who read them */
	struct events_node *events;
	struct suppression *suppression; /* worker 0 follows it */
	struct receiving_node *receiving_node;
	struct domains *domains;	 /* worker 0 follows them */
	struct admin *admin;		 /* worker 0's, or NULL */
	struct embedded_redis *embedded; /* worker 0's, or NULL */
	char *redis_address, *redis_password, *admin_path;
	struct daemon_worker *workers;
	unsigned worker_count;
	_Atomic unsigned running;   /* workers that have not ended */
	_Atomic unsigned accepting; /* workers that could take mail once */
	unsigned unstarted;	    /* of those, never begun */
	bool stopping, reloading;
	_Atomic bool failed; /* ends with a failure status */
	int signals;	     /* signalfd */
	int64_t started_ms;
	struct deadline ending; /* when it must have ended; once stopping */
	unsigned reloads;
	struct buffer later;	  /* names of keys that wait for the next start */
	char reload_trouble[512]; /* why the last reload was refused; "" */
};

/* Runs until SIGTERM or SIGINT; the process's exit status. */
int daemon_run(const char *path, const struct daemon_doors *doors);
/* Reads the configuration again and puts it in force, or not at all; false
 * with what is wrong in ERRORS. In worker 0. */
bool daemon_reload(
	struct daemon *daemon, struct buffer *errors, struct deadline deadline);
/* The same on SIGHUP: trouble goes to the log. */
void daemon_reload_on_signal(struct daemon *daemon);
/* Begins the end; returns at once. In worker 0. */
void daemon_stop(struct daemon *daemon);
/* The same from any worker, and the exit status will say so. */
void daemon_fail(struct daemon *daemon);

#endif
