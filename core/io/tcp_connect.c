/* Connecting: to a TCP peer, perhaps from a chosen address, or to a unix socket. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "io/stream.h"
#include "io/stream_layer.h"
#include "io/tcp.h"
#include "run/ring.h"

static socklen_t size_of(const struct sockaddr *address)
{
	switch (address->sa_family) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	default:
		return sizeof(struct sockaddr_un);
	}
}

/* The port stays open until connect, so that there can be more connections
 * than ports, one each to different peers. */
static bool bind_to(int fd, const struct sockaddr *local)
{
	struct stream_facts facts = {0};
	int on = 1;

	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(fd, local, size_of(local)) == 0)
		return true;
	on = errno;
	stream_facts_set_local(&facts, local);
	return fail_errno(FAILURE_NETWORK, on, "cannot send from %s", facts.local);
}

static bool is_connected(int fd, const struct sockaddr *address,
	const struct sockaddr *local, struct deadline deadline)
{
	struct stream_facts facts = {0};
	char what[sizeof(facts.peer) + 16];
	int result;

	if (local && !bind_to(fd, local))
		return false;
	result = ring_connect(fd, address, size_of(address), deadline);
	if (result >= 0)
		return true;
	stream_facts_set_peer(&facts, address);
	snprintf(what, sizeof(what), "connect to %s", facts.peer);
	return tcp_fail(result, what);
}

struct stream *stream_connect(const struct sockaddr *address,
	const struct sockaddr *local, struct deadline deadline)
{
	int fd = socket(
		address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		tcp_fail(-errno, "socket");
		return NULL;
	}
	if (!is_connected(fd, address, local, deadline)) {
		ring_close(fd);
		return NULL;
	}
	return stream_from_socket(fd);
}

struct stream *stream_connect_unix(const char *path, struct deadline deadline)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = strlen(path);

	if (size >= sizeof(address.sun_path)) {
		fail(FAILURE_CONFIG, "path of a unix socket longer than %zu bytes: %s",
			sizeof(address.sun_path) - 1, path);
		return NULL;
	}
	memcpy(address.sun_path, path, size);
	return stream_connect((struct sockaddr *)&address, NULL, deadline);
}
