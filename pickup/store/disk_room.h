/* Whether the disk has room for messages that come, so that there is some for what
 * removes others (store_keep_free in store.h). */
#ifndef RINGPOST_STORE_DISK_ROOM_H
#define RINGPOST_STORE_DISK_ROOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct store;

struct disk_room {
	uint64_t least; /* bytes that stay free */
	atomic_bool is_low;
};

/* For one more message. On a writer's thread. */
bool store_has_room(struct store *store);

#endif
