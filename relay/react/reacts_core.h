/* What the files of struct reacts share. */
#ifndef RINGPOST_REACT_REACTS_CORE_H
#define RINGPOST_REACT_REACTS_CORE_H

#include "base/map.h"
#include "react/reacts.h"

struct reacts {
	pthread_mutex_t lock; /* of the map, and the end of what is in it */
	struct map scopes;    /* by kind and key */
	_Atomic size_t in_force;
	_Atomic unsigned special;
	_Atomic bool unsaved;
};

/* Those that have something in force, or something to be written; held. */
void reacts_visit(struct reacts *reacts, bool unsaved,
	bool (*visit)(void *context, struct react_scope *scope), void *context);

#endif
