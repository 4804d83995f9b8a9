/*
 * Sources: the addresses mail leaves from.
 */
#ifndef RINGPOST_RELAY_SOURCE_H
#define RINGPOST_RELAY_SOURCE_H

#include "base/slice.h"

struct source {
	struct slice name; /* empty: the one there is where none is configured */
};

#endif
