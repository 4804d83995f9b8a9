/* A Redis of its own that is up, and a worker, for tests of what asks Redis by itself.
 */
#ifndef RINGPOST_TESTS_QUEUE_WITH_REDIS_H
#define RINGPOST_TESTS_QUEUE_WITH_REDIS_H

#include "check.h"
#include "run/fiber.h"
#include "world.h"

static struct server server;
static struct redis *redis;

static inline void with_redis_run(void *body)
{
	struct redis_options options = {.address = server.address, .timeout_ms = 20000};
	struct scope scope;

	scope_init(&scope);
	redis = redis_open(&options, &scope);
	if (CHECK(redis && redis_wait_up(redis, deadline_after_ms(PATIENCE_MS))))
		(*(void (**)(void))body)();
	redis_close(&redis);
	scope_finish(&scope, deadline_after_ms(0));
}

/* BODY in a fiber; both are gone behind it. */
static inline void with_redis(void (*body)(void))
{
	struct worker *worker;

	server_start(&server, "--appendonly no");
	worker = worker_create(&(struct worker_options){.fibers_max = 100});
	worker_run(worker, with_redis_run, &body);
	worker_destroy(&worker);
	server_finish(&server);
}

#endif
