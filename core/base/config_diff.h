/*
 * What differs between two configurations, key by key, in words as one would write
 * them. Of lists of mappings the entries are told apart by what they are about
 * ("routes[example.org]"), wherever they stand.
 */
#ifndef RINGPOST_BASE_CONFIG_DIFF_H
#define RINGPOST_BASE_CONFIG_DIFF_H

#include "base/config.h"

struct config_difference {
	struct slice key;	  /* "relay.connections", "routes[x.test].host" */
	struct slice was, is_now; /* at NULL: there is no such entry. What is secret is
				     "***" */
};

/* Calls VISIT for each, in the order of the schema; its slices are valid during the
 * call. */
void config_diff(const struct config *old, const struct config *wanted,
	void (*visit)(void *context, const struct config_difference *difference),
	void *context);

#endif
