/*
 * Sockets as streams, TCP and unix: a multishot receive into the ring's
 * buffers one way, one send for everything the other way.
 */
#include "io/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/stream.h"
#include "io/stream_layer.h"
#include "run/ring.h"

/* A peer that still talks when we end is heard out this long, and this much,
 * because closing on unread bytes resets the connection and may destroy our
 * last reply on its way. */
#define LINGER_MS  2000
#define LINGER_MAX (1u << 20)

struct tcp {
	struct stream stream;
	struct ring_receiver *receiver;
	int fd;
};

static struct tcp *tcp_of(struct stream *stream)
{
	return CONTAINER_OF(stream, struct tcp, stream);
}

/* A result of the ring as a failure. */
bool tcp_fail(int result, const char *what)
{
	switch (-result) {
	case ETIME:
		return fail(FAILURE_TIMEOUT, "%s: no answer in time", what);
	case ECANCELED:
		return fail(FAILURE_CANCELLED, "%s: cancelled", what);
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
		return fail_errno(FAILURE_RESOURCE, -result, "%s", what);
	default:
		return fail_errno(FAILURE_NETWORK, -result, "%s", what);
	}
}

static struct slice tcp_peek(struct stream *stream, size_t skip)
{
	return ring_receiver_peek_from(tcp_of(stream)->receiver, skip);
}

static void tcp_consume(struct stream *stream, size_t size)
{
	ring_receiver_consume(tcp_of(stream)->receiver, size);
}

static bool tcp_fill(struct stream *stream, struct deadline deadline)
{
	int result = ring_receiver_wait(tcp_of(stream)->receiver, deadline);

	if (result > 0)
		return true;
	if (result == 0)
		return fail(FAILURE_CLOSED, "the peer closed the connection");
	return tcp_fail(result, "receive");
}

static bool tcp_send(struct stream *stream, const struct slice *pieces, size_t count,
	struct deadline deadline)
{
	struct iovec vector[STREAM_PIECES_MAX];
	int fd = tcp_of(stream)->fd;
	int result;

	if (count == 1) {
		result = ring_send(fd, pieces[0], deadline);
	} else {
		for (size_t i = 0; i < count; i++)
			vector[i] = (struct iovec){
				(void *)(uintptr_t)pieces[i].at, pieces[i].size};
		result = ring_sendv(fd, vector, (unsigned)count, deadline);
	}
	if (result >= 0)
		return true;
	tcp_fail(result, "send");
	return stream_keep_failure(stream);
}

static void tcp_acknowledge(struct stream *stream)
{
	int on = 1;

	/* Of a unix socket it is refused, and not needed. */
	(void)setsockopt(
		tcp_of(stream)->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

static void tcp_finish(struct stream *stream, struct deadline deadline)
{
	struct tcp *tcp = tcp_of(stream);
	size_t heard = 0;

	shutdown(tcp->fd, SHUT_WR);
	deadline = deadline_earlier(deadline, deadline_after_ms(LINGER_MS));
	while (heard < LINGER_MAX) {
		struct slice rest = tcp_peek(stream, 0);

		if (rest.size == 0) {
			if (heard == 0 || !tcp_fill(stream, deadline))
				return;
			continue;
		}
		heard += rest.size;
		tcp_consume(stream, rest.size);
	}
}

static void tcp_close(struct stream *stream)
{
	ring_receiver_close(&tcp_of(stream)->receiver);
}

static const struct stream_layer tcp_layer = {
	.name = "tcp",
	.peek = tcp_peek,
	.consume = tcp_consume,
	.fill = tcp_fill,
	.send = tcp_send,
	.acknowledge = tcp_acknowledge,
	.finish = tcp_finish,
	.close = tcp_close,
};

/* Everything is sent when it is due and in one piece, so Nagle only delays. */
static void set_options(int fd, int family)
{
	int on = 1;

	if (family == AF_INET || family == AF_INET6)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

struct stream *stream_from_socket(int fd)
{
	struct sockaddr_storage peer, local;
	socklen_t peer_size = sizeof(peer), local_size = sizeof(local);
	struct ring_receiver *receiver;
	struct tcp *tcp;

	memset(&peer, 0, sizeof(peer));
	memset(&local, 0, sizeof(local));
	if (getpeername(fd, (struct sockaddr *)&peer, &peer_size) ||
		getsockname(fd, (struct sockaddr *)&local, &local_size)) {
		fail_errno(FAILURE_NETWORK, errno, "the connection is gone already");
		ring_close(fd);
		return NULL;
	}
	set_options(fd, peer.ss_family);
	receiver = ring_receiver_open(fd);
	if (!receiver) {
		ring_close(fd);
		return NULL;
	}
	tcp = NEW(struct tcp);
	stream_init(&tcp->stream, &tcp_layer);
	tcp->fd = fd;
	tcp->receiver = receiver;
	stream_facts_set_peer(&tcp->stream.facts, (struct sockaddr *)&peer);
	stream_facts_set_local(&tcp->stream.facts, (struct sockaddr *)&local);
	return &tcp->stream;
}
