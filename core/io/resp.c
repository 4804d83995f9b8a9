/*
 * Commands, and the only file that knows hiredis: its reader, building replies
 * of our own (one block of memory each, text inside).
 */
#include "io/resp.h"

#include <hiredis/hiredis.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

struct redis_reply {
	enum redis_kind kind;
	int64_t number;
	size_t size; /* of the text, or elements */
	union {
		char text[1];
		struct redis_reply *at[1];
	};
};

struct resp_reader {
	redisReader *reader;
	size_t unread, elements; /* since the last whole reply */
};

static size_t digits_of(size_t number)
{
	size_t digits = 1;

	for (; number > 9; number /= 10)
		digits++;
	return digits;
}

/* A mark, a number, the end of a line. */
static char *put_head(char *at, char mark, size_t number)
{
	size_t digits = digits_of(number);

	*at++ = mark;
	for (size_t i = digits; i-- > 0; number /= 10)
		at[i] = (char)('0' + number % 10);
	at += digits;
	return mempcpy(at, "\r\n", 2);
}

struct slice resp_format(size_t count, const struct slice *argv)
{
	size_t size = digits_of(count) + 3;
	char *command, *at;

	for (size_t i = 0; i < count; i++)
		size += digits_of(argv[i].size) + argv[i].size + 5;
	command = memory_resize(NULL, size);
	at = put_head(command, '*', count);
	for (size_t i = 0; i < count; i++) {
		at = put_head(at, '$', argv[i].size);
		if (argv[i].size)
			at = mempcpy(at, argv[i].at, argv[i].size);
		at = mempcpy(at, "\r\n", 2);
	}
	return slice_make(command, size);
}

void resp_free(struct slice *command)
{
	memory_free((void *)(uintptr_t)command->at);
	*command = SLICE_EMPTY;
}

/* ---- Replies ---- */

static void *keep(const redisReadTask *task, struct redis_reply *reply)
{
	if (task->parent)
		((struct redis_reply *)task->parent->obj)->at[task->idx] = reply;
	return reply;
}

static struct redis_reply *make(enum redis_kind kind, size_t size, size_t bytes)
{
	struct redis_reply *reply = memory_resize(
		NULL, offsetof(struct redis_reply, text) + bytes);

	reply->kind = kind;
	reply->number = 0;
	reply->size = size;
	return reply;
}

static void *make_text(const redisReadTask *task, char *text, size_t size)
{
	bool error = task->type == REDIS_REPLY_ERROR;
	struct redis_reply *reply = make(
		error ? REDIS_ERROR : REDIS_TEXT, size, size + 1);

	memcpy(reply->text, text, size);
	reply->text[size] = '\0';
	return keep(task, reply);
}

static void *make_list(const redisReadTask *task, int count)
{
	struct resp_reader *reader = task->privdata;
	size_t bytes = (size_t)count * sizeof(struct redis_reply *);
	struct redis_reply *reply;

	reader->elements += (size_t)count;
	if (reader->elements > RESP_REPLY_ELEMENTS_MAX)
		return NULL;
	reply = make(REDIS_LIST, (size_t)count, bytes);
	memset(reply->at, 0, bytes);
	return keep(task, reply);
}

static void *make_number(const redisReadTask *task, long long number)
{
	struct redis_reply *reply = make(REDIS_NUMBER, 0, 0);

	reply->number = number;
	return keep(task, reply);
}

static void *make_nothing(const redisReadTask *task)
{
	return keep(task, make(REDIS_NOTHING, 0, 0));
}

/* As deep as hiredis reads: nine levels. */
static void free_reply(void *at)
{
	struct redis_reply *reply = at;

	if (reply && reply->kind == REDIS_LIST) {
		for (size_t i = 0; i < reply->size; i++)
			free_reply(reply->at[i]);
	}
	memory_free(reply);
}

void redis_reply_free(struct redis_reply **reply)
{
	free_reply(*reply);
	*reply = NULL;
}

struct resp_reader *resp_reader_create(void)
{
	static redisReplyObjectFunctions functions = {
		.createString = make_text,
		.createArray = make_list,
		.createInteger = make_number,
		.createNil = make_nothing,
		.freeObject = free_reply,
	};
	struct resp_reader *reader = NEW(struct resp_reader);

	reader->reader = redisReaderCreateWithFunctions(&functions);
	if (!reader->reader) {
		memory_free(reader);
		fail(FAILURE_RESOURCE, "no memory for the reader of Redis' replies");
		return NULL;
	}
	reader->reader->privdata = reader;
	return reader;
}

void resp_reader_destroy(struct resp_reader **reader)
{
	if (!*reader)
		return;
	redisReaderFree((*reader)->reader);
	memory_free(*reader);
	*reader = NULL;
}

bool resp_reader_feed(struct resp_reader *reader, struct slice bytes)
{
	reader->unread += bytes.size;
	if (reader->unread > RESP_REPLY_BYTES_MAX)
		return fail(FAILURE_LIMIT, "a reply of more than %u MiB",
			RESP_REPLY_BYTES_MAX >> 20);
	if (redisReaderFeed(reader->reader, bytes.at, bytes.size) != REDIS_OK)
		return fail(FAILURE_PROTOCOL, "%s", reader->reader->errstr);
	return true;
}

int resp_reader_next(struct resp_reader *reader, struct redis_reply **reply_r)
{
	void *reply = NULL;

	if (redisReaderGetReply(reader->reader, &reply) != REDIS_OK) {
		if (reader->elements > RESP_REPLY_ELEMENTS_MAX)
			fail(FAILURE_PROTOCOL, "a reply of more than %u elements",
				RESP_REPLY_ELEMENTS_MAX);
		else
			fail(FAILURE_PROTOCOL, "not a reply of Redis: %s",
				reader->reader->errstr);
		return -1;
	}
	if (!reply)
		return 0;
	reader->unread = reader->reader->len - reader->reader->pos;
	reader->elements = 0;
	*reply_r = reply;
	return 1;
}

enum redis_kind redis_reply_kind(const struct redis_reply *reply)
{
	return reply ? reply->kind : REDIS_NOTHING;
}

struct slice redis_reply_text(const struct redis_reply *reply)
{
	if (!reply || (reply->kind != REDIS_TEXT && reply->kind != REDIS_ERROR))
		return SLICE_EMPTY;
	return slice_make(reply->text, reply->size);
}

int64_t redis_reply_number(const struct redis_reply *reply)
{
	int64_t number = reply && reply->kind == REDIS_NUMBER ? reply->number : 0;

	slice_to_i64(redis_reply_text(reply), &number);
	return number;
}

size_t redis_reply_count(const struct redis_reply *reply)
{
	return reply && reply->kind == REDIS_LIST ? reply->size : 0;
}

const struct redis_reply *redis_reply_at(const struct redis_reply *reply, size_t index)
{
	return index < redis_reply_count(reply) ? reply->at[index] : NULL;
}

bool redis_reply_fail(const struct redis_reply *reply)
{
	struct slice text = redis_reply_text(reply);

	if (redis_reply_kind(reply) != REDIS_ERROR)
		return fail(FAILURE_STORE, "an unexpected reply from Redis");
	if (slice_starts(text, SLICE("FENCED")))
		return fail(FAILURE_FENCED, "%.*s", SLICE_PRINT(text));
	return fail(FAILURE_STORE, "Redis: %.*s", SLICE_PRINT(text));
}
