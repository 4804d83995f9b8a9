/* Counts of sessions by address and by account; see attendance.h. */
#include "session/attendance.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"

struct attendance {
	pthread_mutex_t lock; /* for a look-up at most */
	struct map counts[ATTENDANCE_KINDS];
};

static struct slice key_of(enum attendance_kind kind, struct slice who);

struct attendance *attendance_create(void)
{
	struct attendance *attendance = NEW(struct attendance);

	pthread_mutex_init(&attendance->lock, NULL);
	return attendance;
}

void attendance_destroy(struct attendance **attendance)
{
	struct attendance *old = *attendance;

	*attendance = NULL;
	if (!old)
		return;
	for (size_t i = 0; i < ATTENDANCE_KINDS; i++) {
		assert(old->counts[i].count == 0);
		map_finish(&old->counts[i]);
	}
	pthread_mutex_destroy(&old->lock);
	memory_free(old);
}

bool attendance_enter(struct attendance *attendance, enum attendance_kind kind,
	struct slice who, uint64_t most)
{
	struct map *map = &attendance->counts[kind];
	struct slice key = key_of(kind, who);
	uint64_t *count;
	bool may;

	pthread_mutex_lock(&attendance->lock);
	count = map_find(map, key);
	may = !most || !count || *count < most;
	if (may && !count) {
		count = NEW(uint64_t);
		map_set(map, key, count);
	}
	if (may)
		++*count;
	pthread_mutex_unlock(&attendance->lock);
	return may;
}

void attendance_leave(
	struct attendance *attendance, enum attendance_kind kind, struct slice who)
{
	struct map *map = &attendance->counts[kind];
	struct slice key = key_of(kind, who);
	uint64_t *count;

	pthread_mutex_lock(&attendance->lock);
	count = map_find(map, key);
	assert(count && *count);
	if (--*count == 0)
		memory_free(map_remove(map, key));
	pthread_mutex_unlock(&attendance->lock);
}

uint64_t attendance_count(
	struct attendance *attendance, enum attendance_kind kind, struct slice who)
{
	uint64_t *found, count;

	pthread_mutex_lock(&attendance->lock);
	found = map_find(&attendance->counts[kind], key_of(kind, who));
	count = found ? *found : 0;
	pthread_mutex_unlock(&attendance->lock);
	return count;
}

/* Who has one IPv6 address has the /64 around it. */
static struct slice key_of(enum attendance_kind kind, struct slice who)
{
	static const char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff'};

	if (kind == ATTENDANCE_ADDRESS && who.size == 16 &&
		memcmp(who.at, mapped, sizeof(mapped)) != 0)
		return slice_part(who, 0, 8);
	return who;
}
