/*
 * Listeners: an accepting fiber for each address, a fiber for each session.
 *
 * Admission is decided before a byte is read: networks, then the caps of the
 * listener, of all listeners, of one address. Counts are atomics, since any
 * worker may take any connection.
 */
#include "serve/listener.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "run/ring.h"

#include "serve/listener_core.h"

#define ADDRESS_SLOTS	  65536 /* two addresses in one slot share a cap */
#define LISTENER_SLOTS	  1024
#define REFUSAL_MS	  2000
#define HANDSHAKE_MS	  30000
#define LISTENER_PAUSE_MS 100

struct session_counts {
	_Atomic uint64_t total;
	_Atomic uint32_t by_listener[LISTENER_SLOTS];
	_Atomic uint32_t by_address[ADDRESS_SLOTS];
};

/* One address of one worker. */
struct accepting {
	struct link link;
	struct listeners *listeners;
	struct ring_acceptor *acceptor;
	struct scope scope; /* of its one fiber */
	char *address;
	size_t index; /* of its listener in the present configuration */
	bool retired; /* not in it any more */
};

struct listeners {
	struct config *config;	/* held */
	struct tls_server *tls; /* held, or NULL */
	struct session_counts *counts;
	struct scope *sessions; /* where sessions live: their worker's */
	struct list accepting;
	unsigned worker;
	bool stopping;
	void (*session)(void *context, const struct session_start *start);
	void *context;
};

/* A session about to run, with all that keeps it going. */
struct admitted {
	struct listeners *listeners;
	struct session_start start;
	_Atomic uint32_t *by_listener, *by_address;
};

struct session_counts *session_counts_create(void)
{
	return NEW(struct session_counts);
}

void session_counts_destroy(struct session_counts **counts)
{
	memory_free(*counts);
	*counts = NULL;
}

uint64_t session_counts_total(const struct session_counts *counts)
{
	return atomic_load(&counts->total);
}

static void uncount(struct session_counts *counts, struct admitted *admitted)
{
	atomic_fetch_sub(&counts->total, 1);
	atomic_fetch_sub(admitted->by_listener, 1);
	atomic_fetch_sub(admitted->by_address, 1);
}

/* Loopback may use all there is: it is where applications live. */
static bool is_over(
	struct session_counts *counts, const struct admitted *admitted, bool loopback)
{
	const struct config *config = admitted->start.config;
	const struct config_submission *limits = &config->submission;

	return atomic_load(&counts->total) > limits->sessions ||
	       atomic_load(admitted->by_listener) >
		       admitted->start.listener->sessions ||
	       (!loopback && atomic_load(admitted->by_address) >
				     limits->sessions_per_address);
}

static bool is_allowed(
	const struct config_listener *listener, const struct stream_facts *facts)
{
	if (listener->networks.count)
		return config_networks_contain(&listener->networks, facts->peer_bytes);
	return listener->tls != CONFIG_TLS_NONE || facts->peer_is_loopback;
}

/* Says why in the one line SMTP has for it; nothing under implicit TLS, where
 * no plain text can be read. */
static void turn_away(struct admitted *admitted, const char *line)
{
	struct stream *stream = admitted->start.stream;

	if (admitted->start.listener->tls != CONFIG_TLS_IMPLICIT) {
		stream_write(stream, slice_of(line));
		stream_flush(stream, deadline_after_ms(REFUSAL_MS));
	}
	stream_close(&admitted->start.stream);
}

static bool handshake(struct admitted *admitted)
{
	struct session_start *start = &admitted->start;

	if (start->listener->tls != CONFIG_TLS_IMPLICIT)
		return true;
	start->stream = tls_accept(
		&start->stream, start->tls, deadline_after_ms(HANDSHAKE_MS));
	return start->stream != NULL;
}

static void run_session(void *arg)
{
	struct admitted *admitted = arg;
	struct listeners *listeners = admitted->listeners;
	struct session_start *start = &admitted->start;
	const struct stream_facts *facts = stream_facts(start->stream);

	if (!is_allowed(start->listener, facts)) {
		event_note(EVENT_WARNING, "connection_refused",
			"%s may not connect to %s", facts->peer,
			start->listener->address);
		turn_away(admitted, "554 5.7.1 You may not connect here\r\n");
	} else if (is_over(listeners->counts, admitted, facts->peer_is_loopback)) {
		event_note(EVENT_WARNING, "connection_refused",
			"too many sessions for %s", facts->peer);
		turn_away(admitted,
			"421 4.3.2 Too many connections, try again later\r\n");
	} else if (handshake(admitted)) {
		listeners->session(listeners->context, start);
	}
	uncount(listeners->counts, admitted);
	tls_server_release(&start->tls);
	config_release(&start->config);
	memory_free(admitted);
}

static struct admitted *admit(struct accepting *accepting, struct stream *stream)
{
	struct listeners *listeners = accepting->listeners;
	struct session_counts *counts = listeners->counts;
	struct admitted *admitted = NEW(struct admitted);
	const unsigned char *peer = stream_facts(stream)->peer_bytes;
	uint64_t slot = map_hash(slice_make(peer, 16)) % ADDRESS_SLOTS;

