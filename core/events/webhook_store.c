/* Webhooks in Redis: those made by calls, and what became of each. */
#include "events/webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "events/call.h"
#include "run/worker.h"

#define VERSION "1"
#define FIELDS	9

struct slice webhook_key(const char *prefix, struct slice name, struct arena *arena)
{
	return arena_format(arena, "%s%.*s", prefix, SLICE_PRINT(name));
}

/* ---- Packed: a line for each member, none of which has a line end ---- */

struct slice webhook_pack(const struct webhook *webhook, struct arena *arena)
{
	struct slice numbers = arena_format(arena,
		"%" PRIu32 "\n%" PRIu64 "\n%" PRId64 "\n%" PRId64 "\n%d\n%d",
		webhook->kinds, webhook->batch, webhook->timeout_ms,
		webhook->retry_for_ms, webhook->private_addresses, webhook->disabled);
	struct slice parts[] = {SLICE(VERSION "\n"), webhook->url, SLICE("\n"),
		webhook->secret, SLICE("\n"), webhook->tenants, SLICE("\n"), numbers};
	size_t size = 0;
	char *text, *at;

	for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
		size += parts[i].size;
	text = at = arena_take(arena, size + 1);
	for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
		if (parts[i].size)
			at = mempcpy(at, parts[i].at, parts[i].size);
	return slice_make(text, size);
}

static bool take_number(struct slice *rest, uint64_t *number_r)
{
	return slice_to_u64(slice_cut(rest, '\n'), number_r);
}

bool webhook_unpack(struct slice name, struct slice packed, struct arena *arena,
	struct webhook *webhook_r)
{
	struct slice rest = arena_copy(arena, packed);
	struct webhook webhook = {.name = arena_copy(arena, name)};
	uint64_t numbers[6] = {0};
	bool good = slice_equal(slice_cut(&rest, '\n'), SLICE(VERSION));

	webhook.url = slice_cut(&rest, '\n');
	webhook.secret = slice_cut(&rest, '\n');
	webhook.tenants = slice_cut(&rest, '\n');
	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++)
		good = good && take_number(&rest, &numbers[i]);
	webhook.kinds = (uint32_t)numbers[0];
	webhook.batch = numbers[1];
	webhook.timeout_ms = (int64_t)numbers[2];
	webhook.retry_for_ms = (int64_t)numbers[3];
	webhook.private_addresses = numbers[4] != 0;
	webhook.disabled = numbers[5] != 0;
	if (!good)
		return fail(FAILURE_DATA, "webhook \"%.*s\" cannot be understood",
			SLICE_PRINT(name));
	if (!webhook_check(&webhook))
		return false;
	*webhook_r = webhook;
	return true;
}

/* One that cannot be understood is left out: a newer node knows it. */
bool webhooks_read(struct redis *redis, struct arena *arena, struct webhook **list_r,
	size_t *count_r, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HGETALL"), SLICE(WEBHOOKS_KEY)};
	struct redis_reply *reply = NULL;
	struct webhook *list;
	size_t count = 0;

	if (!events_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline))
		return false;
	list = arena_take_array(arena, redis_reply_count(reply) / 2 + 1, sizeof(*list));
	for (size_t i = 0; i + 1 < redis_reply_count(reply) && count < WEBHOOKS_MAX;
		i += 2)
		count += webhook_unpack(redis_reply_text(redis_reply_at(reply, i)),
			redis_reply_text(redis_reply_at(reply, i + 1)), arena,
			&list[count]);
	redis_reply_free(&reply);
	*list_r = list;
	*count_r = count;
	return true;
}

static bool has_room(struct redis *redis, struct slice name, struct deadline deadline)
{
	struct slice exists[] = {SLICE("HEXISTS"), SLICE(WEBHOOKS_KEY), name};
	struct slice length[] = {SLICE("HLEN"), SLICE(WEBHOOKS_KEY)};
	struct redis_reply *reply = NULL;
	bool good, there, full;

	if (!events_call(redis, ARRAY_COUNT(exists), exists, &reply, deadline))
		return false;
	there = redis_reply_number(reply) > 0;
	good = events_call(redis, ARRAY_COUNT(length), length, &reply, deadline);
	full = good && !there && redis_reply_number(reply) >= WEBHOOKS_MAX;
	redis_reply_free(&reply);
	return full ? fail(FAILURE_LIMIT, "there are %d webhooks, which is the most",
			      WEBHOOKS_MAX)
		    : good;
}

