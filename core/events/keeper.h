/*
 * What one node does for all: it keeps the stream's size, and sends to
 * webhooks.
 */
#ifndef RINGPOST_EVENTS_KEEPER_H
#define RINGPOST_EVENTS_KEEPER_H

#include <stdbool.h>

#include "base/config.h"
#include "events/webhook_set.h"
#include "io/dns.h"
#include "io/redis.h"
#include "run/fiber.h"

struct events_keeper;

struct events_keeper_options {
	struct config *config;	      /* held while it is in force */
	struct webhook_set *webhooks; /* its; held, too */
	struct redis *redis;	      /* for what is small */
	struct redis_options sender;  /* a connection more, for what is read */
	struct dns *dns;
	bool (*may)(void *context); /* we are the one, now */
	void *context;
};

/* In one worker, in SCOPE. NULL with a failure. */
struct events_keeper *events_keeper_open(
	const struct events_keeper_options *options, struct scope *scope);
void events_keeper_reload(struct events_keeper *keeper, struct config *config,
	struct webhook_set *webhooks);
/* Looks for changes of webhooks now. */
void events_keeper_hurry(struct events_keeper *keeper);
/* Of webhooks, where this node is the one. */
struct events_keeper_figures {
	unsigned webhooks, failing;
	int64_t behind_ms;	     /* the one that is furthest behind */
	uint64_t sent, failed, dead; /* events; requests; events */
};
struct events_keeper_figures events_keeper_figures(const struct events_keeper *keeper);
/* When SCOPE is finished. */
void events_keeper_destroy(struct events_keeper **keeper);

#endif
