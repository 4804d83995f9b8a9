/*
 * The only file that knows c-ares.
 *
 * c-ares is entered on the worker's own stack only: from a hook at the end of
 * a turn, in which sockets were found ready or questions were asked, and from
 * a timer. Each socket it is interested in has a poller, a fiber that waits on
 * the ring. A pending poll holds its file open, so when c-ares loses interest
 * (just before it closes) the poller is cancelled, and ends by itself; the
 * channel's memory outlives the last of them.
 */
#include "io/dns_channel.h"

#include <ares.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "base/failure.h"
#include "io/dns_server.h"
#include "run/fiber.h"
#include "run/ring.h"
#include "run/worker.h"

#define TRIES		   3 /* of each server, each twice as long as the last */
#define TRIES_IN_ALL	   7 /* 1 + 2 + 4 */
#define TRY_MS_MIN	   100
#define TIMEOUT_MS_DEFAULT 10000
#define SOCKET_BUFFER	   (1 << 20)

struct dns_channel {
	ares_channel ares;
	int64_t try_us;
	struct list waiting; /* requests not yet sent */
	size_t in_flight;
	uint64_t sent;
	struct turn_hook hook;
	struct timer timer;
	struct scope scope;
	struct list pollers; /* those c-ares is still interested in */
	struct list ready;
	size_t poller_count; /* with those that are ending */
	bool closed;
};

struct poller {
	struct link link, ready_link;
	struct dns_channel *channel;
	struct fiber *fiber; /* NULL: not yet run */
	int fd;
	unsigned events, found;
	bool dropped;
};

static int open_ares(struct dns_channel *channel, const struct dns_options *options,
	int flags, size_t servers);
static bool set_servers(struct dns_channel *channel, const struct dns_options *options);
static size_t count_servers(struct dns_channel *channel);
static void run_turn(struct turn_hook *hook);
static void run_timer(struct timer *timer);
static void receive_answer(
	void *arg, int status, int timeouts, unsigned char *bytes, int size);
static void want_socket(void *data, ares_socket_t fd, int readable, int writable);
static void free_channel(struct turn_hook *hook);

static void start_library(void)
{
	ares_library_init(ARES_LIB_INIT_ALL);
}

struct dns_channel *dns_channel_create(const struct dns_options *options)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct dns_channel *channel = NEW(struct dns_channel);
	size_t servers = options->server_count;
	int flags = ARES_FLAG_EDNS, status = ARES_SUCCESS;

	pthread_once(&once, start_library);
	list_init(&channel->waiting);
	list_init(&channel->pollers);
	list_init(&channel->ready);
	scope_init(&channel->scope);
	channel->hook.run = run_turn;
	channel->timer.run = run_timer;
	if (!servers) {
		status = open_ares(channel, options, flags, 1);
		if (status == ARES_SUCCESS) {
			servers = count_servers(channel);
			ares_destroy(channel->ares);
		}
	}
	/*
	 * Asking the one server again after its SERVFAIL helps nobody, and hides
	 * what it said; with several, c-ares turns to the next.
	 */
	if (servers <= 1)
		flags |= ARES_FLAG_NOCHECKRESP;
	if (status == ARES_SUCCESS)
		status = open_ares(channel, options, flags, servers);
	if (status != ARES_SUCCESS) {
		fail(FAILURE_RESOURCE, "the DNS resolver cannot start: %s",
			ares_strerror(status));
	} else if (set_servers(channel, options)) {
		return channel;
	} else {
		ares_destroy(channel->ares);
	}
	memory_free(channel);
	return NULL;
}

static int open_ares(struct dns_channel *channel, const struct dns_options *options,
	int flags, size_t servers)
{
	int64_t timeout_ms = options->timeout_ms > 0 ? options->timeout_ms
						     : TIMEOUT_MS_DEFAULT;
	int64_t try_ms = timeout_ms / (TRIES_IN_ALL * (int64_t)(servers ? servers : 1));
	char lookups[] = "b";
	struct ares_options ares = {
		.flags = flags,
		.timeout = (int)(try_ms < TRY_MS_MIN  ? TRY_MS_MIN
				 : try_ms > INT32_MAX ? INT32_MAX
						      : try_ms),
		.tries = TRIES,
		.lookups = lookups,
		.ednspsz = DNS_UDP_SIZE,
		.socket_send_buffer_size = SOCKET_BUFFER,
		.socket_receive_buffer_size = SOCKET_BUFFER,
		.sock_state_cb = want_socket,
		.sock_state_cb_data = channel,
	};

	channel->try_us = (int64_t)ares.timeout * 1000;
	return ares_init_options(&channel->ares, &ares,
		ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
			ARES_OPT_LOOKUPS | ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_SNDBUF |
			ARES_OPT_SOCK_RCVBUF | ARES_OPT_SOCK_STATE_CB |
			ARES_OPT_NOROTATE | ARES_OPT_DOMAINS);
}

