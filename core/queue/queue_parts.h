/*
 * What the parts of a worker's queue offer each other. Inside the queue layer
 * only.
 */
#ifndef RINGPOST_QUEUE_QUEUE_PARTS_H
#define RINGPOST_QUEUE_QUEUE_PARTS_H

#include "queue/queue_core.h"
#include "queue/queue_schedule.h"

#define TAKE_ENTRIES 200 /* taken in one call */

struct call;

/* Whether anything may be sent for it: owned, on this connection, in time. */
bool shard_is_usable(const struct queue *queue, const struct shard *shard);
/* Another has it: what is in memory of it is nothing any more. */
void shard_lose(struct queue *queue, struct shard *shard);

/* queue_active.c: entries in memory */
bool active_has_room(const struct queue *queue, const struct entry *entry, bool urgent);
void active_add(struct queue *queue, struct shard *shard, struct entry *entry);
/* Takes it out of the accounts; the entry stays. */
void active_remove(struct queue *queue, struct shard *shard, struct entry *entry);
/* Now the taker's, with no more of its body in memory than there is room for. */
void active_hand_over(struct queue *queue, struct entry *entry);
/* Counts the body of KEY's entry as alive, once in this process: of a new one,
 * and of one met in Redis while the shard's bodies are not all counted. */
void active_count_new(struct queue *queue, struct shard *shard, struct slice key,
	const struct entry *entry);
void active_count_met(struct queue *queue, struct shard *shard, struct slice key,
	const struct entry *entry);
/* An entry that has left the queue for good. */
void active_uncount_body(struct queue *queue, struct shard *shard, struct slice key,
	const struct entry *entry);

/* queue_commit.c, queue_flow.c */
void commit_store(void *queue);
void commit_send(void *queue);
/* At the end: jobs that no fiber has in hand. */
void commit_fail_waiting(struct queue *queue);

/* queue_settle.c: how an entry leaves memory */
enum settle {
	SETTLE_NOT,
	SETTLE_DONE,
	SETTLE_UNDO,
	SETTLE_AGAIN,
	SETTLE_AS_IT_WAS,
	SETTLE_HELD
};
void settle_add(struct queue *queue, struct entry *entry, enum settle how);
/* Sends all that waits, where it can be sent. */
void settle_flush(struct queue *queue);
bool settle_is_idle(const struct queue *queue);
/* At the end: requests on their way forget the queue. */
void settle_orphan(struct queue *queue);

/* queue_keep.c, queue_take.c, queue_recover.c, queue_compact.c */
void keep_run(void *queue);
void keep_soon(struct queue *queue, struct shard *shard, int64_t due_ms);
bool take_due(struct queue *queue, struct shard *shard);
/* How many of SCHEDULE may come now. */
size_t take_wanted_now(struct queue *queue, const struct schedule *schedule);
/* Runs a call of `take` and finishes it; hands over what came. The reply, or NULL. */
struct redis_reply *take_call(
	struct queue *queue, struct shard *shard, struct call *call);
/* queue_backlog.c */
bool take_wanted(struct queue *queue);
void take_note_backlog(
	struct queue *queue, const struct schedule *schedule, struct shard *shard);
bool take_knows_backlog(struct queue *queue, const struct schedule *schedule);
/* There are so many that no more are known. */
bool take_is_full(const struct queue *queue);
/* The taker's lists are no more. */
void take_forget_rooms(struct queue *queue);
void take_finish(struct queue *queue);
/* queue_postpone.c */
bool take_is_postponed(struct queue *queue, struct slice domain);
/* When SCHEDULE, due now, is to be looked at, as nobody wants it now. */
int64_t take_look_ms(
	struct queue *queue, const struct schedule *schedule, int64_t now_ms);
/* One page of a shard that is not recovered; false: nothing to do. */
bool recover_step(struct queue *queue);
/* Something may have left the schedule with nobody knowing: page again. */
void recover_again(struct shard *shard);
bool compact_step(struct queue *queue);

/* lease.c */
void lease_run(void *queue);
void lease_give_back(struct queue *queue, struct deadline deadline);
void lease_orphan(struct queue *queue);

/* queue_guard.c */
void guard_run(void *queue);

#endif
