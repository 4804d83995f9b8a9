/*
 * The relay's inside: a worker's sites, destinations and connections.
 *
 * Who keeps what alive: a site lives while a destination, a connection or a
 * waiting entry needs it (holders, site_release). An entry in hand is in just
 * one place: waiting at a destination or a site, in a connection's job, or in
 * a bounce.
 */
#ifndef RINGPOST_RELAY_RELAY_CORE_H
#define RINGPOST_RELAY_RELAY_CORE_H

#include "base/list.h"
#include "base/map.h"
#include "relay/hosts.h"
#include "react/ceiling.h"
#include "limits/limits.h"
#include "relay/line.h"
#include "relay/pace.h"
#include "relay/relay.h"
#include "relay/route.h"
#include "relay/smtp_delivery.h"
#include "relay/source.h"
#include "relay/suspended.h"
#include "run/worker.h"

#define IN_HAND_MAX	 10000 /* entries of this worker */
#define IN_HAND_URGENT	 2000  /* more of them, if they are urgent */
#define SITE_WAITING_MAX 1000
#define UNKNOWN_WANTED	 100 /* entries for a domain not asked about yet */
#define DESTINATIONS_MAX 20000
#define TROUBLE_MAX	 300
/* The queue does not read our clock: it comes back so much later. */
#define POSTPONE_SLACK_MS 20

struct relay {
	struct relay_options options;
	struct config *config;	     /* held */
	struct tls_client *tls;	     /* held */
	struct routes *routes;	     /* held */
	struct sources *sources;     /* held */
	unsigned source_ups;	     /* that were noticed */
	struct timer watch;	     /* looks after them */
	struct scope scope, sharing; /* all below ends in it; then its limits */
	bool draining, digest_told;  /* of trouble with its counts */
	struct map sites;	     /* by key */
	struct map destinations;     /* by domain */
	struct list recent;	     /* destinations, longest unused first */
	struct list asked;	     /* where the queue waits for fewer in hand */
	struct list idle;	     /* connections, longest idle first */
	struct limits_port *limits_port;
	struct map entry_limits; /* of domains and tenants */
	struct map digests;	 /* of senders with very many, what Redis knows */
	struct list bounces;	 /* to be written */
	size_t in_hand, connections, bouncers, resolving;
	int64_t short_until_us, short_told_us; /* no connect: descriptors, memory */
	uint64_t converting;		       /* bytes of messages being made 7-bit */
	struct condition converted;
	struct mta_sts *sts;
	struct tlsrpt *tlsrpt;
	struct timer react_timer, expiry, digest_timer;
	bool loading; /* what was in force in an earlier life */
	struct suspended suspended;
	struct local_line *local;
	struct relay_figures figures;
};

struct host {		       /* of a site */
	char *name, *tls_name; /* tls: the name, or of a literal the address alone */
	unsigned rank;	       /* equal ones are tried in any order */
	int64_t down_until_us; /* tried last */
	int64_t ipv4_until_us; /* IPv6 did not work */
};

/* See site_react.h: held. */
struct site_reacts {
	struct react_scope *site, *provider, *source; /* provider: or NULL */
	uint64_t seen;				      /* their versions */
	bool suspended;				      /* when it was seen */
};

struct site {
	struct relay *relay;
	struct arena arena;
	struct slice key, name;
	struct source *source;
	struct sources *sources;		/* held, for that */
	const struct source_schedule *schedule; /* its warm-up; NULL: none */
	int64_t unfit_until_us;	  /* the source has no address of its family */
	struct tls_policy policy; /* with the variant of its paths */
	struct routes *routes;	  /* held */
	struct tls_client *tls;	  /* held */
	struct terms terms;
	struct host *hosts;
	size_t host_count, holders;
	struct limit_set limits;
	struct site_reacts reacts;
	struct line line;  /* of entries */
	struct list paths; /* of destinations whose mail goes here */
	struct list connections, idle;
	size_t waiting_count, connection_count, idle_count;
	size_t coming; /* connections being made, or called from idleness */
	unsigned failures, troubles; /* in a row: to connect; of deliveries */
	int64_t backoff_until_us;
	struct ceiling ceiling;
	size_t ahead; /* messages in flight over a connection, as learned */
	int64_t ahead_raise_us;
	unsigned ahead_faults;
	struct timer timer; /* serves again */
	uint64_t delivered, deferred;
	struct pace pace; /* of what was delivered */
	double told_rate; /* what events said last */
	size_t told_ceiling;
	char trouble[TROUBLE_MAX];
};

/* relay.c */
/* The entry leaves the relay's hands, with whatever queue call follows. */
void relay_let_go(struct relay *relay);

#endif