static bool set_servers(struct dns_channel *channel, const struct dns_options *options)
{
	size_t count = options->server_count;
	struct ares_addr_port_node *nodes;
	bool good = true;
	int status;

	if (!count)
		return true;
	nodes = memory_allocate_array(count, sizeof(*nodes));
	for (size_t i = 0; i < count && good; i++) {
		struct dns_server server;

		good = dns_server_parse(options->servers[i], &server);
		if (!good) {
			fail(FAILURE_CONFIG, "\"%s\" is no address of a DNS server",
				options->servers[i]);
			break;
		}
		nodes[i].family = server.family;
		memcpy(&nodes[i].addr, server.bytes, sizeof(nodes[i].addr));
		nodes[i].udp_port = nodes[i].tcp_port = server.port;
		nodes[i].next = i + 1 < count ? &nodes[i + 1] : NULL;
	}
	status = good ? ares_set_servers_ports(channel->ares, nodes) : ARES_SUCCESS;
	if (status != ARES_SUCCESS)
		good = fail(FAILURE_RESOURCE, "DNS servers: %s", ares_strerror(status));
	memory_free(nodes);
	return good;
}

static size_t count_servers(struct dns_channel *channel)
{
	struct ares_addr_port_node *nodes = NULL;
	size_t count = 0;

	if (ares_get_servers_ports(channel->ares, &nodes) != ARES_SUCCESS)
		return 0;
	for (struct ares_addr_port_node *node = nodes; node; node = node->next)
		count++;
	ares_free_data(nodes);
	return count;
}

bool dns_channel_is_trusted(
	struct dns_channel *channel, const struct config_networks *trusted)
{
	struct ares_addr_port_node *nodes = NULL;
	bool all;

	if (ares_get_servers_ports(channel->ares, &nodes) != ARES_SUCCESS)
		return false;
	all = nodes != NULL;
	for (struct ares_addr_port_node *node = nodes; node && all; node = node->next)
		all = dns_server_is_trusted(node->family, &node->addr, trusted);
	ares_free_data(nodes);
	return all;
}

void dns_channel_destroy(struct dns_channel **channel)
{
	struct dns_channel *c = *channel;

	if (!c)
		return;
	*channel = NULL;
	c->closed = true;
	timer_stop(&c->timer);
	while (!list_is_empty(&c->waiting)) {
		struct dns_request *request = LIST_FIRST(
			&c->waiting, struct dns_request, link);

		list_remove(&request->link);
		request->answered(request, SLICE_EMPTY, "the resolver is closed");
	}
	ares_destroy(c->ares);
	list_remove(&c->hook.link);
	if (!c->poller_count)
		memory_free(c);
}

uint64_t dns_channel_sent(const struct dns_channel *channel)
{
	return channel->sent;
}

/* ---- Asking ---- */

void dns_channel_ask(struct dns_channel *channel, struct dns_request *request)
{
	request->channel = channel;
	list_append(&channel->waiting, &request->link);
	worker_at_turn_end(&channel->hook);
}

/* c-ares' own clock is a little ahead of the turn's. */
static void start_timer(struct dns_channel *channel, int64_t in_us)
{
	timer_start(&channel->timer, (struct deadline){worker_now_us() + in_us + 1000});
}

static void send_waiting(struct dns_channel *channel)
{
	size_t count = 0;

	while (!list_is_empty(&channel->waiting) &&
		channel->in_flight < DNS_QUERIES_MAX && count++ < DNS_BURST_MAX) {
		struct dns_request *request = LIST_FIRST(
			&channel->waiting, struct dns_request, link);

		list_remove(&request->link);
		channel->in_flight++;
		channel->sent++;
		ares_send(channel->ares, request->query, (int)request->query_size,
			receive_answer, request);
	}
	if (count > DNS_BURST_MAX)
		start_timer(channel, 0);
	else if (count &&
		 (!channel->timer.heap_place ||
			 channel->timer.at_us > worker_now_us() + channel->try_us))
		start_timer(channel, channel->try_us);
}

