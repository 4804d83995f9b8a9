/*
 * What the queue's own files share: a worker's queue, its shards, and the calls
 * between the parts. Inside the queue layer only; others see queue.h.
 *
 * A worker's fibers: storers and senders (queue_flow.c), the keeper, which alone
 * takes, recovers and compacts (queue_keep.c), the leaser (lease.c), and in
 * worker 0 the guard (queue_guard.c). Settlements need no fiber (queue_settle.c).
 */
#ifndef RINGPOST_QUEUE_QUEUE_CORE_H
#define RINGPOST_QUEUE_QUEUE_CORE_H

#include "base/map.h"
#include "base/pace.h"
#include "io/redis.h"
#include "queue/queue.h"
#include "queue/queue_node.h"
#include "run/worker.h"

#define QUEUE_ACTIVE_MAX   20000 /* entries in memory, of a worker */
#define QUEUE_STAGE_FIBERS 2 /* of each stage; with three, batches only get smaller */

struct shard {
	unsigned index;
	char prefix[16];
	bool owned, leaving;
	unsigned tenure; /* how often it became ours */
	uint64_t epoch;
	uint64_t connection;  /* the epoch was made on this one of ours */
	int64_t until_us;     /* not to be used after this */
	struct map active;    /* key -> entry in memory, until Redis has heard */
	struct list settling; /* entries to be written, oldest first */
	size_t settling_count;
	int64_t next_due_ms; /* when to look at its schedule; 0: now */
	int64_t looked_us;   /* when we did */
	bool woken;	     /* what others put off is looked at in its time */
	bool recovered;	     /* its entries were paged through */
	bool counted;	     /* its bodies are all counted, by this process */
	struct map seen;     /* key -> itself: counted while it was not */
	char cursor[24];     /* of the page that comes next */
	bool damaged;	     /* has entries that cannot be understood */
	uint64_t strays;     /* found in no schedule, so far */
};

/* The spool segment being emptied. */
struct compaction {
	bool active;
	uint32_t segment;
	uint64_t offset;
	struct map handled; /* message ids met in it */
	int64_t next_us;
};

struct queue {
	struct queue_node *node;
	const struct config *config;
	struct redis *redis;
	struct bodies *bodies;
	unsigned worker;
	struct queue_taker taker;

	struct shard *shards; /* all there are, by index */
	unsigned shard_count;
	unsigned current; /* where new messages go */
	int64_t current_until_us;
	uint64_t ids;

	struct list arriving; /* jobs whose bodies are not stored yet */
	struct list stored;   /* jobs whose bodies are, not sent yet */
	size_t stored_count;
	struct condition arrived, stored_some, stored_less;
	struct list storing[QUEUE_STAGE_FIBERS]; /* what each storer has in hand */
	struct list sending[QUEUE_STAGE_FIBERS]; /* … sender, that is not in a call */
	unsigned storers, senders;		 /* fibers of each */
	unsigned syncing; /* batches whose bodies are: settlements wait for the call */

	struct timer settle_timer;
	struct list settlements; /* requests on their way */

	struct condition keep;	    /* something to take, recover or look at */
	bool stalled;		    /* memory is full: nothing is taken */
	struct list wanted;	    /* backlogs the taker has room for again */
	struct map backlogs;	    /* schedule -> where more of it waits */
	struct map backlog_domains; /* domain -> what is known of its backlogs */
	struct map postponed;	    /* domain -> until when */
	struct compaction compaction;
	int64_t opened_us;

	struct list leasing; /* lease requests on their way */
	struct condition leases_changed;
	struct condition lease_now; /* do not wait for the next round */
	char lease_trouble[248];    /* why Redis refuses them; "": it does not */

	struct scope fibers;
	struct condition settled; /* some answer to settlements has come */
	bool closing;

	size_t active, active_bytes, active_bytes_max;
	struct queue_figures figures;
	struct pace pace; /* of commits */
};

/* queue.c */
struct shard *queue_shard(struct queue *queue, unsigned index);

#endif
