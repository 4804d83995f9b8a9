/*
 * The queue: the only owner of its keys in Redis (through queue.lua) and of
 * message bodies. One struct queue per worker; typed calls, one for each
 * function of the library ringpost_1. States Q0 … Q5 and every transition are
 * in README.md beside this file.
 */
#ifndef RINGPOST_QUEUE_QUEUE_H
#define RINGPOST_QUEUE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "queue/body.h"
#include "queue/message.h"
#include "queue/taker.h"
#include "run/fiber.h"

struct queue;
struct redis;
struct queue_node; /* what a process's workers share: spool, node name, guards */

/*
 * Before workers: takes the state directory for this process (a second one
 * hears so), opens the spool, looks at the free space. NULL with FAILURE_FILE,
 * CONFIG, RESOURCE.
 */
struct queue_node *queue_node_open(const struct config *config, unsigned workers);
void queue_node_close(struct queue_node **node);
/* Ours among all nodes, kept over restarts. */
const char *queue_node_name(const struct queue_node *node);
struct spool *queue_node_spool(const struct queue_node *node); /* NULL: redis bodies */
/*
 * redis_options.prepare of the queue's connection, with the node as context:
 * loads the function library, compares the schema and the number of shards,
 * looks whether what Redis acknowledges is durable.
 */
bool queue_prepare(struct redis *redis, void *node, struct deadline deadline);
/*
 * One sentence when the Redis that answered cannot be used as it is (another
 * schema, another number of shards, not durable): the daemon then ends at
 * start-up. NULL: no such trouble so far.
 */
const char *queue_node_refusal(const struct queue_node *node);

/* In a worker; has fibers of its own until it is closed. REDIS stays open as
 * long; its being down is no failure. NULL with FAILURE_LIMIT. */
struct queue *queue_open(struct queue_node *node, const struct config *config,
		struct redis *redis);
/* TAKER is copied; NULL: nobody takes (entries stay Q2). */
void queue_set_taker(struct queue *queue, const struct queue_taker *taker);
/* Settles what is pending (until DEADLINE), gives leases back, ends. Entries
 * the taker still has may no longer be settled: Redis has them as they were. */
void queue_close(struct queue **queue, struct deadline deadline);

/* Whether new mail can be taken now; false with FAILURE_STORE and why (Redis
 * down, no shard owned, disk or memory below its guard). Cheap. */
bool queue_accepts(struct queue *queue);
struct bodies *queue_bodies(struct queue *queue);
/* Whether SHARD's owner is this worker now: one of all nodes', for what one of them
 * does for all. */
bool queue_owns(struct queue *queue, unsigned shard);
/* An id in the shard that the next commit goes to. */
struct message_id queue_new_id(struct queue *queue);

/*
 * Q0 → Q3 (or Q2 where the taker wants no more): makes the message and its
 * entries durable; many callers share one write, one call and one fsync. True
 * means safe on stable storage, and the entries are the queue's. False: they
 * are not accepted and gone (an outcome that cannot be known is undone as soon
 * as it can be); FAILURE_STORE, TIMEOUT, CANCELLED. ENTRIES are taken over
 * either way.
 */
bool queue_commit(struct queue *queue, struct message *message,
		struct entry *const *entries, size_t count, struct deadline deadline);
/*
 * The same in two steps, for who has other things to do meanwhile. NULL when it
 * is refused at once. What was begun must be ended, by DEADLINE known or not;
 * _is_known: ending it would not wait.
 */
struct job;
struct job *queue_commit_begin(struct queue *queue, struct message *message,
		struct entry *const *entries, size_t count);
bool queue_commit_is_known(const struct job *job);
bool queue_commit_end(struct job **job, struct deadline deadline);

/*
 * Settlement of an entry in Q3; never waits, is written in batches and again
 * after an outage. All take the entry over.
 */
void queue_settle(struct queue *queue, struct entry *entry); /* → Q0: all done */
void queue_defer(struct queue *queue, struct entry *entry, int64_t due_ms); /* → Q4,
		with its recipients, notes and attempts as they are now */
void queue_hold(struct queue *queue, struct entry *entry);   /* → Q5 */
/* Not tried: back to Q2/Q4 as it was, due at DUE_MS. */
void queue_put_back(struct queue *queue, struct entry *entry, int64_t due_ms);

/* Nothing of DOMAIN is to be taken before UNTIL_MS (its site is down): its
 * entries then cost nothing but their place. 0: at once. */
void queue_postpone(struct queue *queue, struct slice domain, int64_t until_ms);
/* The taker has room again for DOMAIN / for all that waits in ROOM, which is empty
 * then. Whoever gives up a list has to call this, too. */
void queue_want(struct queue *queue, struct slice domain);
void queue_want_room(struct queue *queue, struct list *room);

/* Figures of this worker. */
struct queue_figures {
	uint64_t committed, commits, settled, settles, deferred, taken, abandoned;
	uint64_t active, active_bytes; /* in memory */
	uint64_t shards;
	uint64_t recovering;	       /* of these; what an earlier owner left is sought */
	int64_t commit_us_longest; /* last minute */
};
struct queue_figures queue_figures(const struct queue *queue);

#endif
