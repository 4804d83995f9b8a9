/*
 * What came back, in Redis: a hash for each message, rp:returned:ID, whose fields
 * are the outcome and the recipient, so that the same report again finds itself
 * there; and rp:returned, the messages by the time they were last heard of, so
 * that the oldest go when there are too many.
 */
#include "base/clock.h"
#include "base/failure.h"
#include "feedback/returns_core.h"

#define KEY	 "rp:returned"
#define CALL_MS	 10000
#define DROP_MAX "20" /* at a time; each addition drops as many */
#define DAY_S	 86400

/* False: Redis cannot, or an error reply, as the failure. */
static bool call(const struct returns *returns, size_t count, const struct slice *argv,
	struct redis_reply **reply_r, struct deadline deadline)
{
	struct redis_reply *reply;

	if (!returns->options.redis)
		return fail(FAILURE_STORE, "there is no Redis");
	deadline = deadline_earlier(deadline, deadline_after_ms(CALL_MS));
	if (!redis_call(returns->options.redis, count, argv, &reply, deadline))
		return false;
	if (redis_reply_kind(reply) == REDIS_ERROR) {
		redis_reply_fail(reply);
		redis_reply_free(&reply);
		return false;
	}
	*reply_r = reply;
	return true;
}

static bool ask_number(const struct returns *returns, size_t count,
	const struct slice *argv, int64_t *number_r, struct deadline deadline)
{
	struct redis_reply *reply;

	if (!call(returns, count, argv, &reply, deadline))
		return false;
	*number_r = redis_reply_number(reply);
	redis_reply_free(&reply);
	return true;
}

#define ASK(number_r, ...)                                                    \
	ask_number(returns,                                                   \
		sizeof((struct slice[]){__VA_ARGS__}) / sizeof(struct slice), \
		(const struct slice[]){__VA_ARGS__}, number_r, deadline)

static struct slice key_of(struct arena *arena, struct slice id)
{
	return arena_format(arena, KEY ":%.*s", SLICE_PRINT(id));
}

/* The oldest beyond the cap. */
static bool drop_oldest(
	struct returns *returns, struct arena *arena, struct deadline deadline)
{
	const struct slice range[] = {
		SLICE("ZRANGE"), SLICE(KEY), SLICE("0"), SLICE(DROP_MAX)};
	struct redis_reply *reply;
	int64_t count;
	bool good = true;

	if (!ASK(&count, SLICE("ZCARD"), SLICE(KEY)))
		return false;
	if (count <= RETURNS_MESSAGES_MAX)
		return true;
	if (!call(returns, 4, range, &reply, deadline))
		return false;
	for (size_t i = 0; good && i < redis_reply_count(reply); i++) {
		struct slice id = redis_reply_text(redis_reply_at(reply, i));

		good = ASK(&count, SLICE("UNLINK"), key_of(arena, id)) &&
		       ASK(&count, SLICE("ZREM"), SLICE(KEY), id);
	}
	redis_reply_free(&reply);
	return good;
}

/* "bounced_late user@example.org": the same in any case of its letters. */
static struct slice field_of(struct arena *arena, const struct returns_item *item)
{
	const char *name = returns_outcome_name(item->outcome);
	size_t size = slice_of(name).size + 1 + item->address.size;
	char *text = arena_take(arena, size + 1);
	struct slice plain = arena_format(
		arena, "%s %.*s", name, SLICE_PRINT(item->address));

	for (size_t i = 0; i < plain.size; i++)
		text[i] = ascii_lower(plain.at[i]);
	return slice_make(text, plain.size);
}

static bool enter(struct returns *returns, struct arena *arena, struct slice id,
	const struct slice *field_and_value, int64_t *entered_r,
	struct deadline deadline)
{
	struct slice key = key_of(arena, id), field = field_and_value[0];
	int64_t count, known;

	if (!ASK(&count, SLICE("HLEN"), key) ||
		!ASK(&known, SLICE("HEXISTS"), key, field))
		return false;
	*entered_r = !known;
	/* Beyond the cap it is told, and told again if it comes again. */
	if (count >= RETURNS_OF_MESSAGE_MAX)
		return true;
	return ASK(entered_r, SLICE("HSETNX"), key, field, field_and_value[1]) &&
	       ASK(&count, SLICE("EXPIRE"), key,
		       arena_format(arena, "%d", RETURNS_KEPT_DAYS * DAY_S)) &&
	       ASK(&count, SLICE("ZADD"), SLICE(KEY),
		       arena_format(arena, "%lld", (long long)clock_wall_ms()), id) &&
	       ASK(&count, SLICE("EXPIRE"), SLICE(KEY),
		       arena_format(arena, "%d", RETURNS_KEPT_DAYS * DAY_S)) &&
	       drop_oldest(returns, arena, deadline);
}

bool returns_keep(const struct returns_case *self, const struct returns_item *item,
	bool *new_r, struct deadline deadline)
{
	struct arena arena = {0};
	struct buffer json = {0};
	struct slice pair[2];
	int64_t entered = 0;
	bool good;

	returns_print(self, item, &json);
	pair[0] = field_of(&arena, item);
	pair[1] = buffer_contents(&json);
	good = enter(self->returns, &arena, message_id_slice(&self->token.id), pair,
		&entered, deadline);
	if (good)
		*new_r = entered > 0;
	buffer_finish(&json);
	arena_finish(&arena);
	return good;
}

bool returns_find(struct redis *redis, const struct message_id *id,
	struct buffer *lines, struct deadline deadline)
{
	struct returns asker = {.options.redis = redis};
	struct arena arena = {0};
	struct slice argv[] = {SLICE("HGETALL"), key_of(&arena, message_id_slice(id))};
	struct redis_reply *reply;
	bool good = call(&asker, 2, argv, &reply, deadline);

	for (size_t i = 1; good && i < redis_reply_count(reply); i += 2) {
		buffer_append(lines, redis_reply_text(redis_reply_at(reply, i)));
		buffer_append_byte(lines, '\n');
	}
	if (good)
		redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}
