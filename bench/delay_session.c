/*
 * One connection over the distance: two lines, a fiber for each. What a side
 * sends is put on its line when it arrives, and given to the other side when
 * it is due. A line that is full is not put on: the sender's window fills.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "run/ring.h"

#include "bench/delay_core.h"
#include "bench/delay_line.h"

#define PIECES_MAX 32
#define CONNECT_MS 30000

/* One direction. */
struct way {
	struct delay_session *session;
	struct ring_receiver *from;
	struct delay_line line;
	enum delay_number bytes;
};

struct delay_session {
	struct delay_worker *worker;
	struct fiber *fiber;
	int64_t began_us;
	struct ring_receiver *client, *target; /* target: NULL until connected */
	struct condition connected;
	struct scope ways;
	struct way there, back;
	bool broken;
};

static void way_init(struct delay_session *session, struct way *way,
	struct ring_receiver *from, int64_t open_us);
static void run_way(void *arg);
static bool take_in(struct way *way);
static bool give_out(struct way *way);
static bool send_due(struct way *way, int fd);
static bool end_way(struct way *way, int fd);
static void break_session(struct delay_session *session);
static bool connect_target(struct delay_session *session);
static void set_options(int fd);
static void close_side(struct ring_receiver **side, bool reset);

struct delay_session *delay_session_create(struct delay_worker *worker, int fd)
{
	struct delay_session *session = NEW(struct delay_session);
	int64_t now_us = worker_now_us();

	set_options(fd);
	session->worker = worker;
	session->began_us = now_us;
	session->client = ring_receiver_open(fd);
	condition_init(&session->connected);
	scope_init(&session->ways);
	/* A real client could not send before its handshake was over. */
	way_init(session, &session->there, session->client,
		now_us + worker->delay->options.rtt_us);
	session->there.bytes = DELAY_BYTES_THERE;
	way_init(session, &session->back, NULL, 0);
	session->back.bytes = DELAY_BYTES_BACK;
	delay_count(worker, DELAY_CONNECTIONS, 1);
	delay_count(worker, DELAY_OPEN, 1);
	if (worker->numbers[DELAY_OPEN] > worker->numbers[DELAY_OPEN_MOST])
		delay_count(worker, DELAY_OPEN_MOST, 1);
	return session;
}

void delay_session_destroy(struct delay_session **session)
{
	struct delay_session *s = *session;

	*session = NULL;
	close_side(&s->client, s->broken);
	close_side(&s->target, s->broken);
	delay_line_finish(&s->there.line);
	delay_line_finish(&s->back.line);
	delay_count(s->worker, DELAY_OPEN, -1);
	delay_count(s->worker, DELAY_RESET, s->broken);
	memory_free(s);
}

void delay_session_run(void *arg)
{
	struct delay_session *session = arg;
	int64_t rtt_us = session->worker->delay->options.rtt_us;

	session->fiber = fiber_self();
	if (scope_spawn(&session->ways, "delay there", run_way, &session->there) &&
		fiber_sleep((struct deadline){session->began_us + rtt_us * 3 / 2})) {
		if (connect_target(session)) {
			session->back.from = session->target;
			condition_broadcast(&session->connected);
			run_way(&session->back);
		} else {
			break_session(session);
		}
	}
	if (fiber_is_cancelled())
		scope_cancel(&session->ways);
	scope_finish(&session->ways, deadline_none());
	delay_session_destroy(&session);
}

static void way_init(struct delay_session *session, struct way *way,
	struct ring_receiver *from, int64_t open_us)
{
	const struct delay_options *options = &session->worker->delay->options;

	way->session = session;
	way->from = from;
	way->line = (struct delay_line){
		.delay_us = options->rtt_us / 2,
		.bits_per_second = options->bits_per_second,
		.window = (size_t)options->window / 2,
	};
	delay_line_init(&way->line, open_us);
}

