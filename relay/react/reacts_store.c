/*
 * What is in force, kept in Redis over restarts: a hash of one field for each
 * scope. Written in passing; nothing waits for it.
 */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "io/redis.h"

#include "shaping/reaction_match.h"
#include "react/reacts_core.h"

#define KEPT_MS	   "2592000000" /* 30 days: what is older is over anyway */
#define SCAN_COUNT "200"

struct saving {
	struct redis_request request;
	struct react_scope *scope; /* held; NULL: nobody minds */
};

/* Not written: the next time. */
static void mark_unsaved(struct react_scope *scope)
{
	pthread_mutex_lock(&scope->lock);
	scope->unsaved = true;
	pthread_mutex_unlock(&scope->lock);
	atomic_store(&scope->reacts->unsaved, true);
}

static void saved(struct redis_request *request, const struct redis_reply *reply)
{
	struct saving *saving = CONTAINER_OF(request, struct saving, request);

	if (saving->scope && !reply)
		mark_unsaved(saving->scope);
	reacts_release(&saving->scope);
	memory_free(saving);
}

static bool send(struct redis *redis, size_t count, const struct slice *argv,
	struct react_scope *scope)
{
	struct saving *saving = NEW(struct saving);

	saving->request.done = saved;
	if (scope)
		atomic_fetch_add(&scope->holders, 1);
	saving->scope = scope;
	if (redis_send(redis, count, argv, &saving->request))
		return true;
	reacts_release(&saving->scope);
	memory_free(saving);
	return false;
}

struct writing {
	struct redis *redis;
	struct slice key;
	bool any;
};

/* True: go on. */
static bool write_one(void *context, struct react_scope *scope)
{
	struct writing *writing = context;
	struct buffer field = {0}, value = {0};
	struct slice argv[4];
	struct react react;
	bool sent;

	pthread_mutex_lock(&scope->lock);
	react = scope->react;
	scope->unsaved = false;
	pthread_mutex_unlock(&scope->lock);
	buffer_append_format(&field, "%s ", reaction_scope_name(scope->kind));
	buffer_append(&field, scope->key);
	argv[1] = writing->key;
	argv[2] = buffer_contents(&field);
	if (react_is_over(&react)) {
		argv[0] = SLICE("HDEL");
		sent = send(writing->redis, 3, argv, scope);
	} else {
		react_pack(&react, &value);
		argv[0] = SLICE("HSET");
		argv[3] = buffer_contents(&value);
		sent = send(writing->redis, 4, argv, scope);
	}
	if (!sent)
		mark_unsaved(scope);
	writing->any = writing->any || sent;
	buffer_finish(&field);
	buffer_finish(&value);
	return sent;
}

void reacts_save(struct reacts *reacts, struct redis *redis, struct slice key)
{
	const struct slice expire[] = {SLICE("PEXPIRE"), key, SLICE(KEPT_MS)};
	struct writing writing = {redis, key, false};

	if (!redis || !redis_is_up(redis) || !atomic_exchange(&reacts->unsaved, false))
		return;
	reacts_visit(reacts, true, write_one, &writing);
	if (writing.any)
		send(redis, ARRAY_COUNT(expire), expire, NULL);
}

static bool read_kind(struct slice word, enum reaction_scope *kind_r)
{
	for (unsigned kind = 0; kind <= REACTION_TENANT; kind++) {
		const char *name = reaction_scope_name((enum reaction_scope)kind);

		if (!slice_equal(word, slice_of(name)))
			continue;
		*kind_r = (enum reaction_scope)kind;
		return true;
	}
	return false;
}

static void take_fields(struct reacts *reacts, const struct redis_reply *list)
{
	for (size_t i = 0; i + 1 < redis_reply_count(list); i += 2) {
		struct slice key = redis_reply_text(redis_reply_at(list, i));
		struct slice word = slice_cut(&key, ' ');
		enum reaction_scope kind;
		struct react react;

		if (!read_kind(word, &kind) || key.size == 0 ||
			!react_unpack(
				redis_reply_text(redis_reply_at(list, i + 1)), &react))
			continue;
		if (!react_is_over(&react))
			reacts_restore(reacts, kind, key, &react);
	}
}

bool reacts_load(struct reacts *reacts, struct redis *redis, struct slice key,
	struct deadline deadline)
{
	struct slice argv[] = {
		SLICE("HSCAN"), key, SLICE("0"), SLICE("COUNT"), SLICE(SCAN_COUNT)};
	char cursor[24] = "0";
	bool good = true;

	do {
		struct redis_reply *reply = NULL;

		argv[2] = slice_of(cursor);
		good = redis_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);
		if (good && redis_reply_kind(reply) == REDIS_ERROR)
			good = redis_reply_fail(reply);
		if (good) {
			take_fields(reacts, redis_reply_at(reply, 1));
			good = slice_to_text(redis_reply_text(redis_reply_at(reply, 0)),
				cursor, sizeof(cursor));
		}
		redis_reply_free(&reply);
	} while (good && strcmp(cursor, "0") != 0);
	return good;
}
