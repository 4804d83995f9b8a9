/*
 * Reactions: what is done when a receiver answers so. Plain data, as a shaping
 * file says it; who reacts compiles it.
 */
#ifndef RINGPOST_SHAPING_REACTION_H
#define RINGPOST_SHAPING_REACTION_H

#include <stddef.h>
#include <stdint.h>

#include "limits/limit_terms.h"

enum reaction_action {
	REACTION_NONE,	  /* it matches, later ones are not looked at */
	REACTION_SUSPEND, /* nothing is sent */
	REACTION_CONNECTIONS,
	REACTION_MESSAGES, /* in PERIOD */
	REACTION_MESSAGES_PER_CONNECTION,
};

/* For whom; each of them from the one source that was answered so, but for
 * SOURCE, which is all that it sends, and TENANT, wherever it sends from. */
enum reaction_scope {
	REACTION_SITE,
	REACTION_PROVIDER, /* the site, where there is none */
	REACTION_DOMAIN,
	REACTION_SOURCE,
	REACTION_TENANT,
};

/*
 * When the time is over. EVERY_MS 0: all limits are as configured at once. Else
 * what was lowered begins with FROM, and each EVERY_MS it grows by ADD, or is
 * multiplied by TIMES (the other is 0), until it is the configured limit, or has
 * grown STEPS times and is as configured then.
 */
struct reaction_recovery {
	uint64_t connections; /* after a suspension: with so many; 0: not lowered */
	uint64_t add, times, steps;
	int64_t every_ms;
};

struct reaction {
	/* What must match, all that are not NULL; at least one is not. */
	const char *code;     /* "421", or its first digits: "4", "42" */
	const char *enhanced; /* "4.7.28", or its first parts: "4.7", "4" */
	const char *text;     /* PCRE2, of any case, anywhere in the reply's text */
	enum reaction_action action;
	uint64_t to; /* the limit, 1 or more; of none and suspend 0 */
	enum limit_period period;
	int64_t for_ms;
	uint64_t after;	   /* replies that match, from the same scope; 1: the first */
	int64_t within_ms; /* in so long; 0 where after is 1 */
	enum reaction_scope scope;
	struct reaction_recovery recover;
	const char *name; /* of one word, for events */
	unsigned line;	  /* it stands there */
};

/* Of one default, provider or domain, in the order they are tried. */
struct reaction_list {
	const struct reaction *list;
	size_t count;
	const char *origin; /* "shipped: google", "/etc/ringpost/shaping.yaml" */
	unsigned id; /* counts from 0 in a struct shaping, for who keeps an array */
};

#endif
