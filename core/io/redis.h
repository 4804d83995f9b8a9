/*
 * Redis (RESP) over our own streams: pipelined, reconnecting with back-off.
 * "Down" is a normal state: calls fail at once with FAILURE_STORE, nothing
 * queues up behind a dead server.
 *
 * A call that was written and got no reply has an unknown outcome; it fails
 * with FAILURE_STORE and redis_outcome_is_unknown() is true until the next
 * call: ask again, never insert blindly.
 */
#ifndef RINGPOST_IO_REDIS_H
#define RINGPOST_IO_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "run/fiber.h"

struct redis;
struct redis_reply;

struct redis_options {
	const char *address;  /* unix:/path, redis://host:port/db, rediss://… */
	const char *user, *password; /* or NULL */
	const char *ca_file;  /* rediss; NULL: system's */
	int64_t timeout_ms;   /* for each reply; then the connection is dropped */
	/* Called in a fiber after each (re)connect before anything else is sent:
	 * loads the function library, checks versions. False: not usable, try
	 * again later. NULL: nothing to do. */
	bool (*prepare)(struct redis *redis, void *context, struct deadline deadline);
	void *context;
};

/* Connects in the background, in SCOPE; never fails for a server that is
 * down. NULL with FAILURE_CONFIG for a bad address. */
struct redis *redis_open(const struct redis_options *options, struct scope *scope);
void redis_close(struct redis **redis);
bool redis_is_up(const struct redis *redis);
/* Why it is down, one line; "" when up. */
const char *redis_trouble(const struct redis *redis);
bool redis_wait_up(struct redis *redis, struct deadline deadline);

/*
 * One command, argv[0] its name. Calls of several fibers in one turn travel in
 * one send. True: *reply_r is the reply (free it), which may be an error
 * reply: see redis_reply_error. False: FAILURE_STORE, TIMEOUT, CANCELLED; a
 * fiber that leaves early leaves a tombstone, its reply is thrown away.
 */
bool redis_call(struct redis *redis, size_t count, const struct slice *argv,
		struct redis_reply **reply_r, struct deadline deadline);
bool redis_outcome_is_unknown(const struct redis *redis);

/*
 * Sends without waiting; DONE is called under the rules of a turn hook (it may
 * wake, spawn and send again, it may not suspend) with the reply, or with NULL
 * when the connection broke; the reply is freed afterwards. Replies come in
 * the order of the requests. False with FAILURE_STORE: down, or too much waits
 * (REDIS_PENDING_MAX, REDIS_OUTBOX_MAX); DONE is not called. ARGV is copied.
 */
struct redis_request {
	void (*done)(struct redis_request *request, const struct redis_reply *reply);
};
bool redis_send(struct redis *redis, size_t count, const struct slice *argv,
		struct redis_request *request);

enum redis_kind {
	REDIS_NOTHING, REDIS_TEXT, REDIS_NUMBER, REDIS_LIST, REDIS_ERROR
};
/* redis_call whose error replies are failures (redis_reply_fail). */
bool redis_command(struct redis *redis, size_t count, const struct slice *argv,
		struct redis_reply **reply_r, struct deadline deadline);
/* The same with a reply of KIND, or NOTHING where that is TEXT; any other is
 * FAILURE_STORE. */
bool redis_ask(struct redis *redis, size_t count, const struct slice *argv,
		enum redis_kind kind, struct redis_reply **reply_r,
		struct deadline deadline);
/* These take NULL for REDIS_NOTHING, and give an empty text, 0 or NULL for what
 * a reply is not; so a chain of them needs one check at its end. */
enum redis_kind redis_reply_kind(const struct redis_reply *reply);
struct slice redis_reply_text(const struct redis_reply *reply); /* or error */
int64_t redis_reply_number(const struct redis_reply *reply); /* also of a text */
size_t redis_reply_count(const struct redis_reply *reply);
const struct redis_reply *redis_reply_at(const struct redis_reply *reply, size_t index);
void redis_reply_free(struct redis_reply **reply);

/* An error reply as a failure: FENCED for our "FENCED …", STORE for the rest
 * (LOADING MISCONF OOM READONLY MASTERDOWN NOREPLICAS BUSY CLUSTERDOWN MOVED
 * ASK TRYAGAIN …). Returns false. */
bool redis_reply_fail(const struct redis_reply *reply);

struct redis_figures {
	uint64_t calls, sends, errors, reconnects;
	int64_t longest_us; /* slowest reply of the last minute */
};
struct redis_figures redis_figures(const struct redis *redis);

#endif
