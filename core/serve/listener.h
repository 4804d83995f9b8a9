/*
 * Listeners: bind, accept, a fiber for each session, within the caps.
 *
 * Sockets are bound before privileges are dropped, one per worker and address
 * (SO_REUSEPORT). Over a cap the connection hears "421 4.3.2 …" (or is closed,
 * for implicit TLS) at once, and accepting goes on.
 */
#ifndef RINGPOST_SERVE_LISTENER_H
#define RINGPOST_SERVE_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "io/stream.h"
#include "io/tls.h"
#include "run/fiber.h"

/* The bound sockets of a process: kept over reloads where the address stays. */
struct sockets;

/*
 * Binds every listener of CONFIG for WORKERS workers, reusing those of OLD
 * (may be NULL). NULL with FAILURE_CONFIG: "path:line:col: cannot listen on …:
 * address already in use"; OLD is then untouched.
 */
struct sockets *sockets_open(
	const struct config *config, unsigned workers, struct sockets *old);
void sockets_close(struct sockets **sockets);
/* For `check`: whether the listener at INDEX could be bound now; else
 * FAILURE_CONFIG as above, and errno. */
bool socket_is_free(const struct config *config, size_t index);

/* How many sessions there are, in all workers: counted with atomics. They may
 * have three in four of the descriptors, whatever is configured. */
struct session_counts;
struct session_counts *session_counts_create(void);
void session_counts_destroy(struct session_counts **counts);
uint64_t session_counts_total(const struct session_counts *counts);

struct session_start {
	struct stream *stream; /* taken over */
	struct config *config; /* held by the listener while the session runs */
	const struct config_listener *listener;
	struct tls_server *tls; /* held likewise; NULL: none */
	const bool *stopping;
	bool *resting; /* to be true while it waits between two transactions: such
			  a wait ends (FAILURE_TIMEOUT) when *stopping becomes true */
};

struct listeners; /* a worker's */

/*
 * Once reloaded with a configuration, accepts on this worker's sockets and calls
 * SESSION in a fiber of SCOPE for each connection that is admitted (networks, caps per
 * listener, in all, per address). Implicit TLS has its handshake before SESSION is
 * called.
 */
struct listeners *listeners_open(unsigned worker, struct session_counts *counts,
	struct scope *scope,
	void (*session)(void *context, const struct session_start *start),
	void *context);
/*
 * The session's client turned out to be another (XCLIENT): counted by that
 * address from now on. False: it has too many, or may not connect. START is
 * what SESSION was given.
 */
bool session_moved(const void *start, const struct stream_facts *facts);
/* From now on new sessions get CONFIG, TLS and the sockets of it. */
bool listeners_reload(struct listeners *listeners, struct sockets *sockets,
	struct config *config, struct tls_server *tls);
/* Stops accepting; sessions see *stopping and go on, those at rest at once. */
void listeners_stop(struct listeners *listeners);
/* When all sessions have ended. */
void listeners_close(struct listeners **listeners, struct deadline deadline);

#endif
