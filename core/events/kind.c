/* The names of what can happen to a message. */
#include "events/kind.h"

#include "base/memory.h"

static const char *const names[EVENTS_KINDS] = {
	[EVENTS_ACCEPTED] = "accepted",
	[EVENTS_HELD] = "held",
	[EVENTS_RELEASED] = "released",
	[EVENTS_DELAYED] = "delayed",
	[EVENTS_DELIVERED] = "delivered",
	[EVENTS_BOUNCED] = "bounced",
	[EVENTS_EXPIRED] = "expired",
	[EVENTS_SUPPRESSED] = "suppressed",
	[EVENTS_DROPPED] = "dropped",
	[EVENTS_COMPLAINED] = "complained",
	[EVENTS_UNSUBSCRIBED] = "unsubscribed",
	[EVENTS_TEST] = "test",
};

const char *events_kind_name(enum events_kind kind)
{
	return names[kind];
}

bool events_kind_parse(struct slice name, enum events_kind *kind_r)
{
	for (unsigned i = 0; i < EVENTS_KINDS; i++) {
		if (!slice_equal(name, slice_of(names[i])))
			continue;
		*kind_r = (enum events_kind)i;
		return true;
	}
	return false;
}
