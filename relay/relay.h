/*
 * The relay: takes entries that are due from the queue and sees each to its
 * end: delivered, put off, or returned to its sender.
 */
#ifndef RINGPOST_RELAY_RELAY_H
#define RINGPOST_RELAY_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/config.h"
#include "io/dns.h"
#include "io/redis.h"
#include "io/tls.h"
#include "queue/local.h"
#include "queue/queue.h"
#include "policy/mta_sts.h"
#include "policy/tlsrpt.h"
#include "run/fiber.h"

struct shaping;
struct relay; /* a worker's */
struct redis;
struct relay_node; /* limits that all workers of the process share */
struct classifier;
struct refusals;
struct returns_listener;
struct suppression;
struct verp_keeper;

struct relay_node *relay_node_create(void);
void relay_node_destroy(struct relay_node **node);
/* Before relays are opened: other nodes share limits with this one, NAME. */
void relay_node_share_limits(struct relay_node *node, const char *name);

struct relay_options {
	struct relay_node *node;
	struct config *config;	 /* held */
	struct shaping *shaping; /* held; NULL: what ships */
	struct queue *queue;	 /* relay_open makes itself its taker */
	struct dns *dns;
	struct redis *redis;		 /* NULL: none */
	struct classifier *classifier;	 /* held; NULL: what ships */
	struct refusals *refusals;	 /* outlives it; NULL: they are not counted */
	struct suppression *suppression; /* outlives it; NULL: it hears nothing */
	struct verp_keeper *verp;	 /* outlives it; NULL: envelope senders stay */
	struct tls_client *tls;
	struct returns_listener *listener; /* of failures; outlives it; NULL: none */
	struct local_delivery local; /* deliver NULL: there are no mailboxes */
	/* Signs a message of ours (a DSN): appends DKIM-Signature fields for
	 * DOMAIN, or nothing. NULL: not signed. */
	bool (*sign)(void *context, struct slice header, struct slice body,
		struct buffer *fields, struct deadline deadline);
	void *sign_context;
};

struct relay *relay_open(const struct relay_options *options);
/* For deliveries that begin from now on; warm connections that a new
 * configuration would make otherwise are not used again. */
void relay_reload(struct relay *relay, struct config *config, struct shaping *shaping,
	struct classifier *classifier, struct tls_client *tls);
/* Begins no new delivery; waits for those on their way until DEADLINE, puts
 * the rest back, says QUIT to idle peers. Afterwards nothing of it runs any
 * more; to be called before relay_close. */
void relay_drain(struct relay *relay, struct deadline deadline);
void relay_close(struct relay **relay);

/* An operator wishes it: sites that are down are tried at once. */
void relay_try_now(struct relay *relay);

/* Reads what is suspended (suspension.h), from now on kept to. Before anything
 * is taken from the queue, and when it has changed; by itself each second. False
 * with a failure of REDIS. */
bool relay_load_suspensions(
	struct relay *relay, struct redis *redis, struct deadline deadline);

/* What stands between an entry and its delivery, in words, for `why`: the
 * site, its limit, its back-off, the next attempt. Never suspends. */
bool relay_explain(struct relay *relay, const struct entry *entry, struct buffer *text);

/* NULL once it is drained. To be asked in fibers that end before that. */
struct mta_sts *relay_mta_sts(struct relay *relay);
struct tlsrpt *relay_tlsrpt(struct relay *relay);

struct relay_figures {
	uint64_t delivered, deferred, bounced, attempts, connects, reused, tls, resumed;
	uint64_t uncertain; /* sent, and no answer came: they may arrive twice */
	uint64_t connections, idle, sites, waiting;
	uint64_t down; /* sites, of SITES, that are left alone for now */
};
struct relay_figures relay_figures(const struct relay *relay);

/* Each site: name, connections, waiting, back-off; until VISIT says false. */
struct relay_site_view {
	struct slice name;   /* the MX set, or the route's host */
	struct slice source; /* mail leaves from; empty: none is configured */
	uint64_t connections, idle, waiting, delivered, deferred;
	uint64_t ahead;		  /* messages in flight over a connection, at most */
	int64_t backoff_until_ms; /* 0: none */
	struct slice trouble;	  /* the last failure, empty: none */
	struct slice limit;	  /* what its mail waits for, empty: no limit */
};
void relay_each_site(struct relay *relay,
	bool (*visit)(void *context, const struct relay_site_view *site),
	void *context);

#endif
