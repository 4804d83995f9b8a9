/* Asks the disk how much is free; see disk_room.h. */
#include "store/disk_room.h"

#include <sys/statvfs.h>

#include "base/event.h"
#include "store/store_core.h"

void store_keep_free(struct store *store, uint64_t bytes)
{
	store->room.least = bytes;
}

bool store_has_room(struct store *store)
{
	struct statvfs disk;
	bool low, was_low;

	/* A disk that cannot be asked will say itself what it does not take. */
	if (!store->room.least || statvfs(store->folder, &disk) != 0)
		return true;
	low = (uint64_t)disk.f_bavail * disk.f_frsize < store->room.least;
	was_low = atomic_exchange(&store->room.is_low, low);
	if (low != was_low)
		event_note(EVENT_WARNING, "mailbox_disk",
			low ? "free disk space is below pickup.free_space: no mail "
			      "comes into mailboxes"
			    : "free disk space is enough again");
	return !low;
}
