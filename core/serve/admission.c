/*
 * Admission: which connections become sessions.
 *
 * Decided before a byte is read (but a proxy's header): networks, then the caps
 * of the listener, of all listeners, of one address. Counts are atomics, since
 * any worker may take any connection.
 */
#include <stdatomic.h>
#include <sys/resource.h>

#include "base/buffer.h"
#include "base/event.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "metrics/tally.h"

#include "serve/listener_core.h"
#include "serve/proxy_header.h"

#define ADDRESS_SLOTS  65536 /* two addresses in one slot share a cap */
#define LISTENER_SLOTS 1024
#define REFUSAL_MS     2000
#define FILES_KEPT     4 /* one descriptor in so many: for the spool, the relay */
#define HANDSHAKE_MS   30000
#define HEADER_MS      10000
#define HTTP_END       "Connection: close\r\nContent-Length: 0\r\n\r\n"

#define SMTP_NOT_ALLOWED "554 5.7.1 You may not connect here\r\n"
#define SMTP_TOO_MANY	 "421 4.3.2 Too many connections, try again later\r\n"

struct session_counts {
	uint64_t most;			/* however many are configured */
	_Atomic uint64_t total, pickup; /* all, and those who read mailboxes */
	_Atomic uint32_t by_listener[LISTENER_SLOTS];
	_Atomic uint32_t by_address[ADDRESS_SLOTS];
};

/* A session about to run, with all that keeps it going. */
struct admitted {
	struct link link;
	struct listeners *listeners;
	struct fiber *fiber;	/* once it runs */
	bool resting, loopback; /* the connection itself comes from here */
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

/* One more, or one less. */
static void count_total(struct admitted *admitted, int64_t change)
{
	struct session_counts *counts = admitted->listeners->counts;

	atomic_fetch_add(&counts->total, (uint64_t)change);
	if (config_role_is_pickup(admitted->start.listener->role))
		atomic_fetch_add(&counts->pickup, (uint64_t)change);
}

static void uncount(struct admitted *admitted)
{
	count_total(admitted, -1);
	atomic_fetch_sub(admitted->by_listener, 1);
	atomic_fetch_sub(admitted->by_address, 1);
}

/* 0: as many as there are. */
static uint64_t most_of_address(const struct admitted *admitted)
{
	const struct config *config = admitted->start.config;

	switch (admitted->start.listener->role) {
	case CONFIG_ROLE_RECEIVE:
		return config->receive.sessions_per_address;
	case CONFIG_ROLE_POP3:
	case CONFIG_ROLE_IMAP:
		return config->pickup.sessions_per_address;
	case CONFIG_ROLE_HTTP:
		return config->http.sessions_per_address;
	case CONFIG_ROLE_SUBMISSION:
	case CONFIG_ROLES:
		break;
	}
	return config->submission.sessions_per_address;
}

/* Those who read mailboxes stay for hours, and take nobody's place who sends. */
static bool is_full(struct session_counts *counts, const struct admitted *admitted)
{
	const struct config *config = admitted->start.config;
	uint64_t total = atomic_load(&counts->total);
	uint64_t pickup = atomic_load(&counts->pickup);

	return config_role_is_pickup(admitted->start.listener->role)
		       ? pickup > config->pickup.sessions
		       : total > pickup && total - pickup > config->submission.sessions;
}

/* Loopback may use all there is: it is where applications live; so may a proxy,
 * whose clients are counted each by its own address. */
static bool is_over(
	struct session_counts *counts, const struct admitted *admitted, bool exempt)
{
	uint64_t most = most_of_address(admitted);

