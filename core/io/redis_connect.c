/*
 * Connects to a Redis: its address as text, its names, its socket, its TLS.
 */
#include "io/redis_connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/failure.h"
#include "base/slice.h"
#include "io/tls.h"
#include "run/ring.h"
#include "run/worker.h"

#define PORT_DEFAULT  6379
#define ADDRESSES_MAX 8
/* A turn's commit is one send of some hundred KiB. */
#define SEND_BUFFER (4 << 20)

union place {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un un;
};

struct places {
	const struct redis_address *address;
	union place at[ADDRESSES_MAX];
	socklen_t sizes[ADDRESSES_MAX];
	size_t count;
	int error; /* of getaddrinfo */
};

static bool parse_host(struct slice rest, struct redis_address *address);

bool redis_address_parse(const char *text, struct redis_address *address_r)
{
	static const char allowed[] =
		"\"%s\" is no address of a Redis: allowed are unix:/path,"
		" redis://host:port/database and rediss://…";
	struct slice rest = slice_of(text);
	struct redis_address address = {.port = PORT_DEFAULT};
	bool good;

	if (slice_starts(rest, SLICE("unix:/"))) {
		address.is_unix = true;
		good = slice_to_text(
			slice_from(rest, 5), address.path, sizeof(address.path));
	} else if (slice_starts(rest, SLICE("redis://"))) {
		good = parse_host(slice_from(rest, 8), &address);
	} else {
		address.tls = true;
		good = slice_starts(rest, SLICE("rediss://")) &&
		       parse_host(slice_from(rest, 9), &address);
	}
	if (slice_index(rest, '@') < rest.size)
		return fail(FAILURE_CONFIG, "the address of a Redis holds no user and"
					    " password: name those apart");
	if (!good)
		return fail(FAILURE_CONFIG, allowed, text);
	*address_r = address;
	return true;
}

/* host[:port][/database] */
static bool parse_host(struct slice rest, struct redis_address *address)
{
	struct slice host = slice_cut(&rest, '/'), port = SLICE_EMPTY;
	uint64_t number;

	if (rest.size) {
		if (!slice_to_u64(rest, &number) || number > 65535)
			return false;
		address->database = (unsigned)number;
	}
	if (slice_starts(host, SLICE("["))) {
		size_t end = slice_index(host, ']');

		port = slice_from(host, end + 1);
		if (end == host.size || (port.size && port.at[0] != ':'))
			return false;
		host = slice_part(host, 1, end - 1);
		port = slice_from(port, 1);
	} else if (slice_index(host, ':') < host.size) {
		port = host;
		host = slice_cut(&port, ':');
		if (!port.size)
			return false;
	}
	if (port.size) {
		if (!slice_to_u64(port, &number) || !number || number > UINT16_MAX)
			return false;
		address->port = (unsigned short)number;
	}
	return host.size && slice_to_text(host, address->host, sizeof(address->host));
}

static void add_place(
	struct places *places, const struct sockaddr *from, socklen_t size)
{
	if (places->count == ADDRESSES_MAX || size > sizeof(union place))
		return;
	memcpy(&places->at[places->count], from, size);
	places->sizes[places->count++] = size;
}

/* On a thread of the pool. */
static void look_up(void *arg)
{
	struct places *places = arg;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	char port[8];

	snprintf(port, sizeof(port), "%u", places->address->port);
	places->error = getaddrinfo(places->address->host, port, &hints, &found);
	for (struct addrinfo *one = found; one && !places->error; one = one->ai_next)
		add_place(places, one->ai_addr, one->ai_addrlen);
	if (found)
		freeaddrinfo(found);
}

static bool find_places(struct places *places, struct deadline deadline)
{
	const struct redis_address *address = places->address;
	union place place = {0};

	if (address->is_unix) {
		place.un.sun_family = AF_UNIX;
		memcpy(place.un.sun_path, address->path, sizeof(place.un.sun_path));
		add_place(places, &place.any, sizeof(place.un));
	} else if (inet_pton(AF_INET, address->host, &place.v4.sin_addr) == 1) {
		place.v4.sin_family = AF_INET;
		place.v4.sin_port = htons(address->port);
		add_place(places, &place.any, sizeof(place.v4));
	} else if (inet_pton(AF_INET6, address->host, &place.v6.sin6_addr) == 1) {
		place.v6.sin6_family = AF_INET6;
		place.v6.sin6_port = htons(address->port);
		add_place(places, &place.any, sizeof(place.v6));
	} else if (!offload(look_up, places, deadline)) {
		return fail_in(address->host);
	} else if (places->error || !places->count) {
		return fail(FAILURE_NETWORK, "%s: %s", address->host,
			places->error ? gai_strerror(places->error) : "no address");
	}
	return true;
}

static bool connect_to(int fd, const union place *place, socklen_t size,
	const struct redis_address *address, struct deadline deadline)
{
	const char *name = address->is_unix ? address->path : address->host;
	int bytes = SEND_BUFFER, on = 1, result;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	if (!address->is_unix)
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	result = ring_connect(fd, &place->any, size, deadline);
	if (result >= 0)
		return true;
	if (result == -ETIME)
		return fail(FAILURE_TIMEOUT, "connect to %s: no answer in time", name);
	if (result == -ECANCELED)
		return fail(FAILURE_CANCELLED, "connect to %s: interrupted", name);
	return fail_errno(FAILURE_NETWORK, -result, "connect to %s", name);
}

static struct stream *try_place(const union place *place, socklen_t size,
	const struct redis_address *address, struct deadline deadline)
{
	int fd = socket(
		place->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		fail_errno(FAILURE_RESOURCE, errno, "socket");
		return NULL;
	}
	if (!connect_to(fd, place, size, address, deadline)) {
		ring_close(fd);
		return NULL;
	}
	return stream_from_socket(fd);
}

struct stream *redis_connect(const struct redis_address *address,
	struct tls_client *client, struct deadline deadline)
{
	struct places *places = NEW(struct places);
	struct stream *stream = NULL;

	places->address = address;
	if (find_places(places, deadline)) {
		for (size_t i = 0; i < places->count && !stream; i++)
			stream = try_place(
				&places->at[i], places->sizes[i], address, deadline);
	}
	memory_free(places);
	if (!stream || !address->tls)
		return stream;
	struct tls_target target = {.name = address->host, .verify = true};

	return tls_connect(&stream, client, &target, deadline);
}
