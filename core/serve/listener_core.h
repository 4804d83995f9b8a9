/*
 * The inside of listening sockets, shared by sockets.c, listener.c and
 * admission.c.
 */
#ifndef RINGPOST_SERVE_LISTENER_CORE_H
#define RINGPOST_SERVE_LISTENER_CORE_H

#include "serve/listener.h"

/* An address, bound once for each worker; shared by configurations in turn. */
struct socket_group {
	_Atomic unsigned holders;
	char *address;
	int *fds; /* one for each worker */
	unsigned workers;
};

struct sockets {
	struct socket_group **groups; /* as the configuration's listeners */
	size_t count;
};

struct listeners {
	struct config *config;	/* held */
	struct tls_server *tls; /* held, or NULL */
	struct session_counts *counts;
	struct scope *sessions; /* where sessions live: their worker's */
	struct list accepting;
	struct list admitted; /* sessions that run */
	unsigned worker;
	bool stopping;
	void (*session)(void *context, const struct session_start *start);
	void *context;
};

/* admission.c: FD, just accepted for the listener at INDEX, becomes a session in
 * a fiber of its own, or is turned away. */
void session_begin(struct listeners *listeners, size_t index, int fd);
/* Wakes those that wait between two transactions. */
void sessions_hurry(struct listeners *listeners);

#endif