	return is_full(counts, admitted) ||
	       atomic_load(&counts->total) > counts->most ||
	       atomic_load(admitted->by_listener) >
		       admitted->start.listener->sessions ||
	       (!exempt && most && atomic_load(admitted->by_address) > most);
}

/* Networks are about clients, plain text about the connection. */
static bool is_allowed(
	const struct admitted *admitted, const struct stream_facts *facts)
{
	const struct config_listener *listener = admitted->start.listener;

	if (listener->networks.count)
		return config_networks_contain(&listener->networks, facts->peer_bytes);
	return listener->tls != CONFIG_TLS_NONE || admitted->loopback ||
	       listener->role == CONFIG_ROLE_RECEIVE;
}

/* Each role has a count of its own. */
static _Atomic uint32_t *slot_of(struct session_counts *counts,
	const struct config_listener *listener, const struct stream_facts *facts)
{
	struct slice address = slice_make(facts->peer_bytes, sizeof(facts->peer_bytes));
	uint64_t slot = map_hash(address) + (uint64_t)listener->role;

	return &counts->by_address[slot % ADDRESS_SLOTS];
}

/* Counted by the address that FACTS have now. */
static void recount(struct admitted *admitted, const struct stream_facts *facts)
{
	_Atomic uint32_t *slot = slot_of(
		admitted->listeners->counts, admitted->start.listener, facts);

	atomic_fetch_add(slot, 1);
	atomic_fetch_sub(admitted->by_address, 1);
	admitted->by_address = slot;
}

bool session_moved(const void *start, const struct stream_facts *facts)
{
	struct admitted *admitted = CONTAINER_OF(start, struct admitted, start);

	recount(admitted, facts);
	return is_allowed(admitted, facts) &&
	       !is_over(admitted->listeners->counts, admitted, facts->peer_is_loopback);
}

/* Reads on until the header is known to be all there, or none. */
static enum proxy_verdict read_header(
	struct stream *stream, struct proxy_header *header_r, struct deadline deadline)
{
	struct buffer bytes = {.limit = 2 * PROXY_HEADER_MAX};
	enum proxy_verdict verdict = PROXY_MORE;
	struct slice more;

