/*
 * The operator's view of the queue: find, list, hold, release, retry, drop.
 * Works on the shards this worker owns; the caller asks every worker.
 */
#ifndef RINGPOST_QUEUE_QUEUE_ADMIN_H
#define RINGPOST_QUEUE_QUEUE_ADMIN_H

#include "queue/queue.h"

enum queue_state { QUEUE_READY, QUEUE_TAKEN, QUEUE_DEFERRED, QUEUE_HELD };
const char *queue_state_name(enum queue_state state);

struct queue_item;
struct queue_selector {
	struct slice id;     /* message id or entry key; empty: any */
	struct slice domain; /* destination; empty: any */
	struct slice sender; /* address, or "@domain"; empty: any */
	struct slice tenant, stream; /* empty: any */
	struct slice tag;    /* one of its tags; empty: any */
	const unsigned *shard; /* this one only; NULL: any */
	bool state_set;
	enum queue_state state;
	/* What else it must be like; NULL: anything. Does not suspend. */
	bool (*filter)(void *context, const struct queue_item *item);
	void *filter_context;
};

struct queue_item {
	enum queue_state state;
	const struct entry *entry; /* valid during the call; its message has a body
				      only where the selector has an id; what is held
				      until a time has it in due_ms, else 0 */
};

/*
 * Calls VISIT for each entry that matches until it returns false. By domain,
 * tenant and stream their schedules are used; by sender or tag alone it is a scan
 * in pages, other fibers go on meanwhile. Entries may come or go during it.
 */
bool queue_each(struct queue *queue, const struct queue_selector *selector,
		bool (*visit)(void *context, const struct queue_item *item), void *context,
		struct deadline deadline);
/* Counts by state, and by domain (the *COUNT largest; 0 is cheaper), without a
 * scan. */
struct queue_domain_count {
	char domain[256];
	uint64_t count;
	int64_t next_due_ms;
};
bool queue_count(struct queue *queue, uint64_t by_state_r[4],
		struct queue_domain_count *domains_r, size_t *count,
		struct deadline deadline);

/*
 * How old the mail of this worker is. Ages of some of its entries, taken at random,
 * up to QUEUE_AGES of each shard: of all of them where there are no more. LATE: by
 * how much what is due first is late; 0: nothing is.
 */
#define QUEUE_AGES 16
struct queue_ages {
	int64_t late_ms;
	int64_t *ages_ms; /* the caller's to free (memory_free) */
	size_t count;
};
bool queue_ages(
	struct queue *queue, struct queue_ages *ages_r, struct deadline deadline);

/* What the guard saw last, some seconds ago; 0: nothing yet. */
struct queue_room {
	uint64_t disk_free, disk_least;	   /* bytes; below LEAST no mail is accepted */
	uint64_t memory_used, memory_most; /* of Redis; MOST 0: without limit */
};
struct queue_room queue_node_room(const struct queue_node *node);

/*
 * RETRY: due now. HOLD: Q5. RELEASE: Q5 → due now. DROP: gone without a
 * bounce. REBIND: leaves by POOL, or as ROUTE says, from its next attempt on; an
 * empty name: as it would have. RESCHEDULE: what waits is held until DUE_MS, or
 * due now where that is over; what was not tried yet expires EXPIRE_MS later, what
 * was keeps its time, and nothing that would be over by then is touched, nor what
 * is held by hand. Entries being delivered at this moment are marked, and it
 * happens at their settlement (RELEASE and RESCHEDULE leave them alone).
 * *changed_r counts; with DRY_RUN it counts what there is, and nothing is changed.
 * Each change but REBIND is an event.
 */
enum queue_action {
	QUEUE_RETRY = 1, /* no null pointer, where a wish is asked for */
	QUEUE_HOLD,
	QUEUE_RELEASE,
	QUEUE_DROP,
	QUEUE_REBIND,
	QUEUE_RESCHEDULE
};
enum queue_told {
	QUEUE_TOLD_DONE,
	QUEUE_TOLD_LATER, /* it is being delivered; where it is not, then */
	QUEUE_TOLD_NOT	  /* as it was: being delivered, held by hand, gone meanwhile */
};
struct queue_wish {
	enum queue_action action;
	bool dry_run;
	bool by_sender; /* a message's own, not an operator's: events say so */
	const struct slice *pool, *route;   /* of REBIND; NULL: it stays */
	int64_t due_ms, expire_ms;	    /* of RESCHEDULE */
	/* Hears what becomes of each entry that it concerns, unless NULL. ENTRY is
	 * NULL where it cannot be understood. Does not suspend. */
	void (*told)(void *context, const struct entry *entry, enum queue_told how);
	void *context;
};
bool queue_act(struct queue *queue, const struct queue_wish *wish,
		const struct queue_selector *selector, uint64_t *changed_r,
		struct deadline deadline);

#endif