	admitted->listeners = listeners;
	admitted->start = (struct session_start){
		.stream = stream,
		.config = config_hold(listeners->config),
		.listener = &listeners->config->listeners[accepting->index],
		.tls = listeners->tls ? tls_server_hold(listeners->tls) : NULL,
		.stopping = &listeners->stopping,
	};
	admitted->by_address = &counts->by_address[slot];
	admitted->by_listener = &counts->by_listener[accepting->index % LISTENER_SLOTS];
	atomic_fetch_add(&counts->total, 1);
	atomic_fetch_add(admitted->by_listener, 1);
	atomic_fetch_add(admitted->by_address, 1);
	return admitted;
}

static void begin_session(struct accepting *accepting, int fd)
{
	struct listeners *listeners = accepting->listeners;
	struct stream *stream = stream_from_socket(fd);
	struct admitted *admitted;

	if (!stream)
		return;
	admitted = admit(accepting, stream);
	if (scope_spawn(listeners->sessions, "session", run_session, admitted))
		return;
	stream_close(&admitted->start.stream);
	uncount(listeners->counts, admitted);
	tls_server_release(&admitted->start.tls);
	config_release(&admitted->start.config);
	memory_free(admitted);
}

static void accept_all(void *arg)
{
	struct accepting *accepting = arg;

	for (;;) {
		int fd = ring_acceptor_wait(accepting->acceptor, deadline_none());

		if (fd >= 0)
			begin_session(accepting, fd);
		else if (fd == -ECANCELED ||
			 !fiber_sleep(deadline_after_ms(LISTENER_PAUSE_MS)))
			break;
	}
	ring_acceptor_close(&accepting->acceptor);
}

static bool accept_on(
	struct listeners *listeners, struct socket_group *group, size_t index)
{
	struct accepting *accepting = NEW(struct accepting);
	int fd = dup(group->fds[listeners->worker]);

	scope_init(&accepting->scope);
	accepting->listeners = listeners;
	accepting->index = index;
	accepting->address = memory_copy_text(slice_of(group->address));
	list_append(&listeners->accepting, &accepting->link);
	accepting->acceptor = fd >= 0 ? ring_acceptor_open(fd) : NULL;
	if (accepting->acceptor &&
		scope_spawn(&accepting->scope, "accept", accept_all, accepting))
		return true;
	ring_acceptor_close(&accepting->acceptor);
	accepting->retired = true;
	return fail(FAILURE_RESOURCE, "cannot accept on %s", group->address);
}

struct listeners *listeners_open(unsigned worker, struct session_counts *counts,
	struct scope *scope,
	void (*session)(void *context, const struct session_start *start),
	void *context)
{
	struct listeners *listeners = NEW(struct listeners);

	listeners->counts = counts;
	listeners->sessions = scope;
	listeners->worker = worker;
	listeners->session = session;
	listeners->context = context;
	list_init(&listeners->accepting);
	return listeners;
}

static struct accepting *find_accepting(
	struct listeners *listeners, const char *address)
{
	LIST_EACH (&listeners->accepting, link) {
		struct accepting *accepting = CONTAINER_OF(
			link, struct accepting, link);

		if (!accepting->retired && strcmp(accepting->address, address) == 0)
			return accepting;
	}
	return NULL;
}

static void retire_all(struct listeners *listeners)
{
	LIST_EACH (&listeners->accepting, link)
		CONTAINER_OF(link, struct accepting, link)->retired = true;
}

static void stop_retired(struct listeners *listeners)
{
	LIST_EACH (&listeners->accepting, link) {
		struct accepting *accepting = CONTAINER_OF(
			link, struct accepting, link);

		if (accepting->retired)
			scope_cancel(&accepting->scope);
	}
}

bool listeners_reload(struct listeners *listeners, struct sockets *sockets,
	struct config *config, struct tls_server *tls)
{
	struct accepting **kept = memory_allocate_array(
		sockets->count + 1, sizeof(struct accepting *));
	bool all = true;

	config_hold(config);
	config_release(&listeners->config);
	listeners->config = config;
	if (tls)
		tls_server_hold(tls);
	tls_server_release(&listeners->tls);
	listeners->tls = tls;

	for (size_t i = 0; i < sockets->count; i++)
		kept[i] = find_accepting(listeners, sockets->groups[i]->address);
	retire_all(listeners);
	for (size_t i = 0; i < sockets->count; i++) {
		if (kept[i]) {
			kept[i]->retired = false;
			kept[i]->index = i;
		} else {
			all &= accept_on(listeners, sockets->groups[i], i);
		}
	}
	stop_retired(listeners);
	memory_free(kept);
	return all;
}

void listeners_stop(struct listeners *listeners)
{
	listeners->stopping = true;
	retire_all(listeners);
	stop_retired(listeners);
}

void listeners_close(struct listeners **listeners, struct deadline deadline)
{
	struct listeners *old = *listeners;
	struct link *link;

	*listeners = NULL;
	if (!old)
		return;
	while ((link = list_take(&old->accepting))) {
		struct accepting *accepting = CONTAINER_OF(
			link, struct accepting, link);

		scope_cancel(&accepting->scope);
		scope_finish(&accepting->scope, deadline);
		memory_free(accepting->address);
		memory_free(accepting);
	}
	tls_server_release(&old->tls);
	config_release(&old->config);
	memory_free(old);
}
