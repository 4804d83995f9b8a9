/*
 * Where to connect and where to listen, as the command line names it.
 *
 * Names are asked of the system's resolver, which blocks: only before workers
 * run.
 */
#ifndef RINGPOST_BENCH_ENDPOINT_H
#define RINGPOST_BENCH_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/slice.h"

#define ENDPOINTS_MAX 4096

struct endpoint {
	struct sockaddr_storage address;
	char host[256]; /* as written, without brackets: for SNI, to verify */
	char text[64];	/* "192.0.2.1:25" */
	unsigned port;
};

/* Zeroed memory is an empty list. */
struct endpoints {
	struct endpoint *at;
	size_t count;
};

/*
 * Adds "host:25", "[::1]:25", "192.0.2.1" (port 25), or with RANGES also
 * "127.0.0.1:2600-2650". False with FAILURE_CONFIG.
 */
bool endpoints_add(struct endpoints *endpoints, struct slice text, bool ranges);
void endpoints_finish(struct endpoints *endpoints);

/*
 * COUNT listening sockets on one port, one for each worker, into FDS; the
 * kernel spreads callers over them. Port 0 becomes the one the system chose.
 * False with FAILURE_NETWORK, and no socket.
 */
bool endpoint_listen(struct endpoint *endpoint, int *fds, unsigned count);

#endif
