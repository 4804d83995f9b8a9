/* A session in memory, its server in a fiber, and a client that speaks line by line. */
#ifndef RINGPOST_TESTS_SESSION_TALK_H
#define RINGPOST_TESTS_SESSION_TALK_H

#include "check.h"
#include "io/stream.h"
#include "run/fiber.h"

struct client {
	struct stream *stream, *server;
	struct scope scope;
};

/* SERVE, with the client, speaks through its `server`; nothing is read here yet. */
static inline void client_meet(struct client *client, void (*serve)(void *client))
{
	scope_init(&client->scope);
	CHECK(stream_pair(16384, &client->stream, &client->server));
	CHECK(scope_spawn(&client->scope, "server", serve, client));
}

static inline void say(struct client *client, const char *text)
{
	struct slice bytes = slice_of(text);

	CHECK(stream_send(client->stream, &bytes, 1, deadline_after_ms(60000)));
}

/* The next line; WANTED is said where there is none. */
static inline struct slice hear_line(struct client *client, const char *wanted)
{
	struct slice line = SLICE_EMPTY;

	if (!CHECK(stream_read_line(
		    client->stream, 2000, &line, deadline_after_ms(60000))))
		fprintf(stderr, "%s\n", wanted);
	return line;
}

/* That line, but for white space at its ends. */
static inline void hear(struct client *client, const char *wanted)
{
	CHECK_SLICE(slice_trim_all(hear_line(client, wanted)), wanted);
}

/* A line that begins so. */
static inline void hear_start(struct client *client, const char *wanted)
{
	struct slice line = hear_line(client, wanted);

	CHECK_SLICE(slice_part(line, 0, strlen(wanted)), wanted);
}

/* It has hung up, or it does now. */
static inline void part(struct client *client)
{
	stream_close(&client->stream);
	CHECK(scope_join(&client->scope, deadline_after_ms(60000)));
	scope_finish(&client->scope, deadline_after_ms(60000));
}

#endif
