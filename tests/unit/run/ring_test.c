/* The ring's calls: what each does, its deadline, its cancelling. */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "on_worker.h"

static char folder[] = "/tmp/ringpost-run-XXXXXX";

static void use_file(void *arg)
{
	struct deadline deadline = deadline_after_ms(5000);
	char path[64], text[32] = "";
	struct iovec pieces[2] = {{"two ", 4}, {"pieces", 6}};
	struct stat status;
	int fd;

	snprintf(path, sizeof(path), "%s/file", folder);
	CHECK_NUMBER(ring_open(path, O_RDWR, 0, deadline), -ENOENT);
	fd = ring_open(path, O_RDWR | O_CREAT, 0640, deadline);
	CHECK(fd >= 0);
	CHECK(!fstat(fd, &status));
	CHECK_NUMBER(status.st_mode & 0777, 0640);
	CHECK_NUMBER(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_NUMBER(ring_fallocate(fd, 0, 8192, deadline), 0);
	CHECK(!fstat(fd, &status));
	CHECK_NUMBER(status.st_size, 8192);
	CHECK_NUMBER(ring_write(fd, SLICE("hello, ring"), 100, deadline), 11);
	CHECK_NUMBER(ring_writev(fd, pieces, 2, 200, 0, deadline), 10);
	CHECK_NUMBER(ring_writev(fd, pieces, 2, 300, RWF_DSYNC, deadline), 10);
	CHECK_NUMBER(ring_fdatasync(fd, deadline), 0);
	CHECK_NUMBER(ring_read(fd, text, 11, 100, deadline), 11);
	CHECK_SLICE(slice_make(text, 11), "hello, ring");
	CHECK_NUMBER(ring_read(fd, text, sizeof(text), 304, deadline), sizeof(text));
	CHECK_SLICE(slice_make(text, 6), "pieces");
	CHECK_NUMBER(ring_read(fd, text, sizeof(text), 8192, deadline), 0);
	ring_close(fd);
	/* On an overlay the kernel closes files in the background. */
	for (int i = 0; i < 1000 && fcntl(fd, F_GETFD) != -1; i++)
		fiber_sleep(deadline_after_ms(1));
	CHECK_NUMBER(fcntl(fd, F_GETFD), -1);
	CHECK_NUMBER(ring_write(fd, SLICE("x"), 0, deadline), -EBADF);
	CHECK_NUMBER(ring_unlink(path, deadline), 0);
	CHECK_NUMBER(ring_unlink(path, deadline), -ENOENT);
}

CASE("files: open, allocate, write, sync, read, close, unlink")
{
	CHECK(mkdtemp(folder) != NULL);
	on_worker(use_file, NULL);
	CHECK(!rmdir(folder));
}

static void pair(int fds[2])
{
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
}

static void send_pieces(void *arg)
{
	struct deadline deadline = deadline_after_ms(5000);
	struct iovec pieces[5] = {{"", 0}, {"a", 1}, {"bc", 2}, {"", 0}, {"def", 3}};
	char text[16];
	int fds[2];

	pair(fds);
	CHECK_NUMBER(ring_sendv(fds[0], pieces, 5, deadline), 6);
	CHECK_NUMBER(ring_receive(fds[1], text, sizeof(text), deadline), 6);
	CHECK_SLICE(slice_make(text, 6), "abcdef");
	CHECK_NUMBER(ring_sendv(fds[0], pieces, 1, deadline), 0);
	CHECK_NUMBER(ring_send(fds[0], SLICE(""), deadline), 0);
	CHECK_NUMBER(ring_send(fds[0], SLICE("xyz"), deadline), 3);
	CHECK_NUMBER(ring_poll(fds[1], POLLIN, deadline), POLLIN);
	CHECK_NUMBER(ring_receive(fds[1], text, sizeof(text), deadline), 3);
	CHECK_NUMBER(ring_figures().sends, 2);
	CHECK_NUMBER(ring_figures().bytes_sent, 9);
	CHECK_NUMBER(ring_figures().receives, 2);
	CHECK_NUMBER(ring_figures().bytes_received, 9);
	CHECK(ring_figures().operations >= ring_figures().completions);
	CHECK(ring_figures().enters >= 4);
	ring_close(fds[1]);
	fiber_yield(deadline);
	fiber_yield(deadline);
	/* No SIGPIPE. */
	CHECK_NUMBER(ring_send(fds[0], SLICE("xyz"), deadline), -EPIPE);
	CHECK_NUMBER(ring_poll(fds[0], POLLIN, deadline) & POLLHUP, POLLHUP);
	CHECK_NUMBER(ring_receive(fds[0], text, sizeof(text), deadline), 0);
	ring_close(fds[0]);
}

CASE("sockets: pieces, empty ones, polling, a peer that is gone")
{
	on_worker(send_pieces, NULL);
}

#define LARGE (3u << 20)

struct transfer {
	int fds[2];
	char *bytes;
};

static void take_slowly(void *arg)
{
	struct transfer *transfer = arg;
	static char part[65536];
	size_t got = 0;
	int size;

	while ((size = ring_receive(transfer->fds[1], part, sizeof(part),
			deadline_after_ms(5000))) > 0) {
		CHECK(!memcmp(part, transfer->bytes + got % LARGE, 1));
		got += (size_t)size;
		fiber_yield(deadline_none());
	}
	CHECK_NUMBER(got, 2 * LARGE);
}

static void send_large(void *arg)
{
	struct transfer transfer = {.bytes = malloc(LARGE)};
	struct iovec *pieces = calloc(3000, sizeof(*pieces));
	struct scope scope;

	for (size_t i = 0; i < LARGE; i++)
		transfer.bytes[i] = (char)(i * 7);
	for (size_t i = 0; i < 3000; i++)
		pieces[i] = (struct iovec){transfer.bytes + i * 1024, 1024};
	pieces[2999].iov_len = LARGE - 2999 * 1024;
	pair(transfer.fds);
	scope_init(&scope);
	scope_spawn(&scope, "taker", take_slowly, &transfer);
	CHECK_NUMBER(ring_send(transfer.fds[0], slice_make(transfer.bytes, LARGE),
			     deadline_after_ms(5000)),
		LARGE);
	CHECK_NUMBER(ring_sendv(transfer.fds[0], pieces, 3000, deadline_after_ms(5000)),
		LARGE);
	ring_close(transfer.fds[0]);
	scope_finish(&scope, deadline_after_ms(5000));
	ring_close(transfer.fds[1]);
	free(transfer.bytes);
	free(pieces);
}

CASE("a send larger than the socket's buffer, whole and in 3,000 pieces")
{
	on_worker(send_large, NULL);
}

/* Each operation that can wait for ever, as a body to be interrupted. */

struct stuck {
	int (*wait)(struct stuck *stuck, struct deadline deadline);
	int fds[2];
	struct sockaddr_in address;
	struct deadline deadline;
	int result;
};

static int stuck_receive(struct stuck *stuck, struct deadline deadline)
{
	char text[16];

	return ring_receive(stuck->fds[0], text, sizeof(text), deadline);
}

static int stuck_read(struct stuck *stuck, struct deadline deadline)
{
	char text[16];
	int ends[2], result;

	CHECK(!pipe(ends));
	result = ring_read(ends[0], text, sizeof(text), 0, deadline);
	ring_close(ends[0]);
	ring_close(ends[1]);
	return result;
}

static int stuck_poll(struct stuck *stuck, struct deadline deadline)
{
	return ring_poll(stuck->fds[0], POLLIN, deadline);
}

static char filling[1 << 20];

static int stuck_send(struct stuck *stuck, struct deadline deadline)
{
	return ring_send(stuck->fds[0], slice_make(filling, sizeof(filling)), deadline);
}

static int stuck_sendv(struct stuck *stuck, struct deadline deadline)
{
	struct iovec pieces[2] = {{filling, sizeof(filling)}, {filling, 10}};

	return ring_sendv(stuck->fds[0], pieces, 2, deadline);
}

/* The backlog is full, so the handshake gets no answer. */
static int stuck_connect(struct stuck *stuck, struct deadline deadline)
{
	struct sockaddr_in address;
	int listener = listen_on_loopback(0, &address), fds[3], result;

	for (int i = 0; i < 3; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		result = ring_connect(fds[i], (struct sockaddr *)&address,
			sizeof(address), i < 1 ? deadline_none() : deadline);
		if (result)
			break;
	}
	for (int i = 0; i < 3; i++)
		ring_close(fds[i]);
	ring_close(listener);
	return result;
}

static int stuck_receiver(struct stuck *stuck, struct deadline deadline)
{
	struct ring_receiver *receiver = ring_receiver_open(dup(stuck->fds[0]));
	int result = ring_receiver_wait(receiver, deadline);

	ring_receiver_close(&receiver);
	return result;
}

static int stuck_acceptor(struct stuck *stuck, struct deadline deadline)
{
	struct sockaddr_in address;
	struct ring_acceptor *acceptor = ring_acceptor_open(
		listen_on_loopback(5, &address));
	int result = ring_acceptor_wait(acceptor, deadline);

	ring_acceptor_close(&acceptor);
	return result;
}

static void wait_stuck(void *arg)
{
	struct stuck *stuck = arg;

	stuck->result = stuck->wait(stuck, stuck->deadline);
}

static void interrupt_each(void *arg)
{
	static int (*const waits[])(struct stuck *, struct deadline) = {stuck_receive,
		stuck_read, stuck_poll, stuck_send, stuck_sendv, stuck_connect,
		stuck_receiver, stuck_acceptor};

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		struct stuck stuck = {.wait = waits[i]};
		struct scope scope;
		int64_t start = worker_now_us();

		pair(stuck.fds);
		CHECK_NUMBER(stuck.wait(&stuck, deadline_after_ms(20)), -ETIME);
		CHECK(worker_now_us() - start >= 20000);
		CHECK(worker_now_us() - start < 60000000);
		if (waits[i] != stuck_connect)
			CHECK_NUMBER(stuck.wait(&stuck, deadline_after_ms(0)), -ETIME);

		scope_init(&scope);
		stuck.deadline = deadline_none();
		CHECK(scope_spawn(&scope, "stuck", wait_stuck, &stuck));
		fiber_sleep(deadline_after_ms(20));
		CHECK_NUMBER(scope.count, 1);
		scope_finish(&scope, deadline_after_ms(0));
		CHECK_NUMBER(stuck.result, -ECANCELED);

		scope_init(&scope);
		CHECK(scope_spawn(&scope, "stuck", wait_stuck, &stuck));
		scope_cancel(&scope);
		scope_finish(&scope, deadline_after_ms(0));
		CHECK_NUMBER(stuck.result, -ECANCELED);
		ring_close(stuck.fds[0]);
		ring_close(stuck.fds[1]);
	}
}