	while (verdict == PROXY_MORE &&
		stream_read(stream, PROXY_HEADER_MAX, &more, deadline) &&
		buffer_append(&bytes, more))
		verdict = proxy_header_parse(buffer_contents(&bytes), header_r);
	/* What is behind it came with the last of it. */
	if (verdict == PROXY_DONE && buffer_size(&bytes) > header_r->size)
		stream_unread(stream, buffer_size(&bytes) - header_r->size);
	buffer_finish(&bytes);
	return verdict;
}

static bool is_proxy(const struct admitted *admitted)
{
	const struct config_networks *proxies =
		&admitted->start.listener->proxy_protocol;
	const struct stream_facts *facts = stream_facts(admitted->start.stream);

	return proxies->count && config_networks_contain(proxies, facts->peer_bytes);
}

/* Of a proxy that is listed, its header is read: the stream's peer is the
 * client then. False: there is none that could be understood. */
static bool learn_client(struct admitted *admitted)
{
	struct stream *stream = admitted->start.stream;
	struct proxy_header header;

	if (read_header(stream, &header, deadline_after_ms(HEADER_MS)) != PROXY_DONE) {
		event_note(EVENT_WARNING, "connection_refused",
			"no PROXY header that can be understood from %s to %s",
			stream_facts(stream)->peer, admitted->start.listener->address);
		return false;
	}
	if (header.local)
		return true;
	stream_set_peer(stream, header.address, header.port);
	stream_set_local(stream, header.local_address, header.local_port);
	recount(admitted, stream_facts(stream));
	return true;
}

enum why_not { NOT_ALLOWED, TOO_MANY };

/* Says why in the one line the protocol has for it; nothing under implicit TLS,
 * where no plain text can be read. */
static void turn_away(struct admitted *admitted, enum why_not why)
{
	static const char *const lines[CONFIG_ROLES][2] = {
		[CONFIG_ROLE_SUBMISSION] = {SMTP_NOT_ALLOWED, SMTP_TOO_MANY},
		[CONFIG_ROLE_RECEIVE] = {SMTP_NOT_ALLOWED, SMTP_TOO_MANY},
		[CONFIG_ROLE_POP3] = {"-ERR [SYS/PERM] You may not connect here\r\n",
			"-ERR [SYS/TEMP] Too many connections, try again later\r\n"},
		[CONFIG_ROLE_IMAP] = {"* BYE You may not connect here\r\n",
			"* BYE [UNAVAILABLE] Too many connections, try again "
			"later\r\n"},
		[CONFIG_ROLE_HTTP] = {"HTTP/1.1 403 Forbidden\r\n" HTTP_END,
			"HTTP/1.1 503 Service Unavailable\r\n" HTTP_END},
	};
	struct stream *stream = admitted->start.stream;
	const struct config_listener *listener = admitted->start.listener;

	tally_session(listener->role,
		why == NOT_ALLOWED ? TALLY_SESSION_FORBIDDEN : TALLY_SESSION_TOO_MANY);
	if (listener->tls != CONFIG_TLS_IMPLICIT) {
		stream_write(stream, slice_of(lines[listener->role][why]));
		stream_flush(stream, deadline_after_ms(REFUSAL_MS));
	}
	stream_close(&admitted->start.stream);
}

static bool handshake(struct admitted *admitted)
{
	struct session_start *start = &admitted->start;

	if (start->listener->tls != CONFIG_TLS_IMPLICIT)
		return true;
	start->stream = tls_accept_as(&start->stream, start->tls,
		config_role_alpn(start->listener->role),
		deadline_after_ms(HANDSHAKE_MS));
	return start->stream != NULL;
}

/* Whether the session may begin; else its client was told, and it is over. */
static bool is_admitted(struct admitted *admitted)
{
	struct session_start *start = &admitted->start;
	struct session_counts *counts = admitted->listeners->counts;
	const struct stream_facts *facts = stream_facts(start->stream);

	if (is_proxy(admitted) && !is_over(counts, admitted, true) &&
		!learn_client(admitted)) {
		stream_close(&start->stream);
	} else if (!is_allowed(admitted, facts)) {
		event_note(EVENT_WARNING, "connection_refused",
			"%s may not connect to %s", facts->peer,
			start->listener->address);
		turn_away(admitted, NOT_ALLOWED);
	} else if (is_over(counts, admitted, facts->peer_is_loopback)) {
		event_note(EVENT_WARNING, "connection_refused",
			"too many sessions for %s", facts->peer);
		turn_away(admitted, TOO_MANY);
	} else {
		return true;
	}
	return false;
}

static void run_session(void *arg)
{
	struct admitted *admitted = arg;
	struct listeners *listeners = admitted->listeners;
	struct session_start *start = &admitted->start;

	admitted->fiber = fiber_self();
	list_append(&listeners->admitted, &admitted->link);
	if (is_admitted(admitted)) {
		tally_session(start->listener->role, TALLY_SESSION_BEGUN);
		if (handshake(admitted))
			listeners->session(listeners->context, start);
		tally_session(start->listener->role, TALLY_SESSION_ENDED);
	}
	list_remove(&admitted->link);
	uncount(admitted);
	tls_server_release(&start->tls);
	config_release(&start->config);
	memory_free(admitted);
}

static struct admitted *admit(
	struct listeners *listeners, size_t index, struct stream *stream)
{
	struct session_counts *counts = listeners->counts;
	struct admitted *admitted = NEW(struct admitted);

	admitted->listeners = listeners;
	admitted->loopback = stream_facts(stream)->peer_is_loopback;
	admitted->start = (struct session_start){
		.stream = stream,
		.config = config_hold(listeners->config),
		.listener = &listeners->config->listeners[index],
		.tls = listeners->tls ? tls_server_hold(listeners->tls) : NULL,
		.stopping = &listeners->stopping,
		.resting = &admitted->resting,
	};
	admitted->by_address = slot_of(
		counts, admitted->start.listener, stream_facts(stream));
	admitted->by_listener = &counts->by_listener[index % LISTENER_SLOTS];
	count_total(admitted, 1);
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
	uncount(admitted);
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
