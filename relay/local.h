/*
 * Mail that stays here: handed to whoever has the mailboxes (queue/local.h), a few
 * entries at a time, and settled as he says.
 */
#ifndef RINGPOST_RELAY_LOCAL_H
#define RINGPOST_RELAY_LOCAL_H

#include "relay/relay_core.h"

struct destination;

#define LOCAL_FIBERS_MAX  64
#define LOCAL_WAITING_MAX 1000

struct local_line {
	struct list waiting; /* entries */
	struct list asked;   /* where the queue waits for fewer of them */
	size_t waiting_count, fibers;
	bool captures; /* all mail of some tenant */
};

void local_start(struct relay *relay);
void local_finish(struct relay *relay);
/* Under the configuration of now: whether tenants have their mail captured. */
void local_use(struct relay *relay);
/* All mail of FLOW stays here, or that of ENTRY, whatever its destination. */
bool local_captures_flow(const struct relay *relay, struct slice flow);
bool local_captures(const struct relay *relay, const struct entry *entry);
/* How many more would do. */
size_t local_wanted(struct relay *relay, struct taker_room *room_r);
/* Takes the entry over. */
void local_take(struct relay *relay, struct entry *entry);
/* Those that wait go back to the queue. */
void local_drain(struct relay *relay);

#endif
