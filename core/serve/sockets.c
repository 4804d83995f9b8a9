/*
 * The listening sockets of a process, bound while it may still bind anything.
 *
 * Each worker has a socket of its own for each address (SO_REUSEPORT), so the
 * kernel spreads connections and no worker wakes for another's. A reload keeps
 * the sockets whose address stays: not one connection is refused.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/map.h"
#include "base/memory.h"

#include "serve/listener_core.h"

#define BACKLOG	     4096
#define QUIET_S	     300 /* then a connection is asked whether it is there */
#define FREE_WAIT_MS 3000
#define FREE_NAP_MS  20

static socklen_t endpoint_address(
	const struct config_endpoint *endpoint, struct sockaddr_storage *storage)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	memset(storage, 0, sizeof(*storage));
	if (memcmp(endpoint->address, mapped, sizeof(mapped)) == 0) {
		struct sockaddr_in *in = (struct sockaddr_in *)storage;

		in->sin_family = AF_INET;
		in->sin_port = htons(endpoint->port);
		memcpy(&in->sin_addr, endpoint->address + 12, 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(endpoint->port);
	memcpy(&in6->sin6_addr, endpoint->address, 16);
	return sizeof(*in6);
}

static bool refuse(const struct config *config, const struct config_listener *listener,
	const char *why)
{
	char place[CONFIG_PLACE_SIZE];

	return fail(FAILURE_CONFIG, "%scannot listen on %s: %s",
		config_place(config, config_mark_of(config, &listener->address), place),
		listener->address, why);
}

/* A bound, listening socket; -1 with errno. */
static int listen_on(const struct config_endpoint *endpoint)
{
	struct sockaddr_storage storage;
	socklen_t size = endpoint_address(endpoint, &storage);
	int on = 1, off = 0, quiet = QUIET_S, error;
	int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* Accepted ones have it from here: who waits for mail says nothing for long. */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &quiet, sizeof(quiet));
	if (storage.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *)&storage, size) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/*
 * SO_REUSEPORT would let two processes of one user share a port unseen: the
 * first socket of an address is tried without it, so that "taken" is noticed.
 */
static bool is_free(const struct config *config, const struct config_listener *listener)
{
	struct sockaddr_storage storage;
	socklen_t size = endpoint_address(&listener->endpoint, &storage);
	int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1, off = 0, error;
	bool is;

	if (fd < 0)
		return refuse(config, listener, strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (storage.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	is = bind(fd, (struct sockaddr *)&storage, size) == 0;
	error = errno;
	if (!is)
		refuse(config, listener, strerror(error));
	close(fd);
	errno = error;
	return is;
}

/*
 * Of a process that was killed the kernel may keep the ports for a moment: what
 * its rings still wait for is undone behind its back.
 */
static bool becomes_free(
	const struct config *config, const struct config_listener *listener)
{
	for (int tries = 0; tries < FREE_WAIT_MS / FREE_NAP_MS; tries++) {
		if (is_free(config, listener))
			return true;
		if (errno != EADDRINUSE)
			return false;
		poll(NULL, 0, FREE_NAP_MS); /* no worker runs yet */
	}
	return is_free(config, listener);
}

bool socket_is_free(const struct config *config, size_t index)
{
	return is_free(config, &config->listeners[index]);
}

static struct socket_group *find_group(struct sockets *sockets, const char *address)
{
	for (size_t i = 0; sockets && i < sockets->count; i++)
		if (strcmp(sockets->groups[i]->address, address) == 0)
			return sockets->groups[i];
	return NULL;
}

static void group_release(struct socket_group *group)
{
	if (!group || atomic_fetch_sub(&group->holders, 1) != 1)
		return;
	for (unsigned i = 0; i < group->workers; i++)
		if (group->fds[i] >= 0)
			close(group->fds[i]);
	memory_free(group->fds);
	memory_free(group->address);
	memory_free(group);
}

static struct socket_group *group_open(const struct config *config,
	const struct config_listener *listener, unsigned workers, bool patient)
{
	struct socket_group *group;

	if (!(patient ? becomes_free : is_free)(config, listener))
		return NULL;
	group = NEW(struct socket_group);
	atomic_store(&group->holders, 1);
	group->address = memory_copy_text(slice_of(listener->address));
	group->fds = memory_allocate_array(workers, sizeof(*group->fds));
	group->workers = workers;
	for (unsigned i = 0; i < workers; i++)
		group->fds[i] = -1;
	for (unsigned i = 0; i < workers; i++) {
		group->fds[i] = listen_on(&listener->endpoint);
		if (group->fds[i] < 0) {
			refuse(config, listener, strerror(errno));
			group_release(group);
			return NULL;
		}
	}
	return group;
}

struct sockets *sockets_open(
	const struct config *config, unsigned workers, struct sockets *old)
{
	struct sockets *sockets = NEW(struct sockets);

	sockets->groups = memory_allocate_array(
		config->listener_count + 1, sizeof(struct socket_group *));
	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *listener = &config->listeners[i];
		struct socket_group *group = find_group(old, listener->address);

		if (group)
			atomic_fetch_add(&group->holders, 1);
		else
			group = group_open(config, listener, workers, !old);
		if (!group) {
			sockets_close(&sockets);
			return NULL;
		}
		sockets->groups[sockets->count++] = group;
	}
	return sockets;
}

void sockets_close(struct sockets **sockets)
{
	struct sockets *old = *sockets;

	*sockets = NULL;
	if (!old)
		return;
	for (size_t i = 0; i < old->count; i++)
		group_release(old->groups[i]);
	memory_free(old->groups);
	memory_free(old);
}
