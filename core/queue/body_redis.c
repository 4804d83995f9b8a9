/*
 * The redis store: pieces as plain keys in the message's shard, so that any
 * node can deliver it.
 *
 * Pieces are written to expire in an hour; the commit that names them makes
 * them stay (Q1 → Q2), so what no commit ever names reaps itself. How durable
 * a reply is is the server's setting, checked when we connect.
 */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "io/redis.h"
#include "queue/body_store.h"
#include "run/fiber.h"

#define STAGED_SECONDS "3600"
#define KEY_SIZE       64

struct redis_bodies {
	struct bodies bodies;
	struct redis *redis;
};

static struct slice piece_key(
	const struct body *body, uint32_t number, char text[KEY_SIZE])
{
	int size = snprintf(
		text, KEY_SIZE, "{rp:%02u}:body:%s:%u", body->shard, body->id, number);

	return slice_make(text, (size_t)size);
}

struct slice body_key(const struct body *body, size_t index, char text[64])
{
	return piece_key(body, body->pieces[index].number, text);
}

/*
 * All pieces of one sync: sent together, waited for together. A fiber that has
 * to leave early leaves it behind; the last reply then frees it.
 */
struct writing {
	struct condition changed;
	size_t waiting;
	bool left, failed;
	struct failure failure;
	struct piece_request *requests;
};

struct piece_request {
	struct redis_request request;
	struct writing *writing;
};

static void writing_free(struct writing *writing)
{
	memory_free(writing->requests);
	memory_free(writing);
}

static void written(struct redis_request *request, const struct redis_reply *reply)
{
	struct piece_request *piece = CONTAINER_OF(
		request, struct piece_request, request);
	struct writing *writing = piece->writing;

	if (!reply || redis_reply_kind(reply) == REDIS_ERROR) {
		if (reply)
			redis_reply_fail(reply);
		else
			fail(FAILURE_STORE, "Redis went away");
		writing->failed = true;
		writing->failure = *failure_last();
	}
	if (--writing->waiting == 0 && writing->left)
		writing_free(writing);
	else
		condition_signal(&writing->changed);
}

static bool send_piece(struct redis_bodies *self, const struct body_write *write,
	struct piece_request *request)
{
	struct buffer joined = {0};
	char *key = memory_allocate(KEY_SIZE);
	struct slice value = write->parts[0];
	bool sent = true;

	if (write->parts[1].size) {
		sent = buffer_append(&joined, write->parts[0]) &&
		       buffer_append(&joined, write->parts[1]);
		value = buffer_contents(&joined);
	}
	if (sent) {
		struct slice argv[5] = {SLICE("SET"),
			piece_key(write->body, write->piece.number, key), value,
			SLICE("EX"), SLICE(STAGED_SECONDS)};

		request->request.done = written;
		sent = redis_send(self->redis, 5, argv, &request->request);
	}
	buffer_finish(&joined);
	memory_free(key);
	return sent;
}

static void send_pieces(struct redis_bodies *self, struct writing *writing,
	const struct body_write *writes, size_t count)
{
	for (size_t i = 0; i < count && !writing->failed; i++) {
		writing->requests[i].writing = writing;
		if (send_piece(self, &writes[i], &writing->requests[i])) {
			writing->waiting++;
		} else {
			writing->failed = true;
			writing->failure = *failure_last();
		}
	}
}

static bool redis_write(struct bodies *bodies, struct body_write *writes, size_t count,
	struct deadline deadline)
{
	struct redis_bodies *self = CONTAINER_OF(bodies, struct redis_bodies, bodies);
	struct writing *writing = NEW(struct writing);
	bool good;

	condition_init(&writing->changed);
	writing->requests = memory_allocate_array(
		count + 1, sizeof(*writing->requests));
	send_pieces(self, writing, writes, count);
	while (writing->waiting) {
		if (!condition_wait(&writing->changed, deadline)) {
			writing->left = true;
			return false;
		}
	}
	good = !writing->failed || fail_again(&writing->failure);
	writing_free(writing);
	return good;
}

static bool redis_read(const struct body *body, const struct body_piece *piece,
	char **at_r, struct slice *part_r, struct deadline deadline)
{
	struct redis_bodies *self = CONTAINER_OF(
		body->bodies, struct redis_bodies, bodies);
	char *key = memory_allocate(KEY_SIZE);
	struct slice argv[2] = {SLICE("GET"), piece_key(body, piece->number, key)},
		     text;
	struct redis_reply *reply = NULL;
	bool good = redis_call(self->redis, 2, argv, &reply, deadline);

	memory_free(key);
	if (!good)
		return false;
	text = redis_reply_text(reply);
	if (redis_reply_kind(reply) == REDIS_ERROR)
		good = redis_reply_fail(reply);
	else if (redis_reply_kind(reply) != REDIS_TEXT || text.size != piece->size)
		good = fail(FAILURE_DATA, "a piece of the body is not in Redis");
	if (good) {
		*at_r = memory_allocate(text.size + 1);
		memcpy(*at_r, text.at, text.size);
		*part_r = slice_make(*at_r, text.size);
	}
	redis_reply_free(&reply);
	return good;
}

static bool redis_refer(const struct body_piece *piece, struct buffer *into)
{
	return true;
}

static bool redis_resolve(
	struct bodies *bodies, struct slice *rest, struct body_piece *piece_r)
{
	return true;
}

/* Deleted by queue.lua with the last entry, so nothing is counted here. */
static void redis_count(const struct body_piece *piece, int64_t bytes)
{
}

static void redis_release(struct body_piece *piece)
{
}

static void redis_destroy(struct bodies *bodies)
{
	memory_free(CONTAINER_OF(bodies, struct redis_bodies, bodies));
}

static const struct body_store redis_store = {
	.kind = 'r',
	.write = redis_write,
	.read = redis_read,
	.refer = redis_refer,
	.resolve = redis_resolve,
	.count = redis_count,
	.release = redis_release,
	.destroy = redis_destroy,
};

struct bodies *bodies_create_redis(struct redis *redis)
{
	struct redis_bodies *self = NEW(struct redis_bodies);

	self->bodies.store = &redis_store;
	self->redis = redis;
	return &self->bodies;
}
