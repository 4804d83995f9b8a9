/* The stream's size kept, by its marks and by time. */
#include "events/stream_size.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "events/call.h"
#include "events/events.h"
#include "run/worker.h"

#define ID_SIZE 48

/* The last entry before the id BEFORE is what is gone. */
static bool trim(struct redis *redis, const char *before, struct deadline deadline)
{
	char limit[ID_SIZE + 1];
	struct slice last[] = {SLICE("XREVRANGE"), SLICE(EVENTS_STREAM), SLICE_EMPTY,
		SLICE("-"), SLICE("COUNT"), SLICE("1")};
	struct slice note[] = {SLICE("SET"), SLICE(EVENTS_TRIMMED), SLICE_EMPTY};
	struct slice cut[] = {
		SLICE("XTRIM"), SLICE(EVENTS_STREAM), SLICE("MINID"), slice_of(before)};
	struct redis_reply *found = NULL, *reply = NULL;
	bool good;

	snprintf(limit, sizeof(limit), "(%s", before);
	last[2] = slice_of(limit);
	if (!events_call(redis, ARRAY_COUNT(last), last, &found, deadline))
		return false;
	note[2] = redis_reply_text(redis_reply_at(redis_reply_at(found, 0), 0));
	good = note[2].size == 0 ||
	       (events_call(redis, ARRAY_COUNT(note), note, &reply, deadline) &&
		       events_call(redis, ARRAY_COUNT(cut), cut, &reply, deadline));
	redis_reply_free(&reply);
	redis_reply_free(&found);
	return good;
}

static bool trim_by_size(struct redis *redis, uint64_t most, struct deadline deadline)
{
	char number[24], id[ID_SIZE];
	struct slice count[] = {SLICE("LLEN"), SLICE(EVENTS_MARKS)};
	struct slice take[] = {SLICE("LPOP"), SLICE(EVENTS_MARKS), SLICE_EMPTY};
	struct redis_reply *reply = NULL;
	uint64_t allowed = most / EVENTS_MARK_BYTES, there;
	bool good;

	if (!events_call(redis, ARRAY_COUNT(count), count, &reply, deadline))
		return false;
	there = (uint64_t)redis_reply_number(reply);
	if (there <= allowed) {
		redis_reply_free(&reply);
		return true;
	}
	snprintf(number, sizeof(number), "%llu", (unsigned long long)(there - allowed));
	take[2] = slice_of(number);
	if (!events_call(redis, ARRAY_COUNT(take), take, &reply, deadline))
		return false;
	good = redis_reply_count(reply) > 0 &&
	       slice_to_text(redis_reply_text(redis_reply_at(
				     reply, redis_reply_count(reply) - 1)),
		       id, sizeof(id));
	redis_reply_free(&reply);
	return !good || trim(redis, id, deadline);
}

bool stream_size_keep(struct redis *redis, const struct config_events *config,
	struct deadline deadline)
{
	char id[ID_SIZE];

	snprintf(id, sizeof(id), "%lld-0",
		(long long)(worker_wall_ms() - config->stream_keep_ms));
	return trim_by_size(redis, config->stream_size, deadline) &&
	       trim(redis, id, deadline);
}