/* One that is new is sent what comes from now on. */
static bool begin(struct redis *redis, struct slice name, struct deadline deadline)
{
	struct webhook_state state;

	if (!webhook_state_read(redis, name, &state, deadline))
		return false;
	if (state.known)
		return true;
	state.cursor.ms = (uint64_t)worker_wall_ms();
	return webhook_state_write(redis, name, &state, deadline);
}

bool webhooks_write(
	struct redis *redis, const struct webhook *webhook, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice argv[] = {
		SLICE("HSET"), SLICE(WEBHOOKS_KEY), webhook->name, SLICE_EMPTY};
	struct redis_reply *reply = NULL;
	bool good = webhook_check(webhook) && has_room(redis, webhook->name, deadline);

	argv[3] = webhook_pack(webhook, &arena);
	good = good && begin(redis, webhook->name, deadline) &&
	       events_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}

bool webhooks_remove(
	struct redis *redis, struct slice name, bool *was_r, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice field[] = {SLICE("HDEL"), SLICE(WEBHOOKS_KEY), name};
	struct slice keys[] = {SLICE("UNLINK"),
		webhook_key(WEBHOOK_STATE, name, &arena),
		webhook_key(WEBHOOK_DEAD, name, &arena)};
	struct redis_reply *reply = NULL;
	bool good = events_call(redis, ARRAY_COUNT(field), field, &reply, deadline);

	*was_r = good && redis_reply_number(reply) > 0;
	good = good && (!*was_r || events_call(redis, ARRAY_COUNT(keys), keys, &reply,
					   deadline));
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}

/* ---- What became of one ---- */

static const struct slice fields[FIELDS] = {{"cursor", 6}, {"sent", 4}, {"failed", 6},
	{"dead", 4}, {"missed", 6}, {"sent_ms", 7}, {"failing_ms", 10}, {"status", 6},
	{"why", 3}};

bool webhook_state_read(struct redis *redis, struct slice name,
	struct webhook_state *state_r, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice argv[2 + FIELDS] = {
		SLICE("HMGET"), webhook_key(WEBHOOK_STATE, name, &arena)};
	struct webhook_state state = {.known = false};
	struct redis_reply *reply = NULL;
	int64_t numbers[FIELDS];
	bool good;

	memcpy(argv + 2, fields, sizeof(fields));
	good = events_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);
	arena_finish(&arena);
	if (!good)
		return false;
	for (size_t i = 0; i < FIELDS; i++)
		numbers[i] = redis_reply_number(redis_reply_at(reply, i));
	state.known = redis_reply_text(redis_reply_at(reply, 0)).size > 0 &&
		      cursor_parse(redis_reply_text(redis_reply_at(reply, 0)),
			      &state.cursor);
	state.sent = (uint64_t)numbers[1];
	state.failed = (uint64_t)numbers[2];
	state.dead = (uint64_t)numbers[3];
	state.missed = (uint64_t)numbers[4];
	state.sent_ms = numbers[5];
	state.failing_ms = numbers[6];
	state.status = (unsigned)numbers[7];
	slice_to_text(slice_part(redis_reply_text(redis_reply_at(reply, 8)), 0,
			      WEBHOOK_WHY_MAX),
		state.why, sizeof(state.why));
	redis_reply_free(&reply);
	*state_r = state;
	return true;
}

bool webhook_state_write(struct redis *redis, struct slice name,
	const struct webhook_state *state, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice argv[2 + 2 * FIELDS] = {
		SLICE("HSET"), webhook_key(WEBHOOK_STATE, name, &arena)};
	int64_t numbers[FIELDS] = {0, (int64_t)state->sent, (int64_t)state->failed,
		(int64_t)state->dead, (int64_t)state->missed, state->sent_ms,
		state->failing_ms, (int64_t)state->status, 0};
	struct redis_reply *reply = NULL;
	char cursor[CURSOR_SIZE];
	bool good;

	for (size_t i = 0; i < FIELDS; i++) {
		argv[2 + 2 * i] = fields[i];
		argv[3 + 2 * i] = arena_format(&arena, "%" PRId64, numbers[i]);
	}
	argv[3] = cursor_print(&state->cursor, cursor);
	argv[3 + 2 * (FIELDS - 1)] = slice_of(state->why);
	good = events_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}
