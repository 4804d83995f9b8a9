/*
 * Admission: which connections become sessions.
 *
 * Decided before a byte is read: networks, then the caps of the listener, of
 * all listeners, of one address. Counts are atomics, since any worker may take
 * any connection.
 */
#include <stdatomic.h>
#include <sys/resource.h>

#include "base/event.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"

#include "serve/listener_core.h"

#define ADDRESS_SLOTS  65536 /* two addresses in one slot share a cap */
#define LISTENER_SLOTS 1024
#define REFUSAL_MS     2000
#define FILES_KEPT     4 /* one descriptor in so many: for the spool, the relay */
#define HANDSHAKE_MS   30000

struct session_counts {
	uint64_t most; /* however many are configured */
	_Atomic uint64_t total;
	_Atomic uint32_t by_listener[LISTENER_SLOTS];
	_Atomic uint32_t by_address[ADDRESS_SLOTS];
};

/* A session about to run, with all that keeps it going. */
struct admitted {
	struct link link;
	struct listeners *listeners;
	struct fiber *fiber; /* once it runs */
	bool resting;
	struct session_start start;
	_Atomic uint32_t *by_listener, *by_address;
};

struct session_counts *session_counts_create(void)
{
	struct session_counts *counts = NEW(struct session_counts);
	struct rlimit files;

	counts->most = UINT64_MAX;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY)
		counts->most = files.rlim_cur - files.rlim_cur / FILES_KEPT;
	return counts;
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
	       atomic_load(&counts->total) > counts->most ||
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

	admitted->fiber = fiber_self();
	list_append(&listeners->admitted, &admitted->link);
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
	list_remove(&admitted->link);
	uncount(listeners->counts, admitted);
	tls_server_release(&start->tls);
	config_release(&start->config);
	memory_free(admitted);
}

static struct admitted *admit(
	struct listeners *listeners, size_t index, struct stream *stream)
{
	struct session_counts *counts = listeners->counts;
	struct admitted *admitted = NEW(struct admitted);
	const unsigned char *peer = stream_facts(stream)->peer_bytes;
	uint64_t slot = map_hash(slice_make(peer, 16)) % ADDRESS_SLOTS;

	admitted->listeners = listeners;
	admitted->start = (struct session_start){
		.stream = stream,
		.config = config_hold(listeners->config),
		.listener = &listeners->config->listeners[index],
		.tls = listeners->tls ? tls_server_hold(listeners->tls) : NULL,
		.stopping = &listeners->stopping,
		.resting = &admitted->resting,
	};
	admitted->by_address = &counts->by_address[slot];
	admitted->by_listener = &counts->by_listener[index % LISTENER_SLOTS];
	atomic_fetch_add(&counts->total, 1);
	atomic_fetch_add(admitted->by_listener, 1);
	atomic_fetch_add(admitted->by_address, 1);
	return admitted;
}

void session_begin(struct listeners *listeners, size_t index, int fd)
{
	struct stream *stream = stream_from_socket(fd);
	struct admitted *admitted;

	if (!stream)
		return;
	admitted = admit(listeners, index, stream);
	if (scope_spawn(listeners->sessions, "session", run_session, admitted))
		return;
	stream_close(&admitted->start.stream);
	uncount(listeners->counts, admitted);
	tls_server_release(&admitted->start.tls);
	config_release(&admitted->start.config);
	memory_free(admitted);
}

void sessions_hurry(struct listeners *listeners)
{
	LIST_EACH (&listeners->admitted, link) {
		struct admitted *admitted = CONTAINER_OF(link, struct admitted, link);

		if (admitted->resting)
			fiber_hurry(admitted->fiber);
	}
}
