/*
 * How it goes with one domain, for people: the sites its mail goes to, what holds
 * toward them, and the reactions in force.
 */
#ifndef RINGPOST_RELAY_SITE_VIEW_H
#define RINGPOST_RELAY_SITE_VIEW_H

#include "react/react.h"
#include "relay/relay.h"
#include "shaping/shaping.h"

struct relay_reaction_view {
	const char *scope;
	struct slice name;
	struct react react;
};

/* Of this worker; valid while it is visited. */
struct relay_path_view {
	struct slice site, source, provider; /* empty: none */
	uint64_t connections, idle, waiting, delivered, deferred, ahead;
	struct limit_terms limits; /* that hold now, the lowest of all */
	uint64_t stint;		   /* messages a connection, lowered; 0: not */
	uint64_t ceiling;	   /* connections, as learned; 0: any number */
	double rate;		   /* messages a second, as learned; 0: any number */
	bool stopped;		   /* none goes through at present */
	int64_t backoff_until_ms;  /* 0: it is not left alone */
	struct slice trouble;	   /* the last that mattered, empty: none */
	const struct relay_reaction_view *reactions;
	size_t reaction_count;
	const struct shaping *shaping; /* what was asked of it */
	struct shaping_question question;
};

/* False: nothing is known of DOMAIN here. */
bool relay_view_domain(struct relay *relay, struct slice domain,
	void (*visit)(void *context, const struct relay_path_view *path),
	void *context);
/* Ends what is in force for it, and what was learned; how much there was. */
size_t relay_reset_domain(struct relay *relay, struct slice domain);
/* Each that is in force in the process. */
void relay_each_reaction(struct relay *relay,
	void (*visit)(void *context, const struct relay_reaction_view *reaction),
	void *context);

#endif
