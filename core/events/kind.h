/* What can happen to a message, by the names applications know. */
#ifndef RINGPOST_EVENTS_KIND_H
#define RINGPOST_EVENTS_KIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum events_kind {
	EVENTS_ACCEPTED,
	EVENTS_HELD,
	EVENTS_RELEASED,
	EVENTS_DELAYED,
	EVENTS_DELIVERED,
	EVENTS_BOUNCED,
	EVENTS_EXPIRED,
	EVENTS_SUPPRESSED,
	EVENTS_DROPPED,
	EVENTS_COMPLAINED,
	EVENTS_UNSUBSCRIBED,
	EVENTS_TEST, /* asked for by somebody who sets up a webhook */
	EVENTS_KINDS
};

/* A set of them: 1u << kind. */
#define EVENTS_ALL ((1u << EVENTS_KINDS) - 1)

/* "accepted", …; static. */
const char *events_kind_name(enum events_kind kind);
bool events_kind_parse(struct slice name, enum events_kind *kind_r);

#endif