static void run_turn(struct turn_hook *hook)
{
	struct dns_channel *channel = CONTAINER_OF(hook, struct dns_channel, hook);

	while (!list_is_empty(&channel->ready)) {
		struct poller *poller = LIST_FIRST(
			&channel->ready, struct poller, ready_link);
		bool broken = poller->found & (POLLERR | POLLHUP | POLLNVAL);
		bool in = broken || poller->found & POLLIN;
		bool out = broken || poller->found & POLLOUT;
		int fd = poller->fd;

		list_remove(&poller->ready_link);
		poller->found = 0;
		/* It may drop this poller and others, and call back. */
		ares_process_fd(channel->ares, in ? fd : ARES_SOCKET_BAD,
			out ? fd : ARES_SOCKET_BAD);
	}
	send_waiting(channel);
}

static void run_timer(struct timer *timer)
{
	struct dns_channel *channel = CONTAINER_OF(timer, struct dns_channel, timer);
	struct timeval left;

	ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	if (ares_timeout(channel->ares, NULL, &left))
		start_timer(channel, (int64_t)left.tv_sec * 1000000 + left.tv_usec);
	send_waiting(channel);
}

static const char *trouble_of(int status)
{
	switch (status) {
	case ARES_ETIMEOUT:
		return "no answer from the DNS server in time";
	case ARES_ECONNREFUSED: /* also after SERVFAIL from each of several */
		return "no DNS server gives an answer";
	case ARES_EDESTRUCTION:
	case ARES_ECANCELLED:
		return "the resolver is closed";
	default:
		return ares_strerror(status);
	}
}

static void receive_answer(
	void *arg, int status, int timeouts, unsigned char *bytes, int size)
{
	struct dns_request *request = arg;
	struct dns_channel *channel = request->channel;

	channel->in_flight--;
	if (!list_is_empty(&channel->waiting))
		worker_at_turn_end(&channel->hook);
	if (status == ARES_SUCCESS && bytes)
		request->answered(request, slice_make(bytes, (size_t)size), NULL);
	else
		request->answered(request, SLICE_EMPTY, trouble_of(status));
}

/* ---- Sockets ---- */

static void poll_socket(void *arg)
{
	struct poller *poller = arg;
	struct dns_channel *channel = poller->channel;

	poller->fiber = fiber_self();
	while (!poller->dropped) {
		int found = ring_poll(poller->fd, poller->events, deadline_none());

		if (poller->dropped || found == -ECANCELED)
			break;
		/* An error is for c-ares to meet when it reads. */
		poller->found = found < 0 ? POLLERR : (unsigned)found;
		if (!link_is_linked(&poller->ready_link))
			list_append(&channel->ready, &poller->ready_link);
		worker_at_turn_end(&channel->hook);
	}
	list_remove(&poller->link);
	list_remove(&poller->ready_link);
	memory_free(poller);
	if (!--channel->poller_count && channel->closed) {
		/* This fiber still belongs to the scope in there. */
		channel->hook.run = free_channel;
		worker_at_turn_end(&channel->hook);
	}
}

static void free_channel(struct turn_hook *hook)
{
	memory_free(CONTAINER_OF(hook, struct dns_channel, hook));
}

static void drop(struct poller *poller)
{
	poller->dropped = true;
	list_remove(&poller->link);
	list_remove(&poller->ready_link);
	if (poller->fiber)
		fiber_cancel(poller->fiber);
}

static void want_socket(void *data, ares_socket_t fd, int readable, int writable)
{
	struct dns_channel *channel = data;
	unsigned events = (readable ? POLLIN : 0u) | (writable ? POLLOUT : 0u);
	struct poller *poller;

	LIST_EACH (&channel->pollers, link) {
		poller = CONTAINER_OF(link, struct poller, link);
		if (poller->fd != fd)
			continue;
		if (poller->events == events)
			return;
		drop(poller);
		break;
	}
	if (!events)
		return;
	poller = NEW(struct poller);
	*poller = (struct poller){.channel = channel, .fd = fd, .events = events};
	list_append(&channel->pollers, &poller->link);
	channel->poller_count++;
	if (!scope_spawn(&channel->scope, "dns socket", poll_socket, poller)) {
		/* Nobody listens: the question times out, which is temporary. */
		channel->poller_count--;
		list_remove(&poller->link);
		memory_free(poller);
	}
}
