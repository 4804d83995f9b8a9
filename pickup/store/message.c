/* Messages for fibers: the job is handed to the pool, bytes come from memory or
 * through the ring; see message.h. */
#include "store/message.h"

#include <stdatomic.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "run/ring.h"
#include "run/worker.h"
#include "store/message_core.h"

bool view_read(struct view *view, const struct message_reading *reading,
	struct deadline deadline)
{
	struct message_job job = {.account = view->account, .reading = reading};

	if (reading->count > MESSAGES_MAX)
		return fail(FAILURE_LIMIT, "%d messages at once", MESSAGES_MAX);
	for (size_t i = 0; i < reading->count; i++)
		reading->list[i].bytes.fd = -1;
	return !reading->count || (offload(message_job_run, &job, deadline) &&
					  (job.good || fail_again(&job.failure)));
}

bool message_open(struct view *view, uint64_t file, struct arena *arena,
	struct message_file *message_r, struct slice *facts_r,
	enum store_fault *fault_r, struct deadline deadline)
{
	struct stored_message message = {.file = file, .bytes = {.fd = -1}};
	struct arena own = {0};
	struct message_reading reading = {.list = &message,
		.count = 1,
		.wanted = MESSAGE_BYTES | (arena ? MESSAGE_FACTS : 0u),
		.arena = arena ? arena : &own};
	struct message_job job = {.account = view->account, .reading = &reading};
	bool good = offload(message_job_run, &job, deadline);

	*fault_r = STORE_NO_FAULT;
	if (good && (!job.good || message.found != MESSAGE_THERE)) {
		if (job.good && message.found == MESSAGE_GONE)
			*fault_r = STORE_EXPUNGED;
		message_close(&message.bytes);
		good = fail_again(&job.failure);
	}
	if (good)
		*message_r = message.bytes;
	if (good && arena)
		*facts_r = message.facts;
	arena_finish(&own);
	return good;
}

bool message_read(const struct message_file *message, uint64_t offset, void *at,
	size_t size, struct deadline deadline)
{
	size_t done = 0;

	if (offset < message->head_size) {
		done = message->head_size - (size_t)offset;
		done = done < size ? done : size;
		memcpy(at, message->head + offset, done);
	}
	if (done < size && message->fd < 0)
		return fail(FAILURE_DATA, "a message's file ends early");
	while (done < size) {
		int got = ring_read(message->fd, (char *)at + done, size - done,
			offset + done, deadline);

		if (got == 0)
			return fail(FAILURE_DATA, "a message's file ends early");
		if (got < 0)
			return fail_errno(FAILURE_STORE, -got, "read a message");
		done += (unsigned)got;
	}
	return true;
}

void message_close(struct message_file *message)
{
	if (message->fd >= 0)
		ring_close(message->fd);
	message->fd = -1;
	message_drop_head(message);
}
