/* The relay, as the queue sees it: who takes what is due. */
#ifndef RINGPOST_QUEUE_TAKER_H
#define RINGPOST_QUEUE_TAKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "base/slice.h"

struct entry;

struct taker_room {
	struct list *list; /* of the taker's: it tells queue_want_room when there is
			      room again; NULL: it tells queue_want, or nothing */
	bool urgent;	   /* goes before what is not */
};
struct queue_taker {
	/* How many more entries of FLOW for DOMAIN it would like to have now, and
	 * where to wait for when it has room for more. */
	size_t (*wanted)(void *context, struct slice domain, struct slice flow,
		struct taker_room *room_r);
	/* An entry that is due, in state Q3: now the taker's, until settled. */
	void (*ready)(void *context, struct entry *entry);
	void *context;
};

#endif
