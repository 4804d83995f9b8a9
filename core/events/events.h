/*
 * Events of messages, for applications: each change of what a message is to
 * its sender, as a line of JSON, told beside the operator's log.
 *
 * Whoever sees something happen raises it: a line is written into memory of
 * the worker, nothing more. Lines gathered there go in batches to a stream in
 * Redis, from where webhooks and whoever else follows it have them, and to a
 * file. What is raised before a commit or a settlement of the queue is in the
 * stream before that is: see events_flush. Where nothing is configured, a
 * worker has no struct events, and raising is one comparison.
 */
#ifndef RINGPOST_EVENTS_EVENTS_H
#define RINGPOST_EVENTS_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/slice.h"
#include "events/kind.h"
#include "run/deadline.h"

struct redis;
struct events;	    /* a worker's */
struct events_node; /* a process's: the file, and figures of all */

#define EVENTS_LINE_MAX	   8192	       /* a longer one has its longest texts cut */
#define EVENTS_BATCH_BYTES (64u << 10) /* a batch is closed from there on */
#define EVENTS_MEMORY	   (32u << 20) /* of a worker, while Redis is away */
#define EVENTS_STREAM	   "rp:events:stream"
#define EVENTS_LINES	   "events" /* the one field of an entry, or … */
#define EVENTS_PACKED	   "zstd"   /* … this: the same, packed */

/* What happened. Empty slices and zeroes are left out of the line. */
struct events_fact {
	enum events_kind kind;
	struct slice message; /* its id */
	struct slice tenant, stream;
	struct slice from; /* envelope sender, where `sender` is set */
	bool sender;
	struct slice rcpt;
	struct slice tags;     /* words with one space between them */
	struct slice metadata; /* a JSON object, already valid and on one line */
	struct slice account, client, host, source;
	struct slice reply;    /* theirs, or ours */
	struct slice category; /* of a refusal */
	struct slice reason;
	uint64_t recipients, size, attempt;
	int64_t queue_ms; /* since it was received; 0: left out */
	int64_t until_ms; /* since 1970 */
	bool late;	  /* told by a report that came back */
	bool uncertain;
};

/* This worker's, NULL where nothing is configured: for the functions below. */
extern _Thread_local struct events *events_here;

static inline bool events_wanted(void)
{
	return events_here != NULL;
}

/* Never waits, never fails: what finds no room is counted and dropped. */
void events_raise(const struct events_fact *fact);

/*
 * Sends what was raised so far, ahead of whatever is sent over the same
 * connection to Redis from now on: for the queue, before it commits and
 * settles. Otherwise it is sent within some 20 milliseconds.
 */
void events_send_all(void);
static inline void events_flush(void)
{
	if (events_here)
		events_send_all();
}

/*
 * The same, and waits until the stream has it: for what somebody asked for, who
 * hears then that it is done. True, too, where there is no stream. False: it is
 * not there by DEADLINE or Redis is away; it is sent again like any other.
 */
bool events_await(struct deadline deadline);

/* Whether CONFIG wants any. */
bool events_configured(const struct config *config);

/* Once for the process. NULL with FAILURE_CONFIG: the file cannot be written. */
struct events_node *events_node_create(const struct config *config);
/* Another configuration; the file is opened again (it may have been moved).
 * False with FAILURE_CONFIG: nothing has changed. */
bool events_node_reload(struct events_node *node, const struct config *config);
/* When no worker has events any more; what the file waits for is written. */
void events_node_destroy(struct events_node **node);

/* In a worker, over REDIS, which stays open as long. NULL: none are wanted. */
struct events *events_open(
	struct events_node *node, const struct config *config, struct redis *redis);
/* Puts CONFIG in force on this worker; *EVENTS may appear or go. */
void events_reload(struct events **events, struct events_node *node,
	const struct config *config, struct redis *redis);
/* Sends the rest and waits for Redis to have it, until DEADLINE. */
void events_close(struct events **events, struct deadline deadline);

/* Of all workers together. */
struct events_figures {
	uint64_t raised, dropped; /* since the start */
	uint64_t sent;		  /* Redis has them */
	uint64_t batches;
	uint64_t waiting_bytes;		     /* for Redis */
	int64_t waiting_ms;		     /* the oldest of those, 0: none */
	uint64_t file_written, file_dropped; /* lines */
	uint64_t file_waiting_bytes;
};
struct events_figures events_figures(struct events_node *node);

#endif
