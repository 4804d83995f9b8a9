/*
 * The ring from inside run/: operations, the turn's one enter, and buffers.
 * ring.c, behind this header, is the only file that knows liburing.
 *
 * Private to run/.
 */
#ifndef RINGPOST_RUN_RING_CORE_H
#define RINGPOST_RUN_RING_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/ring.h"

struct ring;

/*
 * Something the kernel does for us and will answer. The memory must stay
 * until the completion that says no more follow.
 */
struct operation {
	/* MORE: further completions follow. Runs on the worker's own stack. */
	void (*complete)(
		struct operation *operation, int result, unsigned flags, bool more);
	uint64_t id; /* of this submission; 0: the kernel does not have it */
};

/* The fields of a submission, with the names and values of io_uring(7). */
struct request {
	uint8_t code;	    /* IORING_OP_… */
	bool buffer_select; /* into a provided buffer */
	uint16_t io_priority;
	int fd;
	uint64_t offset; /* or a second address */
	const void *at;
	uint32_t size;
	uint32_t flags; /* of the operation */
};

#define RING_ENTRIES 4096
#define BUFFER_COUNT 1024
#define BUFFER_SIZE  8192

struct ring_setup {
	unsigned entries, buffer_count, buffer_size;
};

/* NULL with FAILURE_RESOURCE. Usable by one thread from ring_enable on. */
struct ring *ring_create(const struct ring_setup *setup);
void ring_destroy(struct ring **ring);
void ring_enable(struct ring *ring);

void ring_submit(
	struct ring *ring, struct operation *operation, const struct request *request);
/* Asks for the end of an operation, which still completes. */
void ring_cancel(struct ring *ring, struct operation *operation);
/* A close whose outcome nobody waits for. */
void ring_submit_close(struct ring *ring, int fd);
/* Whether it runs completions only when we enter (DEFER_TASKRUN). */
bool ring_is_deferred(const struct ring *ring);
/* How many operations the kernel has. */
size_t ring_in_flight(const struct ring *ring);

/*
 * Submits everything, and waits for a completion for at most TIMEOUT_US
 * (INT64_MAX: as long as it takes; 0: not at all).
 */
void ring_enter(struct ring *ring, int64_t timeout_us);
/* Takes all completions out of the kernel's queue, then delivers them. */
void ring_drain(struct ring *ring);

/* Provided buffers. A completion names one it filled, or gives -1. */
int ring_buffer_of(unsigned flags);
char *ring_buffer_at(const struct ring *ring, int buffer);
void ring_buffer_return(struct ring *ring, int buffer);
unsigned ring_buffers_free(const struct ring *ring);
unsigned ring_buffer_count(const struct ring *ring);

struct ring_figures *ring_figures_of(struct ring *ring);

/* Sets the FAILURE_RESOURCE that explains why no ring was made; false. */
bool ring_refused(int error);

/* Re-arms receivers that found no buffer, as far as there are some now. */
struct worker;
void ring_receivers_rearm(struct worker *worker);
/* Frees what is kept for those to come. */
void ring_receivers_finish(struct worker *worker);

#endif
