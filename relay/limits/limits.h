/*
 * Limits that all workers of the process share: for each (scope, key) one
 * object, held by the sites, destinations and tenants it holds for. Atomics; a
 * lock only where one is made, changed or forgotten, and where somebody waits.
 */
#ifndef RINGPOST_LIMITS_LIMITS_H
#define RINGPOST_LIMITS_LIMITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/config_sources.h"
#include "limits/limit_bucket.h"
#include "limits/limits_wait.h"

enum limit_scope {
	LIMIT_SITE,
	LIMIT_PROVIDER,
	LIMIT_DOMAIN,
	LIMIT_SOURCE,
	LIMIT_TENANT,
	LIMIT_ALL, /* connections_total */
	LIMIT_SCOPES
};

struct limits {
	_Atomic unsigned active;     /* what is limited: see limits_core.h */
	_Atomic unsigned contenders; /* users that were refused a message lately */
	_Atomic unsigned users;	     /* that want connections or have some */
	_Atomic unsigned waiters, starved, yielding; /* see limits_wait.h */
	_Atomic uint64_t connections, most;	     /* open; allowed */
	struct limit_bucket messages[PERIODS], connects[PERIODS];
	struct list waiting;
	unsigned holders;
	struct limits_node *node;
	struct limits_share *share; /* NULL: this node alone uses it */
	enum limit_scope scope;
	struct slice key, full;
	const void *since;		   /* the configuration that gave the terms */
	struct limit_terms terms, lowered; /* as configured; for a while */
	struct link resting_link;	   /* nobody holds it */
};

struct limit_terms limits_written(const struct config_limits *config);
/* TERMS, of the configuration SINCE, hold from now on for all who hold it. */
struct limits *limits_hold(struct limits_node *node, enum limit_scope scope,
	struct slice key, const struct limit_terms *terms, const void *since);
void limits_release(struct limits **limits);
/* What lowers the configured terms from now on (0: that one is not lowered);
 * all zeroes: nothing does. Whoever waits looks again. */
void limits_override(struct limits *limits, const struct limit_terms *terms);
/* What holds now: the lower of the two. Reads atomics only. */
struct limit_terms limits_terms(const struct limits *limits);

/*
 * Somebody whom a limit holds for: a site of a worker, say. While several are
 * refused messages, each leaves the others their turn.
 */
struct limit_user {
	struct limits *limits; /* held */
	size_t open;	       /* connections */
	bool counted;	       /* among its users */
	bool contends;
	enum limit_period period; /* of what refused it, and when; its next turn */
	int64_t refused_ns, turn_ns;
};

#define LIMIT_SET_MAX 4

/* All that hold for something. Zeroed memory is an empty one. */
struct limit_set {
	struct limit_user at[LIMIT_SET_MAX];
	size_t count;
	struct limit_waiter waiter;
};

/* Takes over what is held, and lets go of all. */
void limits_add(struct limit_set *set, struct limits *limits);
void limits_finish(struct limit_set *set);

enum limit_kind { LIMIT_MESSAGES, LIMIT_CONNECTS, LIMIT_CONNECTIONS };

struct limit_refusal {
	struct limit_user *user;
	enum limit_kind kind;
	enum limit_period period;
	int64_t wait_us; /* INT64_MAX: until somebody lets go of something */
};

/* One message now, of all limits or of none. *REFUSAL_R is set on false. */
bool limits_take(
	struct limit_set *set, int64_t now_us, struct limit_refusal *refusal_r);
/* One taken at TAKEN_US was not sent. */
void limits_give_back(struct limit_set *set, int64_t taken_us, int64_t now_us);
/* Whether a message would be refused now, and by what for the longest time. */
bool limits_refuse(
	struct limit_set *set, int64_t now_us, struct limit_refusal *refusal_r);
/* Whether any limit is one of messages. */
bool limits_are_paced(const struct limit_set *set);
/* It waits for a message's turn / has none that waits: others need not leave it
 * a turn. */
void limits_contend(
	struct limit_set *set, const struct limit_refusal *refusal, int64_t now_us);
void limits_rest(struct limit_set *set);

/* One connection more, of all limits or of none; one that came to nothing
 * before anything was sent; one less. */
bool limits_connect(
	struct limit_set *set, int64_t now_us, struct limit_refusal *refusal_r);
void limits_connect_undo(struct limit_set *set, int64_t now_us);
void limits_disconnect(struct limit_set *set);

/* limits_text.c: "provider google: 50 messages a second; next in 12 ms". */
void limits_explain(struct buffer *text, const struct limit_refusal *refusal);
const char *limits_scope_name(enum limit_scope scope);

#endif
