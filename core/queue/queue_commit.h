/*
 * The inside of committing: messages on their way, and the call that carries
 * those of one shard. For queue_commit.c, queue_flow.c and queue_group.c.
 */
#ifndef RINGPOST_QUEUE_QUEUE_COMMIT_H
#define RINGPOST_QUEUE_QUEUE_COMMIT_H

#include "base/failure.h"
#include "queue/queue_parts.h"

/* A message from queue_commit on. Whoever waits for it frees it once it is
 * resolved; when nobody waits any more (abandoned), the committer does. */
struct job {
	struct link link;
	struct message *message; /* held */
	struct entry **entries;	 /* NULL once they are somebody else's */
	size_t count;
	int64_t arrived_us;
	struct condition resolved;
	enum { JOB_ARRIVING, JOB_TAKEN, JOB_SAFE, JOB_FAILED } state;
	bool placed;  /* decided which entries go to the taker */
	bool unknown; /* sent once, and nobody knows what became of it */
	bool abandoned;
	struct failure failure;
};

struct job *job_create(
	struct message *message, struct entry *const *entries, size_t count);
void job_free(struct job **job);
/* Not accepted, for the fiber's last failure: resolves it, undoes what may
 * have been written. */
void job_fail(struct queue *queue, struct job *job);

/* All of JOBS fail, for the fiber's last failure. */
void jobs_fail(struct queue *queue, struct list *jobs);
/* Fails those nobody waits for, and those that have waited for Redis long enough
 * (with nothing unknown about them: those wait for their own deadline). Returns
 * how many are left. */
size_t jobs_prune(struct queue *queue, struct list *jobs);

/* The jobs a sender has in hand. */
struct batch {
	struct list *jobs;
	struct condition answered;
};

/* The jobs of one shard in one call, and its answer. */
struct group {
	struct redis_request commit, wait;
	struct queue *queue; /* NULL: it is gone */
	struct shard *shard;
	struct batch *batch; /* it came from */
	struct list jobs;
	unsigned pending; /* answers to come */
	bool unknown;	  /* the connection broke, or too few replicas */
	bool refused;	  /* an error reply, `failure` */
	char gone[64];	  /* the key of a body that is no longer there */
	struct failure failure;
};

/* Takes the batch's jobs of usable shards into at most MAX groups and sends
 * them. Returns how many. */
size_t groups_send(
	struct queue *queue, struct batch *batch, struct group **groups, size_t max);
/* Resolves its jobs, or puts them back into the batch to be sent again; frees
 * it. */
void group_resolve(struct queue *queue, struct group **group);
/* Lets go of one that has no answer yet; its jobs fail. */
void group_orphan(struct group **group);

/* Which of the job's entries the taker gets, as long as no fiber switches
 * between jobs of one round. */
struct promises {
	struct map schedules; /* name -> entries promised in this round */
	size_t most;	    /* entries there can be in this round */
};
void job_place(struct queue *queue, struct promises *promises, struct job *job);
/* Puts the call together. */
struct call;
void group_build(struct group *group, struct call *call);

#endif