CASE("every wait ends at its deadline, when cancelled, and when cancelled before")
{
	on_worker(interrupt_each, NULL);
}

static void time_out_then_cancel(void *arg)
{
	struct stuck stuck = {.wait = stuck_receive, .deadline = deadline_after_ms(10)};
	struct scope scope;

	pair(stuck.fds);
	scope_init(&scope);
	CHECK(scope_spawn(&scope, "stuck", wait_stuck, &stuck));
	while (!deadline_has_passed(stuck.deadline))
		fiber_yield(deadline_none());
	scope_cancel(&scope);
	scope_finish(&scope, deadline_none());
	CHECK(stuck.result == -ETIME || stuck.result == -ECANCELED);
	ring_close(stuck.fds[0]);
	ring_close(stuck.fds[1]);
}

CASE("a deadline and a cancel at the same moment")
{
	on_worker(time_out_then_cancel, NULL);
}

static void no_descriptors(void *arg)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int listener = listen_on_loopback(1, &address);

	close(listener);
	CHECK_NUMBER(ring_connect(fd, (struct sockaddr *)&address, sizeof(address),
			     deadline_after_ms(1000)),
		-ECONNREFUSED);
	CHECK_NUMBER(ring_connect(-1, (struct sockaddr *)&address, sizeof(address),
			     deadline_after_ms(1000)),
		-EBADF);
	ring_close(fd);
}

CASE("the kernel's errors come as they are")
{
	on_worker(no_descriptors, NULL);
}

static void many_at_once(void *arg)
{
	struct stuck stuck[300];
	struct scope scope;

	scope_init(&scope);
	for (size_t i = 0; i < 300; i++) {
		stuck[i] = (struct stuck){
			.wait = stuck_receive, .deadline = deadline_none()};
		pair(stuck[i].fds);
		CHECK(scope_spawn(&scope, "stuck", wait_stuck, &stuck[i]));
	}
	fiber_sleep(deadline_after_ms(20));
	scope_finish(&scope, deadline_after_ms(0));
	for (size_t i = 0; i < 300; i++) {
		CHECK_NUMBER(stuck[i].result, -ECANCELED);
		ring_close(stuck[i].fds[0]);
		ring_close(stuck[i].fds[1]);
	}
}

CASE("more operations in one turn than the ring has entries")
{
	on_worker_with(&(struct worker_options){.ring_entries = 8}, many_at_once, NULL);
}

CASE("closing outside a worker closes at once")
{
	int fd = dup(0);

	ring_close(fd);
	CHECK_NUMBER(fcntl(fd, F_GETFD), -1);
}

CHECK_MAIN()
