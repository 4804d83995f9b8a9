/*
 * The guard, in worker 0: looks at the free disk space and at Redis' memory, so
 * that new mail is refused before either is full, and keeps the spool swept.
 * When no mail comes it lets go of the memory that the last burst took.
 */
#include <sys/statvfs.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"
#include "queue/spool.h"

#define SWEEP_MS      250
#define LOOK_MS	      2000
#define CALL_LIMIT_MS 5000
#define FULL_PERCENT  95 /* of maxmemory: room for what makes room */

struct space {
	const char *directory;
	uint64_t free;
	bool known;
};

static void look_at_space(void *arg)
{
	struct space *space = arg;
	struct statvfs disk;

	space->known = statvfs(space->directory, &disk) == 0;
	if (space->known)
		space->free = (uint64_t)disk.f_bavail * disk.f_frsize;
}

static void set(_Atomic bool *flag, bool now, const char *event, const char *what)
{
	if (atomic_exchange(flag, now) != now)
		event_note(EVENT_WARNING, event, "%s: new mail is %s", what,
			now ? "refused" : "taken again");
}

static void guard_space(struct queue_node *node)
{
	struct space space = {.directory = node->directory};

	if (!offload(look_at_space, &space, deadline_after_ms(LOOK_MS)) || !space.known)
		return;
	atomic_store(&node->space_free, space.free);
	set(&node->space_low, space.free < node->free_space, "queue_disk",
		"free disk space is below queue.free_space");
}

/* The number behind "\nNAME:" in an INFO text; 0: not there. */
static uint64_t info_number(struct slice info, const char *name)
{
	size_t at = slice_find(info, slice_of(name));
	struct slice rest = slice_from(info, at);
	uint64_t number = 0;

	slice_cut(&rest, ':');
	slice_to_u64(slice_trim_all(slice_cut(&rest, '\n')), &number);
	return number;
}

static void guard_memory(struct queue *queue)
{
	struct slice argv[2] = {SLICE("INFO"), SLICE("memory")};
	struct redis_reply *reply = NULL;
	uint64_t used, most;

	if (!redis_is_up(queue->redis) || !redis_command(queue->redis, 2, argv, &reply,
						  deadline_after_ms(CALL_LIMIT_MS)))
		return;
	most = info_number(redis_reply_text(reply), "\nmaxmemory:");
	used = info_number(redis_reply_text(reply), "\nused_memory:");
	atomic_store(&queue->node->memory_used, used);
	atomic_store(&queue->node->memory_most, most);
	set(&queue->node->memory_full, most && used > most / 100 * FULL_PERCENT,
		"queue_memory", "Redis is near its maxmemory");
	redis_reply_free(&reply);
}

static void give_back(void *arg)
{
	(void)arg;
	memory_give_back();
}

/* COMMITTED: as of the last look. */
static void guard_heap(const struct queue *queue, uint64_t *committed)
{
	if (*committed == queue->figures.committed && queue->active == 0)
		offload(give_back, NULL, deadline_after_ms(LOOK_MS));
	*committed = queue->figures.committed;
}

void guard_run(void *arg)
{
	struct queue *queue = arg;
	uint64_t committed = 0;
	unsigned round = 0;

	while (!queue->closing && !fiber_is_cancelled()) {
		if (round++ % (LOOK_MS / SWEEP_MS) == 0) {
			guard_space(queue->node);
			guard_memory(queue);
			guard_heap(queue, &committed);
		}
		if (queue->node->spool)
			spool_sweep(queue->node->spool, deadline_after_ms(LOOK_MS));
		if (!queue->closing)
			condition_wait(&queue->lease_now, deadline_after_ms(SWEEP_MS));
	}
}
