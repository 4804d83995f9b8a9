/*
 * Putting off: destinations that are to be left alone for a while, and when a
 * schedule that nobody wants now is looked at again.
 */
#include "base/random.h"
#include "queue/queue_parts.h"

#define UNWANTED_MS	  5000
#define UNWANTED_KNOWN_MS 30000 /* where its backlog is known: it is asked for */
#define POSTPONE_MOST	  (15 * 60 * 1000)
#define POSTPONED_MAX	  65536

static int64_t postponed_ms(struct queue *queue, struct slice domain, int64_t now_ms)
{
	int64_t until = (int64_t)(intptr_t)map_find(&queue->postponed, domain);

	if (until && until <= now_ms) {
		map_remove(&queue->postponed, domain);
		return 0;
	}
	return until;
}

bool take_is_postponed(struct queue *queue, struct slice domain)
{
	return queue->postponed.count > 0 &&
	       postponed_ms(queue, domain, worker_wall_ms()) != 0;
}

/* Those of which we know nothing come by themselves, seldom where there are many. */
int64_t take_look_ms(
	struct queue *queue, const struct schedule *schedule, int64_t now_ms)
{
	int64_t until = postponed_ms(queue, schedule->domain, now_ms);
	int64_t wait_ms = UNWANTED_MS;

	if (until)
		return until < now_ms + POSTPONE_MOST ? until : now_ms + POSTPONE_MOST;
	if (take_is_full(queue) || take_knows_backlog(queue, schedule))
		wait_ms = UNWANTED_KNOWN_MS;
	return now_ms + wait_ms + (int64_t)random_below((uint64_t)wait_ms);
}

static void drop_passed(struct queue *queue, int64_t now_ms)
{
	struct map_cursor cursor = {0};
	struct slice domain;
	void *until;

	while (map_next(&queue->postponed, &cursor, &domain, &until))
		if ((int64_t)(intptr_t)until <= now_ms)
			map_remove(&queue->postponed, domain);
}

void queue_postpone(struct queue *queue, struct slice domain, int64_t until_ms)
{
	int64_t now_ms = worker_wall_ms();

	if (until_ms <= now_ms) {
		map_remove(&queue->postponed, domain);
		queue_want(queue, domain);
		return;
	}
	if (queue->postponed.count >= POSTPONED_MAX)
		drop_passed(queue, now_ms);
	if (queue->postponed.count < POSTPONED_MAX ||
		map_find(&queue->postponed, domain))
		map_set(&queue->postponed, domain, (void *)(intptr_t)until_ms);
}
