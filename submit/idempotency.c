/* Requests that are said twice and done once. */
#include "submit/idempotency.h"

#include "base/buffer.h"
#include "base/crc32c.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"

#define PREFIX	    "rp:api:idem:"
#define RUNNING_FOR SLICE("60")	   /* seconds; see IDEMPOTENCY_TIME_MS */
#define KEPT_FOR    SLICE("86400") /* 24 hours */
#define PRINT_SIZE  25

bool idempotency_key_is_valid(struct slice key)
{
	for (size_t i = 0; i < key.size; i++)
		if (key.at[i] <= ' ' || key.at[i] > '~')
			return false;
	return key.size > 0 && key.size <= IDEMPOTENCY_KEY_MAX;
}

static struct slice redis_key(const struct idempotent *request, struct arena *arena)
{
	return arena_format(arena, PREFIX "%.*s:%.*s", SLICE_PRINT(request->owner),
		SLICE_PRINT(request->key));
}

/* Not against forgers: the key is the client's own. */
static struct slice fingerprint(const struct idempotent *request, struct arena *arena)
{
	return arena_format(arena, "%08x%016llx", crc32c(0, request->request),
		(unsigned long long)request->request.size);
}

/* The reply, no error; NULL with a failure. */
static struct redis_reply *call(struct redis *redis, size_t count,
	const struct slice *argv, struct deadline deadline)
{
	struct redis_reply *reply;

	if (!redis_call(redis, count, argv, &reply, deadline))
		return NULL;
	if (redis_reply_kind(reply) != REDIS_ERROR)
		return reply;
	redis_reply_fail(reply);
	redis_reply_free(&reply);
	return NULL;
}

/* "P" and a fingerprint, or "D", it, the status, a line end, and the answer. */
static enum idempotency read_value(struct slice value, struct slice print,
	struct arena *arena, unsigned *status_r, struct slice *answer_r)
{
	struct slice rest = slice_from(value, 1 + print.size);
	uint64_t status;

	if (!slice_equal(slice_part(value, 1, print.size), print))
		return IDEMPOTENCY_OTHER;
	if (slice_starts(value, SLICE("P")))
		return IDEMPOTENCY_RUNNING;
	if (!slice_to_u64(slice_cut(&rest, '\n'), &status) || status > 599) {
		fail(FAILURE_STORE, "what Redis has of an idempotency key cannot be "
				    "understood");
		return IDEMPOTENCY_UNKNOWN;
	}
	*status_r = (unsigned)status;
	*answer_r = arena_copy(arena, rest);
	return IDEMPOTENCY_DONE;
}

enum idempotency idempotency_begin(const struct idempotent *request,
	struct arena *arena, unsigned *status_r, struct slice *answer_r,
	struct deadline deadline)
{
	struct slice print = fingerprint(request, arena);
	struct slice set[] = {SLICE("SET"), redis_key(request, arena),
		arena_format(arena, "P%.*s", SLICE_PRINT(print)), SLICE("NX"),
		SLICE("GET"), SLICE("EX"), RUNNING_FOR};
	struct redis_reply *reply = call(
		request->redis, ARRAY_COUNT(set), set, deadline);
	enum idempotency found = IDEMPOTENCY_FIRST;

	if (!reply)
		return IDEMPOTENCY_UNKNOWN;
	if (redis_reply_kind(reply) == REDIS_TEXT)
		found = read_value(
			redis_reply_text(reply), print, arena, status_r, answer_r);
	redis_reply_free(&reply);
	return found;
}

void idempotency_end(const struct idempotent *request, unsigned status,
	struct slice answer, struct deadline deadline)
{
	struct arena arena = {0};
	struct buffer value = {0};
	struct slice key = redis_key(request, &arena);
	struct slice print = fingerprint(request, &arena);
	struct redis_reply *reply;

	if (status && answer.size <= IDEMPOTENCY_ANSWER_MAX) {
		buffer_append_format(&value, "D%.*s%u\n", SLICE_PRINT(print), status);
		buffer_append(&value, answer);
		struct slice set[] = {SLICE("SET"), key, buffer_contents(&value),
			SLICE("EX"), KEPT_FOR};

		reply = call(request->redis, ARRAY_COUNT(set), set, deadline);
	} else {
		struct slice del[] = {SLICE("UNLINK"), key};

		reply = call(request->redis, ARRAY_COUNT(del), del, deadline);
	}
	if (!reply)
		event_note(EVENT_WARNING, "idempotency_lost",
			"what came of a request with an Idempotency-Key could not be "
			"kept: %s",
			failure_last()->text);
	redis_reply_free(&reply);
	buffer_finish(&value);
	arena_finish(&arena);
}
