/* Where to connect and where to listen, as the command line names it. */
#include "bench/endpoint.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"

#define PORT_DEFAULT 25
#define BACKLOG	     4096

static bool split(struct slice text, struct slice *host_r, struct slice *ports_r);
static bool read_ports(
	struct slice text, bool ranges, uint64_t *first_r, uint64_t *last_r);
static bool resolve(struct endpoint *endpoint);
static void set_port(struct endpoint *endpoint, unsigned port);
static socklen_t size_of(const struct endpoint *endpoint);
static int open_socket(const struct endpoint *endpoint, bool shared);
static bool is_taken(const struct endpoint *endpoint);
static void learn_port(struct endpoint *endpoint, int fd);

bool endpoints_add(struct endpoints *endpoints, struct slice text, bool ranges)
{
	struct endpoint endpoint = {0};
	uint64_t first = PORT_DEFAULT, last = PORT_DEFAULT;
	struct slice host, ports;

	if (!split(text, &host, &ports) ||
		!slice_to_text(host, endpoint.host, sizeof(endpoint.host)) ||
		(ports.at && !read_ports(ports, ranges, &first, &last)))
		return fail(FAILURE_CONFIG,
			"\"%.*s\" is no address: HOST:PORT%s is wanted, "
			"[HOST]:PORT for IPv6",
			SLICE_PRINT(text), ranges ? " or HOST:FIRST-LAST" : "");
	if (endpoints->count + (last - first) >= ENDPOINTS_MAX)
		return fail(FAILURE_CONFIG, "more than %d ports", ENDPOINTS_MAX);
	if (!resolve(&endpoint))
		return false;
	endpoints->at = memory_resize(endpoints->at,
		(endpoints->count + (last - first) + 1) * sizeof(*endpoints->at));
	for (uint64_t port = first; port <= last; port++) {
		set_port(&endpoint, (unsigned)port);
		endpoints->at[endpoints->count++] = endpoint;
	}
	return true;
}

void endpoints_finish(struct endpoints *endpoints)
{
	memory_free(endpoints->at);
	*endpoints = (struct endpoints){0};
}

bool endpoint_listen(struct endpoint *endpoint, int *fds, unsigned count)
{
	bool shared = count > 1;
	int error = 0;

	/* SO_REUSEPORT would let two processes share a port unseen. */
	if (shared && is_taken(endpoint))
		return fail_errno(FAILURE_NETWORK, EADDRINUSE, "cannot listen on %s",
			endpoint->text);
	for (unsigned i = 0; i < count; i++) {
		fds[i] = open_socket(endpoint, shared);
		if (fds[i] < 0) {
			error = errno;
			while (i-- > 0)
				close(fds[i]);
			return fail_errno(FAILURE_NETWORK, error, "cannot listen on %s",
				endpoint->text);
		}
		if (endpoint->port == 0)
			learn_port(endpoint, fds[i]);
	}
	return true;
}

/* "host", "host:ports", "[v6]", "[v6]:ports", or a bare IPv6 address. */
static bool split(struct slice text, struct slice *host_r, struct slice *ports_r)
{
	size_t colon = slice_index_last(text, ':');

	*ports_r = SLICE_EMPTY;
	*host_r = text;
	if (slice_starts(text, SLICE("["))) {
		size_t end = slice_index(text, ']');

		*host_r = slice_part(text, 1, end - 1);
		if (end + 1 < text.size && text.at[end + 1] == ':')
			*ports_r = slice_from(text, end + 2);
		else if (end + 1 != text.size)
			return false;
	} else if (colon < text.size && slice_index(text, ':') == colon) {
		*host_r = slice_part(text, 0, colon);
		*ports_r = slice_from(text, colon + 1);
	}
	return host_r->size > 0;
}

static bool read_ports(
	struct slice text, bool ranges, uint64_t *first_r, uint64_t *last_r)
{
	struct slice last = text, first = slice_cut(&last, '-');

	if (!slice_to_u64(first, first_r) || *first_r > 65535)
		return false;
	*last_r = *first_r;
	if (!last.at)
		return true;
	return ranges && *first_r > 0 && slice_to_u64(last, last_r) &&
	       *last_r >= *first_r && *last_r <= 65535;
}

static bool resolve(struct endpoint *endpoint)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *found = NULL;
	int error = getaddrinfo(endpoint->host, NULL, &hints, &found);

	if (error) { /* without a route, ADDRCONFIG hides loopback */
		hints.ai_flags = 0;
		error = getaddrinfo(endpoint->host, NULL, &hints, &found);
	}
	if (error)
		return fail(
			FAILURE_CONFIG, "%s: %s", endpoint->host, gai_strerror(error));
	memcpy(&endpoint->address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return true;
}

static void set_port(struct endpoint *endpoint, unsigned port)
{
	char host[64] = "?";

	endpoint->port = port;
	/* The port stands at the same place in both families. */
	((struct sockaddr_in *)&endpoint->address)->sin_port = htons((uint16_t)port);
	getnameinfo((struct sockaddr *)&endpoint->address, size_of(endpoint), host,
		sizeof(host), NULL, 0, NI_NUMERICHOST);
	snprintf(endpoint->text, sizeof(endpoint->text),
		endpoint->address.ss_family == AF_INET6 ? "[%.54s]:%u" : "%.56s:%u",
		host, port);
}

static socklen_t size_of(const struct endpoint *endpoint)
{
	return endpoint->address.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						       : sizeof(struct sockaddr_in);
}

/* -1 with errno. */
static int open_socket(const struct endpoint *endpoint, bool shared)
{
	int fd = socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1, error;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (shared)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&endpoint->address, size_of(endpoint)) ==
			0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static bool is_taken(const struct endpoint *endpoint)
{
	int fd = socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;
	bool taken;

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	taken = bind(fd, (const struct sockaddr *)&endpoint->address,
			size_of(endpoint)) != 0 &&
		errno == EADDRINUSE;
	close(fd);
	return taken;
}

static void learn_port(struct endpoint *endpoint, int fd)
{
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);

	if (getsockname(fd, (struct sockaddr *)&bound, &size) == 0)
		set_port(endpoint,
			ntohs(((const struct sockaddr_in *)&bound)->sin_port));
}
