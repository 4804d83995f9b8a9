/*
 * The embedded Redis: a private redis-server on a unix socket in the state
 * directory, started and kept alive by us, configured so that nothing it
 * acknowledged is lost (appendonly yes, appendfsync always, noeviction).
 *
 * It outlives a crash of ours: a server that already runs in this directory is
 * taken over. A damaged append-only tail after a power cut is copied aside,
 * repaired (redis-check-aof --fix on the last increment only), logged and
 * counted before it starts.
 */
#ifndef RINGPOST_QUEUE_EMBEDDED_H
#define RINGPOST_QUEUE_EMBEDDED_H

#include <stdbool.h>
#include <stdint.h>

#include "run/fiber.h"

struct embedded_redis;

struct embedded_options {
	const char *directory; /* state_directory/redis, made if missing */
	uint64_t memory;       /* maxmemory in bytes; 0: 45 % of RAM */
	const char *password;  /* NULL: made and kept in the directory, 0600 */
};

/*
 * Starts it and its supervisor fiber in SCOPE; returns when it has been
 * started (not when it is loaded). NULL with FAILURE_RESOURCE: no redis-server
 * (says which package), or older than 7.
 */
struct embedded_redis *embedded_redis_start(const struct embedded_options *options,
	struct scope *scope, struct deadline deadline);
/* "unix:/…/redis.sock"; valid until stop. */
const char *embedded_redis_address(const struct embedded_redis *redis);
const char *embedded_redis_password(const struct embedded_redis *redis);
/* In good order (SHUTDOWN), then by force at the deadline. */
void embedded_redis_stop(struct embedded_redis **redis, struct deadline deadline);

struct embedded_figures {
	int pid;
	uint64_t starts, repairs, bytes_lost_to_repair;
};
struct embedded_figures embedded_redis_figures(const struct embedded_redis *redis);

#endif
