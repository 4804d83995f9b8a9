/*
 * The inside of events: between the files events*.c.
 */
#ifndef RINGPOST_EVENTS_EVENTS_CORE_H
#define RINGPOST_EVENTS_EVENTS_CORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/list.h"
#include "events/events.h"
#include "events/events_file.h"
#include "io/redis.h"
#include "run/fiber.h"
#include "run/worker.h"

#define EVENTS_PREFIX_BYTES 6

/* Lines on their way to the stream, kept until Redis has them: while they are
 * gathered as they are, then perhaps packed. */
struct events_batch {
	struct link link;
	struct redis_request request;
	struct events *events;	     /* NULL: it is gone */
	bool sent;		     /* and not yet answered */
	bool packed;		     /* as packed.h does it */
	unsigned count, filed_count; /* lines; those the file was given */
	size_t size, filed;	     /* bytes of them */
	int64_t first_us;	     /* the oldest line's time */
	char bytes[EVENTS_BATCH_BYTES + EVENTS_LINE_MAX];
};

struct events {
	struct link link; /* of the node's workers */
	struct events_node *node;
	struct redis *redis;
	struct events_file *file; /* or NULL */
	bool stream;
	bool troubled;		 /* Redis refuses batches, and it was told */
	_Atomic uint64_t number; /* raised; this worker alone adds to it */
	/* An event's id: what is this worker's alone, and the number. */
	char prefix[2 * EVENTS_PREFIX_BYTES + 1], id[40];
	int64_t at_ms; /* what `at` says */
	char at[CLOCK_TEXT_SIZE];
	size_t at_size;
	struct events_batch *open; /* being filled; once there is one, it stays */
	struct packer *packer;	   /* or NULL: lines go as they are */
	struct list batches;	   /* closed, in order; those sent come first */
	_Atomic size_t bytes;	   /* of all batches */
	_Atomic int64_t oldest_us; /* of what Redis does not have; 0: none */
	size_t unmarked;	   /* bytes in the stream since the last mark */
	int64_t again_us;	   /* not sent before, after an error */
	int64_t told_dropped_us;
	uint64_t dropped; /* since that was told */
	struct timer timer;
	struct turn_hook hook; /* for the file */
	struct condition answered;
};

struct events_node {
	pthread_mutex_t lock;
	struct list workers;
	struct events_file *file;
	_Atomic uint64_t raised; /* by workers whose events are closed */
	_Atomic uint64_t dropped, sent, batches;
};

/* events_stream.c: closes the open batch, and sends all that waits, if it can. */
void events_stream_send(struct events *events);
/* Batches that have no answer yet outlive EVENTS. */
void events_stream_orphan(struct events *events);
/* events.c: the file has all of the open batch. */
void events_give_to_file(struct events *events);
/* A line could not be kept. */
void events_note_dropped(struct events *events, unsigned count);
/* Publishes how old the oldest line is. */
void events_note_oldest(struct events *events);

#endif
