/* The line of mail that stays here: a relay's, see local.h. */
#ifndef RINGPOST_RELAY_LOCAL_LINE_H
#define RINGPOST_RELAY_LOCAL_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"

struct local_line {
	struct list waiting; /* entries */
	struct list asked;   /* where the queue waits for fewer of them */
	size_t waiting_count, fibers;
	bool captures; /* all mail of some tenant */
};

#endif
