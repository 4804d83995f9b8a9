/*
 * A fact as one line of JSON, its end of line included. Pure.
 *
 * The fields that readers look for come first, in this order: id, event, at,
 * message, tenant (see line.h).
 */
#ifndef RINGPOST_EVENTS_ENCODE_H
#define RINGPOST_EVENTS_ENCODE_H

#include "events/events.h"

/* Into TEXT, which has room for EVENTS_LINE_MAX; returns its size. ID: the event's
 * own. AT: the time as it is to be written. Both are short, and need no escaping. */
size_t events_encode(const struct events_fact *fact, struct slice id, struct slice at,
	char text[EVENTS_LINE_MAX]);

#endif