static void run_way(void *arg)
{
	struct way *way = arg;
	bool goes_on = true;

	while (goes_on && !way->session->broken && !fiber_is_cancelled())
		goes_on = delay_line_due_us(&way->line) <= worker_now_us()
				  ? give_out(way)
				  : take_in(way);
}

/* Waits for bytes, but no longer than until others are due. */
static bool take_in(struct way *way)
{
	struct delay_line *line = &way->line;
	struct deadline due = {delay_line_due_us(line)};
	size_t room = delay_line_room(line);
	struct slice bytes;
	int result;

	if (delay_line_has_ended(line) || room == 0)
		return fiber_sleep(due);
	result = ring_receiver_wait(way->from, due);
	if (result == -ETIME)
		return true;
	if (result == 0) {
		delay_line_end(line, worker_now_us());
		return true;
	}
	if (result < 0) {
		/* A reset takes as long as everything else. */
		if (result != -ECANCELED && fiber_sleep((struct deadline){
						    worker_now_us() + line->delay_us}))
			break_session(way->session);
		return false;
	}
	while (room && (bytes = ring_receiver_peek(way->from)).size) {
		bytes = slice_part(bytes, 0, room);
		delay_line_put(line, bytes, worker_now_us());
		ring_receiver_consume(way->from, bytes.size);
		room -= bytes.size;
	}
	return true;
}

static bool give_out(struct way *way)
{
	struct delay_session *session = way->session;
	struct ring_receiver *to;

	while (!session->target)
		if (session->broken ||
			!condition_wait(&session->connected, deadline_none()))
			return false;
	to = way == &session->there ? session->target : session->client;
	return send_due(way, ring_receiver_fd(to)) &&
	       end_way(way, ring_receiver_fd(to));
}

/* False: the other side takes no more. It will have said so itself, which is
 * on its way back. */
static bool send_due(struct way *way, int fd)
{
	struct delay_worker *worker = way->session->worker;
	struct iovec pieces[PIECES_MAX];
	size_t count, size;
	int result = 0;

	while (result >= 0 && (count = delay_line_peek(&way->line, worker_now_us(),
				       pieces, PIECES_MAX, &size))) {
		int64_t late_us = clock_monotonic_us() - delay_line_due_us(&way->line);

		histogram_record(&worker->late, (uint64_t)late_us);
		result = ring_sendv(fd, pieces, (unsigned)count, deadline_none());
		delay_line_drop(&way->line, count);
		if (result >= 0) {
			delay_count(worker, way->bytes, (int64_t)size);
			delay_count(worker, DELAY_SENDS, 1);
		}
	}
	return result >= 0;
}

/* False: the end was passed on. */
static bool end_way(struct way *way, int fd)
{
	if (!delay_line_has_ended(&way->line) ||
		delay_line_due_us(&way->line) > worker_now_us())
		return true;
	shutdown(fd, SHUT_WR);
	return false;
}

/* Both ways end, and both sides are reset. */
static void break_session(struct delay_session *session)
{
	session->broken = true;
	condition_broadcast(&session->connected);
	scope_cancel(&session->ways);
	fiber_cancel(session->fiber);
}

static bool connect_target(struct delay_session *session)
{
	const struct endpoint *target = &session->worker->delay->endpoints.at[1];
	const struct sockaddr *address = (const struct sockaddr *)&target->address;
	socklen_t size = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
							: sizeof(struct sockaddr_in);
	int fd = socket(
		address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || ring_connect(fd, address, size, deadline_after_ms(CONNECT_MS))) {
		if (fd >= 0)
			ring_close(fd);
		delay_count(session->worker, DELAY_UNREACHED, 1);
		return false;
	}
	set_options(fd);
	session->target = ring_receiver_open(fd);
	return session->target != NULL;
}

/* The sender has decided already what travels together. */
static void set_options(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void close_side(struct ring_receiver **side, bool reset)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (*side && reset)
		setsockopt(ring_receiver_fd(*side), SOL_SOCKET, SO_LINGER, &now,
			sizeof(now));
	ring_receiver_close(side);
}
