/* The admin socket from outside. */
#include "client/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/config.h"
#include "base/failure.h"
#include "base/memory.h"
#include "client/errand.h"

#define ANSWER_MS     120000 /* an answer may take a scan of the whole queue */
#define READ_SIZE     65536
#define QUESTION_ROOM 65536

struct client {
	int fd;
	struct buffer heard;
};

static bool nobody_there; /* at the last client_open */

bool client_is_nobody_there(void)
{
	return nobody_there;
}

static bool not_running(const char *path, int error)
{
	nobody_there = error == ENOENT || error == ECONNREFUSED;
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return fail(FAILURE_NETWORK,
			"the server is not running (nobody listens on %s): start it "
			"first with ringpost run",
			path);
	case EACCES:
	case EPERM:
		return fail(FAILURE_NETWORK,
			"may not ask the server on %s: be root, or the user it runs as",
			path);
	default:
		return fail_errno(FAILURE_NETWORK, error, "cannot reach %s", path);
	}
}

struct client *client_open(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct client *client;
	size_t size = strlen(path);
	int fd;

	nobody_there = false;
	if (size >= sizeof(address.sun_path)) {
		fail(FAILURE_CONFIG, "a unix socket's path is %zu bytes at most: %s",
			sizeof(address.sun_path) - 1, path);
		return NULL;
	}
	memcpy(address.sun_path, path, size);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		not_running(path, errno);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	client = NEW(struct client);
	client->fd = fd;
	buffer_init(&client->heard, CLIENT_LINE_MAX);
	return client;
}

struct client *client_open_for(const struct arguments *arguments)
{
	struct client *client;
	struct config *config;
	char *path;

	if (arguments->socket)
		return client_open(arguments->socket);
	config = errand_config(arguments);
	if (!config) {
		fail(FAILURE_CONFIG,
			"%s is wrong, so where the server listens cannot "
			"be told; --socket PATH says it",
			arguments->config);
		return NULL;
	}
	path = memory_format("%s/%s", config->state_directory, CLIENT_SOCKET_NAME);
	client = client_open(path);
	memory_free(path);
	config_release(&config);
	return client;
}

void client_close(struct client **client)
{
	struct client *old = *client;

	*client = NULL;
	if (!old)
		return;
	close(old->fd);
	buffer_finish(&old->heard);
	memory_free(old);
}

struct value *client_question(const char *command)
{
	struct value *question = value_object();

	value_set_text(question, "command", slice_of(command));
	return question;
}

static bool send_all(int fd, struct slice bytes)
{
	while (bytes.size) {
		ssize_t sent = send(fd, bytes.at, bytes.size, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return fail_errno(
				FAILURE_NETWORK, errno, "the server went away");
		if (sent > 0)
			bytes = slice_from(bytes, (size_t)sent);
	}
	return true;
}

bool client_ask(struct client *client, struct value **question)
{
	struct buffer line = {0};
	/* Room from the start, so that growing leaves no copy behind. */
	bool sent = buffer_reserve(&line, QUESTION_ROOM) &&
		    value_print(*question, &line) && buffer_append_byte(&line, '\n') &&
		    send_all(client->fd, buffer_contents(&line));

	memory_wipe(line.bytes, line.capacity);
	buffer_finish(&line);
	value_release(question);
	return sent;
}

static bool hear_more(struct client *client)
{
	struct pollfd waiting = {.fd = client->fd, .events = POLLIN};
	char *room = buffer_reserve(&client->heard, READ_SIZE);
	ssize_t got;
	int ready;

	if (!room)
		return fail(FAILURE_LIMIT, "the server's answer is too long");
	do
		ready = poll(&waiting, 1, ANSWER_MS);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return fail(FAILURE_TIMEOUT, "the server did not answer in time");
	got = recv(client->fd, room, READ_SIZE, 0);
	if (got < 0)
		return fail_errno(FAILURE_NETWORK, errno, "the server went away");
	if (got == 0)
		return fail(FAILURE_CLOSED,
			"the server went away without an answer (is it stopping?)");
	buffer_advance(&client->heard, (size_t)got);
	return true;
}

struct value *client_hear(struct client *client, bool *last_r)
{
	struct slice all;
	struct value *line;
	size_t size;

	for (;;) {
		all = buffer_contents(&client->heard);
		size = slice_index(all, '\n');
		if (size < all.size)
			break;
		if (!hear_more(client))
			return NULL;
	}
	line = value_parse(slice_part(all, 0, size));
	buffer_consume(&client->heard, size + 1);
	if (line && value_has(line, "error")) {
		fail(FAILURE_DATA, "%.*s", SLICE_PRINT(value_get_text(line, "error")));
		value_release(&line);
	}
	if (line)
		*last_r = value_get_truth(line, "done");
	return line;
}

struct value *client_hear_all(struct client *client, struct value *list)
{
	bool last = false;
	struct value *line;

	while ((line = client_hear(client, &last)) && !last) {
		if (list)
			value_append(list, line);
		else
			value_release(&line);
	}
	return line;
}

/* Takes QUESTION over, and CLIENT, which may be NULL. */
static struct value *ask_all(
	struct client *client, struct value *question, struct value *list)
{
	struct value *answer = NULL;

	if (client && client_ask(client, &question))
		answer = client_hear_all(client, list);
	value_release(&question);
	client_close(&client);
	return answer;
}

struct value *client_ask_all(
	const struct arguments *arguments, struct value *question, struct value *list)
{
	return ask_all(client_open_for(arguments), question, list);
}

struct value *client_ask_each(const struct arguments *arguments, struct value *question,
	void (*item)(void *context, const struct value *line), void *context)
{
	struct client *client = client_open_for(arguments);
	struct value *line = NULL;
	bool last = false;

	if (client && client_ask(client, &question))
		while ((line = client_hear(client, &last)) && !last) {
			item(context, line);
			value_release(&line);
		}
	value_release(&question);
	client_close(&client);
	return line;
}

struct value *client_ask_once(const char *socket, const char *command)
{
	return ask_all(client_open(socket), client_question(command), NULL);
}
