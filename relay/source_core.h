/* The states of sources, between the files that keep them. */
#ifndef RINGPOST_RELAY_SOURCE_CORE_H
#define RINGPOST_RELAY_SOURCE_CORE_H

#include <pthread.h>

#include "relay/source.h"

struct source_states {
	pthread_mutex_t lock; /* of the maps and the holders in them */
	struct map map, warmups;
	_Atomic unsigned ups;
	_Atomic int64_t look_us; /* when addresses are looked at again */
};

#endif
