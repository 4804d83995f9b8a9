/*
 * Sources: the addresses mail leaves from, and whether they are to be used. A
 * worker's snapshot of what a configuration says of them; what becomes of them
 * (an address that is gone, a proxy that is down) all workers of the process
 * share, and a new configuration that leaves a source as it was keeps it.
 */
#ifndef RINGPOST_RELAY_SOURCE_H
#define RINGPOST_RELAY_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/config.h"
#include "base/map.h"
#include "relay/hosts.h"
#include "limits/limit_terms.h"
#include "run/deadline.h"

struct pool;
struct relay_node;

#define SOURCE_TROUBLE_MAX 200 /* bytes */

enum source_family { SOURCE_IPV4, SOURCE_IPV6, SOURCE_FAMILIES };

/* Shared; of all sources with the same name, addresses and proxy. */
struct source_state {
	unsigned holders;
	_Atomic bool gone[SOURCE_FAMILIES]; /* that address is not on this machine */
	_Atomic int64_t out_until_us;	    /* its proxy is left alone; 0: it is not */
	_Atomic unsigned failures;	    /* of the proxy, in a row */
	_Atomic bool suspended;		    /* by an operator */
	_Atomic uint64_t delivered, deferred; /* recipients, since the start */
};

struct warmup;

/* Of a source, toward a provider; shared by all workers but for this. */
struct source_schedule {
	const struct config_warmup *config;
	struct warmup *warmup; /* held */
};

struct source {
	struct slice name; /* empty: the one there is where none is configured */
	const char *ehlo;
	bool families[SOURCE_FAMILIES]; /* it may connect to */
	bool addressed, local;		/* it has addresses; they are this machine's */
	union host_address address[SOURCE_FAMILIES]; /* family 0: none, any */
	const struct config_proxy *proxy;	     /* NULL: none */
	const char *password;			     /* for that; or NULL */
	struct buffer secret;			     /* it, read from its file */
	bool unreadable;			     /* that file */
	struct limit_terms limits;
	struct source_schedule *schedules; /* of its warm-up */
	size_t schedule_count;
	struct source_state *state; /* held; NULL states: of its own */
	struct source_states *states;
};

/* An immutable snapshot; all of one worker. */
struct sources {
	size_t holders;
	struct relay_node *node;
	struct config *config; /* held */
	struct source *list;   /* at least one */
	size_t count;
	bool watched;	    /* some have addresses of this machine */
	struct pool *pools; /* the first: all sources in equal parts */
	size_t pool_count;
	bool pooled;	    /* the mail's pool matters, for there are several sources */
	struct pool *usual; /* relay's, or the first */
	bool flows;	    /* a tenant or a stream has a pool */
	struct source_state any; /* where none is configured */
};

struct sources *sources_create(struct config *config, struct relay_node *node);
/* Reads proxies' password files, on the pool. */
void sources_load(struct sources *sources, struct deadline deadline);
struct sources *sources_hold(struct sources *sources);
void sources_release(struct sources **sources);
/* The pool of that name, or the first where there is none (or NAME is NULL). */
struct pool *sources_pool(const struct sources *sources, const char *name);

/* What is shared: one for a process. */
struct source_states;
struct source_states *source_states_create(void);
void source_states_destroy(struct source_states **states);
/* Whether it is time to look at the addresses again; true for one who asks. */
bool source_states_turn(struct source_states *states, int64_t now_us);
/* How many times one came back: mail put off for that may be looked at again. */
unsigned source_states_ups(const struct source_states *states);

/* Of the families it has, one whose address is here, and no trouble else. */
bool source_is_usable(const struct source *source, int64_t now_us);
/* Of one that is not: when it is worth another look. */
int64_t source_wait_ms(const struct source *source, int64_t now_us);
/* Whether it can be connected from over FAMILY. */
bool source_reaches(const struct source *source, enum source_family family);
/* Of its schedules the one toward PROVIDER (a name, or NULL); NULL: none. */
const struct source_schedule *source_schedule(
	const struct source *source, const char *provider);
/* Why it is not usable, in words; "" when it is. */
const char *source_trouble(
	const struct source *source, int64_t now_us, char text[SOURCE_TROUBLE_MAX]);

/* source_watch.c: whether the address is on this machine. */
bool source_is_here(const union host_address *address);
/* The same of the address of FAMILY; tells when that has changed. */
bool source_look(struct source *source, enum source_family family);
/* The same for all. Does not suspend; a few system calls for each. */
void sources_look(struct sources *sources);
/* Its proxy cannot be used / does its work. */
void source_note_proxy_down(struct source *source, const char *reason);
void source_note_proxy_up(struct source *source);

#endif
