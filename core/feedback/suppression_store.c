/* Calls of suppression.lua: what is added and removed, and who is told. */
#include "feedback/suppression_core.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "feedback/suppression_library.h"

#define KEYS	   4
#define PREFIX	   "ringpost_suppression_1_"
#define NUMBER_MAX 24
#define SECOND_MS  1000

/* ---- Calling ---- */

bool suppression_command(struct redis *redis, size_t count, const struct slice *argv,
	struct redis_reply **reply_r, struct deadline deadline)
{
	struct redis_reply *reply = NULL;
	bool good = redis_call(redis, count, argv, &reply, deadline);

	if (good && redis_reply_kind(reply) == REDIS_ERROR)
		good = redis_reply_fail(reply);
	if (good)
		*reply_r = reply;
	else
		redis_reply_free(&reply);
	return good;
}

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
	bool good = suppression_command(
		redis, ARRAY_COUNT(argv), argv, &reply, deadline);

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
	good = suppression_command(redis, count + 3 + KEYS, all, reply_r, deadline) ||
	       (said("Function not found") &&
		       suppression_load_library(redis, deadline) &&
		       suppression_command(
			       redis, count + 3 + KEYS, all, reply_r, deadline));
	arena_finish(&arena);
	return good;
}

static struct slice seconds_now(struct arena *arena)
{
	return arena_format(arena, "%lld", (long long)(worker_wall_ms() / SECOND_MS));
}

static struct slice most(struct arena *arena, const struct suppression *suppression)
{
	return arena_format(
		arena, "%llu", (unsigned long long)atomic_load(&suppression->most));
}

/* What became of the entry at INDEX: '1', '0' or 'f'. */
static char mark_at(const struct redis_reply *reply, size_t index)
{
	struct slice marks = redis_reply_text(redis_reply_at(reply, 1));

	return index < marks.size ? marks.at[index] : '0';
}

static void apply_change(struct suppression *suppression,
	const struct redis_reply *reply, struct slice field, struct slice value)
{
	struct suppression_id id;

	if (suppression_id_parse(redis_reply_text(redis_reply_at(reply, 0)), &id))
		suppression_apply(suppression, id, field, value);
}

/* ---- Adding ---- */

/* Field, value, detail of an entry into ARGV; false with FAILURE_DATA. */
static bool spell(
	const struct suppression_entry *entry, struct arena *arena, struct slice *argv)
{
	struct suppression_field field;
	char value[SUPPRESSION_VALUE_SIZE];

	if (!suppression_field_read(&field, entry->tenant, entry->address))
		return false;
	argv[0] = arena_copy(arena, suppression_field_text(&field));
	argv[1] = arena_copy(arena, suppression_value_print(entry, value));
	argv[2] = entry->detail;
	return true;
}

static void tell(const struct suppression_wish *wish, struct slice field)
{
	struct slice tenant, address;

	suppression_field_split(field, &tenant, &address);
	suppression_tell_entered(wish, address,
		wish->entry.reason == SUPPRESSION_MANUAL ? "operator" : "report");
}

bool suppression_write(struct suppression *suppression, struct redis *redis,
	const struct suppression_wish *wishes, size_t count, size_t *added_r,
	bool *full_r, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice *argv = arena_take_array(&arena, 2 + 3 * count, sizeof(*argv));
	struct redis_reply *reply = NULL;
	bool good = true;

	argv[0] = seconds_now(&arena);
	argv[1] = most(&arena, suppression);
	for (size_t i = 0; good && i < count; i++)
		good = spell(&wishes[i].entry, &arena, argv + 2 + 3 * i);
	good = good &&
	       suppression_call(redis, "add", 2 + 3 * count, argv, &reply, deadline);
	for (size_t i = 0; good && i < count; i++) {
		char mark = mark_at(reply, i);

		*full_r |= mark == 'f';
		if (mark != '1')
			continue;
		apply_change(suppression, reply, argv[2 + 3 * i], argv[3 + 3 * i]);
		if (wishes[i].entry.reason != SUPPRESSION_IMPORTED)
			tell(&wishes[i], argv[2 + 3 * i]);
		*added_r += 1;
	}
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}

bool suppression_write_soft(struct suppression *suppression, struct redis *redis,
	const struct suppression_wish *wish, bool *entered_r, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice argv[9] = {seconds_now(&arena), most(&arena, suppression)};
	struct redis_reply *reply = NULL;
	bool good;

	argv[5] = arena_format(&arena, "%llu", (unsigned long long)wish->soft_count);
	argv[6] = arena_format(
		&arena, "%lld", (long long)(wish->soft_within_ms / SECOND_MS));
	argv[7] = wish->message;
	argv[8] = SLICE(SUPPRESSION_SOFT_MAX);
	good = spell(&wish->entry, &arena, argv + 2) &&
	       suppression_call(
		       redis, "soft", ARRAY_COUNT(argv), argv, &reply, deadline);
	*entered_r = good && mark_at(reply, 0) == '1';
	if (*entered_r) {
		apply_change(suppression, reply, argv[2], argv[3]);
		tell(wish, argv[2]);
	}
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}

bool suppression_add(struct suppression *suppression, struct redis *redis,
	const struct suppression_entry *entries, size_t count, size_t *added_r,
	struct deadline deadline)
{
	size_t added = 0, batch = 0;
	bool good = true, full = false;
	struct suppression_wish *wishes = memory_allocate_array(
		count < SUPPRESSION_BATCH_MAX ? count : SUPPRESSION_BATCH_MAX,
		sizeof(*wishes));

	for (size_t i = 0; good && i < count; i += batch) {
		for (batch = 0; batch < SUPPRESSION_BATCH_MAX && i + batch < count;
			batch++) {
			struct suppression_entry *entry = &wishes[batch].entry;

			*entry = entries[i + batch];
			if (!entry->since_ms)
				entry->since_ms = worker_wall_ms();
		}
		good = suppression_write(
			suppression, redis, wishes, batch, &added, &full, deadline);
	}
	memory_free(wishes);
	if (added_r)
		*added_r = added;
	if (good && full)
		return fail(FAILURE_LIMIT,
			"the suppression list is full (suppression.entries: %llu)",
			(unsigned long long)atomic_load(&suppression->most));
	return good;
}

/* ---- Removing ---- */

bool suppression_remove(struct suppression *suppression, struct redis *redis,
	struct slice tenant, struct slice address, bool *was_r,
	struct deadline deadline)
{
	struct suppression_field field;
	struct redis_reply *reply = NULL;
	struct slice text;

	if (!suppression_field_read(&field, tenant, address))
		return false;
	text = suppression_field_text(&field);
	if (!suppression_call(redis, "remove", 1, &text, &reply, deadline))
		return false;
	*was_r = mark_at(reply, 0) == '1';
	if (*was_r) {
		apply_change(suppression, reply, text, SLICE_EMPTY);
		suppression_tell_left(text, "operator");
	}
	redis_reply_free(&reply);
	return true;
}

bool suppression_write_over(struct redis *redis, size_t count,
	const struct slice *fields, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice *argv = arena_take_array(&arena, 1 + count, sizeof(*argv));
	struct redis_reply *reply = NULL;
	bool good;

	argv[0] = seconds_now(&arena);
	memcpy(argv + 1, fields, count * sizeof(*argv));
	good = suppression_call(redis, "expire", 1 + count, argv, &reply, deadline);
	for (size_t i = 0; good && i < count; i++)
		if (mark_at(reply, i) == '1')
			suppression_tell_left(fields[i], "time");
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}
