/* Calls of suppression.lua, which is loaded where it is missing. */
#include "feedback/suppression_call.h"

#include <string.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "feedback/suppression_library.h"

#define KEYS   4
#define PREFIX "ringpost_suppression_1_"

static bool said(const char *words)
{
	return strstr(failure_last()->text, words) != NULL;
}

/* An operator who forbids us to load functions has loaded them. */
bool suppression_load_library(struct redis *redis, struct deadline deadline)
{
	struct slice argv[4] = {SLICE("FUNCTION"), SLICE("LOAD"), SLICE("REPLACE"),
		slice_make(suppression_library_code, suppression_library_size)};
	struct redis_reply *reply = NULL;
	bool good = redis_command(redis, ARRAY_COUNT(argv), argv, &reply, deadline);

	redis_reply_free(&reply);
	return good || said("NOPERM");
}

bool suppression_call(struct redis *redis, const char *name, size_t count,
	const struct slice *argv, struct redis_reply **reply_r,
	struct deadline deadline)
{
	struct arena arena = {0};
	struct slice *all = arena_take_array(&arena, count + KEYS + 3, sizeof(*all));
	bool good;

	all[0] = SLICE("FCALL");
	all[1] = arena_format(&arena, PREFIX "%s", name);
	all[2] = SLICE("4");
	all[3] = SUPPRESSION_ENTRIES;
	all[4] = SUPPRESSION_DETAILS;
	all[5] = SUPPRESSION_CHANGES;
	all[6] = SUPPRESSION_SOFT;
	if (count)
		memcpy(all + 3 + KEYS, argv, count * sizeof(*all));
	good = redis_command(redis, count + 3 + KEYS, all, reply_r, deadline) ||
	       (said("Function not found") &&
		       suppression_load_library(redis, deadline) &&
		       redis_command(redis, count + 3 + KEYS, all, reply_r, deadline));
	arena_finish(&arena);
	return good;
}
