/*
 * The recipients of a message on its way into the queue: collected one by one,
 * then an entry for each of their domains.
 */
#ifndef RINGPOST_QUEUE_RECIPIENTS_H
#define RINGPOST_QUEUE_RECIPIENTS_H

#include "base/arena.h"
#include "queue/message.h"

/* Zeroed memory is an empty list. Its arrays are in the arena that it is grown
 * with, its slices wherever the caller has them. */
struct recipient_list {
	struct recipient *at;
	struct slice *domains; /* of each, A-labels, lower case */
	size_t count, room;
};

void recipient_list_add(struct recipient_list *list, struct arena *arena,
	const struct recipient *recipient, struct slice domain);
/*
 * One entry of MESSAGE for each domain, in the order they were first named, the
 * recipients of each in the order they were given; their number, which becomes
 * the message's. The array is in ARENA, the entries are the caller's.
 */
size_t recipient_list_make_entries(const struct recipient_list *list,
	struct message *message, struct arena *arena, struct entry ***entries_r);

#endif
