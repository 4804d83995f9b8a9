/*
 * The inside of listening sockets, shared by sockets.c and listener.c.
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

#endif
