/*
 * The admin socket: who may talk to us there, and one line at a time.
 *
 * A client that asks nothing, or does not take its answer, is let go after a
 * while; there are only so many at a time.
 */
#include "admin/admin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/stream.h"
#include "run/ring.h"

#include "admin/call.h"
#include "daemon/fan.h"
#include "admin/rates.h"

#define CLIENTS_MAX  32
#define REQUEST_MAX  (64u << 20) /* a message and its files */
#define POOL_MIN     (256u << 10) /* longer ones are read on the pool */
#define ASK_MS	     60000  /* for the next request */
#define ANSWER_MS    120000 /* for all of an answer */
#define TAKE_MS	     30000  /* for a client to take what was sent */
#define OUTBOX_FLUSH (64u << 10)
#define BACKLOG	     128

struct conversation {
	struct admin *admin;
	int fd;
	unsigned uid;
};

/* Lines to a client of the socket. */
struct lines {
	struct admin_output output;
	struct stream *stream;
};

static bool send_line(struct stream *stream, struct value **line)
{
	struct buffer text = {0};
	bool printed = value_print(*line, &text) && buffer_append_byte(&text, '\n');

	if (printed)
		stream_write(stream, buffer_contents(&text));
	else
		stream_fail(stream, FAILURE_LIMIT, "a line that cannot be printed");
	buffer_finish(&text);
	value_release(line);
	return stream_is_whole(stream);
}

static bool say_line(struct admin_output *output, struct value *item, bool now,
	struct deadline deadline)
{
	struct stream *stream = CONTAINER_OF(output, struct lines, output)->stream;

	if (!send_line(stream, &item))
		return false;
	return (!now && stream_outbox_size(stream) < OUTBOX_FLUSH) ||
	       stream_flush(
		       stream, deadline_earlier(deadline, deadline_after_ms(TAKE_MS)));
}

struct reading {
	struct slice line;
	struct value *request;
	struct failure failure;
};

static void read_line(void *arg)
{
	struct reading *reading = arg;

	reading->request = value_parse(reading->line);
	if (!reading->request)
		reading->failure = *failure_last();
}

static struct value *read_request(struct slice line, struct deadline deadline)
{
	struct reading *reading = NEW(struct reading);
	struct value *request;

	reading->line = line;
	if (line.size < POOL_MIN || !offload(read_line, reading, deadline))
		read_line(reading);
	request = reading->request;
	if (!request)
		fail_again(&reading->failure);
	memory_free(reading);
	return request;
}

static bool answer(struct conversation *conversation, struct stream *stream,
	struct slice line, struct deadline deadline)
{
	struct value *request = read_request(line, deadline);
	struct lines lines = {{say_line}, stream};
	char by[32];
	struct admin_call call = {
		.admin = conversation->admin,
		.daemon = conversation->admin->daemon,
		.output = &lines.output,
		.request = request,
		.answer = value_object(),
	};

	snprintf(by, sizeof(by), "uid %u", conversation->uid);
	call.asker.by = slice_of(by);
	if (request && admin_carry_out(&call, deadline)) {
		value_set_truth(call.answer, "done", true);
	} else {
		value_release(&call.answer);
		call.answer = value_object();
		value_set_text(call.answer, "error", slice_of(failure_last()->text));
	}
	value_release(&request);
	value_release(&call.errors);
	return send_line(stream, &call.answer) &&
	       stream_flush(stream, deadline_after_ms(TAKE_MS));
}

static void converse(void *arg)
{
	struct conversation *conversation = arg;
	struct admin *admin = conversation->admin;
	struct stream *stream = stream_from_socket(conversation->fd);
	struct slice line;

	while (stream && stream_read_line(stream, REQUEST_MAX, &line,
				 deadline_after_ms(ASK_MS))) {
		if (!slice_ends(line, SLICE("\n"))) {
			stream_write(stream,
				SLICE("{\"error\":\"the request is too long\"}\n"));
			break;
		}
		if (!answer(conversation, stream, line, deadline_after_ms(ANSWER_MS)))
			break;
	}
	if (stream)
		stream_finish(&stream, deadline_after_ms(TAKE_MS));
	admin->clients--;
	memory_free(conversation);
}

/* The socket's mode says the same; this holds wherever it is passed on to. */
static bool is_allowed(int fd, unsigned *uid_r)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	*uid_r = peer.uid;
	return peer.uid == 0 || peer.uid == geteuid();
}

static void refuse(int fd, const char *why)
{
	/* A line this short always fits into a new socket. */
	ssize_t sent = send(fd, why, strlen(why), MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)sent;
	ring_close(fd);
}

static void begin(struct admin *admin, int fd)
{
	struct conversation *conversation;
	unsigned uid = 0;

	if (!is_allowed(fd, &uid)) {
		event_note(EVENT_WARNING, "admin_refused",
			"somebody else tried to use the admin socket");
		refuse(fd, "{\"error\":\"only root and the server's user may ask\"}\n");
		return;
	}
	if (admin->clients >= CLIENTS_MAX) {
		refuse(fd, "{\"error\":\"too many ask at a time; try again\"}\n");
		return;
	}
	conversation = NEW(struct conversation);
	*conversation = (struct conversation){.admin = admin, .fd = fd, .uid = uid};
	admin->clients++;
	if (scope_spawn(&admin->scope, "admin", converse, conversation))
		return;
	admin->clients--;
	memory_free(conversation);
	ring_close(fd);
}

static void accept_all(void *arg)
{
	struct admin *admin = arg;
	int fd;

	while ((fd = ring_acceptor_wait(admin->acceptor, deadline_none())) !=
		-ECANCELED) {
		if (fd >= 0)
			begin(admin, fd);
		else if (!fiber_sleep(deadline_after_ms(100)))
			break;
	}
	ring_acceptor_close(&admin->acceptor);
}

static int listen_on(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = strlen(path);
	int fd;

	if (size >= sizeof(address.sun_path)) {
		fail(FAILURE_RESOURCE, "%s is too long for a unix socket", path);
		return -1;
	}
	memcpy(address.sun_path, path, size);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* One of a daemon that crashed; a living one holds the directory. */
	unlink(path);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		chmod(path, 0600) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	fail_errno(FAILURE_RESOURCE, errno, "cannot listen on %s", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

struct admin *admin_open(struct daemon *daemon)
{
	int fd = listen_on(daemon->admin_path);
	struct admin *admin;

	if (fd < 0)
		return NULL;
	admin = NEW(struct admin);
	admin->daemon = daemon;
	scope_init(&admin->scope);
	list_init(&admin->fans);
	condition_init(&admin->dug);
	admin->acceptor = ring_acceptor_open(fd);
	admin->rates = rates_open(admin);
	scope_spawn(&admin->scope, "admin accept", accept_all, admin);
	return admin;
}

void admin_close(struct admin *admin)
{
	if (!admin)
		return;
	unlink(admin->daemon->admin_path);
	scope_finish(&admin->scope, deadline_after_ms(0));
}

void admin_destroy(struct admin **admin)
{
	struct admin *old = *admin;

	*admin = NULL;
	if (!old)
		return;
	fans_destroy(&old->fans);
	rates_close(&old->rates);
	memory_free(old);
}
