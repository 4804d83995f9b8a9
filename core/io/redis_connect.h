/*
 * Where a Redis is, and the way there.
 */
#ifndef RINGPOST_IO_REDIS_CONNECT_H
#define RINGPOST_IO_REDIS_CONNECT_H

#include <stdbool.h>

#include "io/stream.h"
#include "run/deadline.h"

struct redis_address {
	bool is_unix, tls;
	char path[108]; /* unix */
	char host[256]; /* a name, or an address without brackets */
	unsigned short port;
	unsigned database;
};

/*
 * "unix:/path", "redis://host", "redis://host:port/db", "redis://[::1]:6379",
 * "rediss://…". False with FAILURE_CONFIG and what is allowed.
 */
bool redis_address_parse(const char *text, struct redis_address *address_r);

/*
 * A connection with a large send buffer, through TLS where the address says
 * so (CLIENT is then needed). Names are looked up by the system's own means
 * (its hosts file first), on the pool. NULL with a failure.
 */
struct tls_client;
struct stream *redis_connect(const struct redis_address *address,
	struct tls_client *client, struct deadline deadline);

#endif
