/*
 * A private redis-server and queues on it, for the tests of the queue: the real
 * server, the real spool, in a directory of their own.
 */
#ifndef RINGPOST_TESTS_QUEUE_WORLD_H
#define RINGPOST_TESTS_QUEUE_WORLD_H

#include <sys/types.h>

#include "base/config.h"
#include "io/redis.h"
#include "queue/queue.h"
#include "queue/queue_admin.h"
#include "queue/spool.h"
#include "run/fiber.h"
#include "run/worker.h"

/* ---- The server: one for the whole program ---- */

struct server {
	char directory[64]; /* of everything */
	char address[96];   /* "unix:/…" */
	pid_t pid;
};

/* Starts it (with "--option value …" MORE); waits until it answers. */
void server_start(struct server *server, const char *more);
/* SIGKILL. The files stay: server_start on the same struct starts it again. */
void server_kill(struct server *server);
/* Kills it and removes the directory. */
void server_finish(struct server *server);
/* What `redis-cli ARGUMENTS` prints, without the last newline. */
const char *server_ask(const struct server *server, const char *arguments);

/* ---- A node with one worker's queue ---- */

/* For what must come in the end: the machine may be busy with others. */
#define PATIENCE_MS 60000

/* Until a request to Redis counts as lost; 10 s where a test says nothing. */
extern int64_t place_timeout_ms;

struct place { /* one node of perhaps several in this process */
	struct config config;
	char directory[96];
	const char *user; /* of Redis, without a password; NULL: nobody */
	struct queue_node *node;
	struct redis *redis;
	struct queue *queue;
	struct scope scope;
	/* the taker */
	size_t wanted;	   /* of each schedule */
	const char *flow;  /* of this flow only; NULL: of any */
	struct list *room; /* where the queue waits for more; or NULL */
	bool settles;	   /* at once, all it is given */
	struct list ready; /* entries given to us */
	size_t ready_count;
	struct condition came;
};

/* NAME: its state directory. Body bytes go to the spool, or to Redis. */
void place_set(
	struct place *place, const struct server *server, const char *name, bool spool);
/* In a fiber. Waits until it accepts mail. */
bool place_open(struct place *place);
/* The same without waiting. */
bool place_start(struct place *place);
/* Puts back what is ready, closes in good order. */
void place_close(struct place *place);
/* Waits until COUNT entries are ready in all, PATIENCE_MS at the most. */
bool place_await(struct place *place, size_t count);
/* The one that came first, out of the list; NULL: none. */
struct entry *place_take(struct place *place);

/* A message to ADDRESSES ("a@x.test b@y.test"), an entry for each domain in
 * the order they first appear. Commits it; ID_R may be NULL. */
bool place_send(struct place *place, const char *addresses, struct slice content,
	struct message_id *id_r, struct deadline deadline);
/* The same without committing: *count_r entries, freed by the commit. */
struct message *place_message(struct place *place, const char *addresses,
	struct slice content, struct entry **entries, size_t *count_r);
/*
 * From here on no lease is renewed, taken or given back, as if its fiber were
 * slow; the leases that are there are fresh. With place_free_leases() the next
 * round begins. Between the two the place is not closed.
 */
bool place_hold_leases(struct place *place);
void place_free_leases(struct place *place);
/* Winds the calendar MS ahead, and lets the keeper look at all schedules. */
void place_wind(struct place *place, int64_t ms);

/* BODY in a worker of its own, with PLACE open on an emptied Redis; closed
 * again behind it. */
void on_worker_with_place(
	struct place *place, const struct server *server, void (*body)(void));
/* The same, on a Redis that is not emptied. */
void with_place_as_it_is(
	struct place *place, const struct server *server, void (*body)(void));
/* Waits MS, letting others run. */
void rest_ms(int64_t ms);
/* Whether COUNT() becomes WANT within PATIENCE_MS. */
bool eventually(uint64_t (*count)(void), uint64_t want);
/* The same for a condition of CONTEXT. */
bool eventually_holds(bool (*holds)(void *context), void *context);
/* The sum of COMMAND {rp:NN}:KEY over the SHARDS. */
uint64_t server_sum(const struct server *server, const char *command, const char *key,
	unsigned shards);

#endif
