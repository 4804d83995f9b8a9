/* Dead letters: batches of events that a webhook did not take in time. */
#include "events/webhook_dead.h"

#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"
#include "events/call.h"

#define MAX_TEXT "1000"
#define ID_SIZE	 64

_Static_assert(WEBHOOK_DEAD_MAX == 1000, "as MAX_TEXT says");

/* In one exact number: a letter may be of a MiB. */
bool webhook_dead_add(struct redis *redis, struct slice name, struct slice body,
	size_t count, const char *why, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice argv[] = {SLICE("XADD"), webhook_key(WEBHOOK_DEAD, name, &arena),
		SLICE("MAXLEN"), SLICE(MAX_TEXT), SLICE("*"), SLICE("count"),
		arena_format(&arena, "%zu", count), SLICE("why"), slice_of(why),
		SLICE("events"), body};
	struct redis_reply *reply = NULL;
	bool good = events_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);

	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}

static struct webhook_dead read_letter(const struct redis_reply *entry)
{
	const struct redis_reply *fields = redis_reply_at(entry, 1);

	return (struct webhook_dead){
		.id = redis_reply_text(redis_reply_at(entry, 0)),
		.count = (uint64_t)redis_reply_number(redis_reply_at(fields, 1)),
		.why = redis_reply_text(redis_reply_at(fields, 3)),
		.lines = redis_reply_text(redis_reply_at(fields, 5)),
	};
}

/* One at a time: each may be large. */
bool webhook_dead_walk(struct redis *redis, struct slice name, struct slice after,
	bool (*visit)(void *context, const struct webhook_dead *dead,
		struct deadline deadline),
	void *context, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice argv[] = {SLICE("XRANGE"), webhook_key(WEBHOOK_DEAD, name, &arena),
		SLICE("-"), SLICE("+"), SLICE("COUNT"), SLICE("1")};
	struct redis_reply *reply = NULL;
	bool good, goes_on = true;
	char begin[ID_SIZE] = "-";

	if (after.size)
		snprintf(begin, sizeof(begin), "(%.*s", SLICE_PRINT(after));
	do {
		struct webhook_dead dead;

		argv[2] = slice_of(begin);
		good = events_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);
		if (!good || redis_reply_count(reply) == 0)
			break;
		dead = read_letter(redis_reply_at(reply, 0));
		snprintf(begin, sizeof(begin), "(%.*s", SLICE_PRINT(dead.id));
		goes_on = visit(context, &dead, deadline);
	} while (goes_on);
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}

bool webhook_dead_remove(struct redis *redis, struct slice name, struct slice id,
	struct deadline deadline)
{
	struct arena arena = {0};
	struct slice argv[] = {
		SLICE("XDEL"), webhook_key(WEBHOOK_DEAD, name, &arena), id};
	struct redis_reply *reply = NULL;
	bool good = events_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);

	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}

bool webhook_dead_count(struct redis *redis, struct slice name, uint64_t *count_r,
	struct deadline deadline)
{
	struct arena arena = {0};
	struct slice argv[] = {SLICE("XLEN"), webhook_key(WEBHOOK_DEAD, name, &arena)};
	struct redis_reply *reply = NULL;
	bool good = events_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);

	if (good)
		*count_r = (uint64_t)redis_reply_number(reply);
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}
