/*
 * One connection to Redis, from connect to break: an outbox and the fiber that
 * sends it, the fiber that reads, and the requests that wait for replies in
 * the order they were made.
 */
#ifndef RINGPOST_IO_REDIS_LINK_H
#define RINGPOST_IO_REDIS_LINK_H

#include "base/failure.h"
#include "base/pace.h"
#include "io/redis.h"
#include "io/redis_outbox.h"
#include "io/resp.h"
#include "io/stream.h"
#include "run/worker.h"

/* Requests without a reply; a call beyond it fails. */
#define REDIS_PENDING_MAX (1u << 16)

/* A fiber that waits for its reply. */
struct redis_waiter {
	struct condition answered;
	struct redis_reply *reply; /* the waiter's; NULL: the link broke */
	bool done;
	bool unsent; /* it broke before anything of the request left */
	uint64_t number;
};

/* Who gets a reply: one of them, or nobody any more (a tombstone). */
struct redis_pending {
	struct redis_request *request;
	struct redis_waiter *waiter;
	int64_t at_us;
};

struct redis_link {
	struct stream *stream;
	struct scope scope; /* reader and writer */
	struct resp_reader *reader;
	struct redis_outbox outbox;
	struct condition work;	       /* the outbox has something */
	struct turn_hook hook;	       /* … says so at the turn's end */
	struct redis_pending *pending; /* a ring, a power of two */
	size_t capacity;
	uint64_t first, next; /* numbers of the oldest request, of the next */
	uint64_t handed;      /* those before it were handed to the kernel */
	struct timer timer;   /* while requests wait */
	int64_t timeout_us;
	bool overdue;
	bool broken;
	struct failure failure; /* why */
	struct condition broke;
	/* Whose link this is. BROKE_NOW is called first when it breaks. */
	struct redis *redis;
	void (*broke_now)(struct redis *redis);
	struct redis_figures *figures;
	struct pace *pace; /* of replies */
};

/* Takes over *STREAM; starts the fibers. False with a failure, and *STREAM was
 * closed. The caller has set redis, broke_now, figures, pace, timeout_us. */
bool redis_link_open(struct redis_link *link, struct stream **stream);
/* Waits for its fibers, which end at once; breaks it first if need be. */
void redis_link_close(struct redis_link *link, struct deadline deadline);
/*
 * Gives up on it: every request ends without a reply, now; the fibers end
 * later. The reason is the fiber's last failure, of kind CLOSED turned into
 * NETWORK. The link itself stays until it is closed.
 */
void redis_link_break(struct redis_link *link);

/* Queues a command for whoever of *WHO is set. False with FAILURE_STORE. */
bool redis_link_send(struct redis_link *link, size_t count, const struct slice *argv,
	struct redis_pending who);
/* The waiter leaves: its reply, still to come, will be thrown away. */
void redis_link_leave(struct redis_link *link, struct redis_waiter *waiter);

#endif
