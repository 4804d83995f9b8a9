/* Calls of suppression.lua: what is added and removed, and who is told. */
#include "feedback/suppression_core.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "mail/text.h"

#define SECOND_MS 1000

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
	char value[SUPPRESSION_VALUE_SIZE], *text;

	if (!suppression_field_read(&field, entry->tenant, entry->address))
		return false;
	argv[0] = arena_copy(arena, suppression_field_text(&field));
	argv[1] = arena_copy(arena, suppression_value_print(entry, value));
	argv[2] = entry->detail;
	if (entry->detail.size) {
		text = arena_take(arena, SUPPRESSION_DETAIL_MAX);
		argv[2] = slice_make(
			text, text_clean(entry->detail, text, SUPPRESSION_DETAIL_MAX));
	}
	return true;
}

static void tell(
	const struct suppression_wish *wish, struct slice field, const char *by)
{
	struct slice tenant, address;

	suppression_field_split(field, &tenant, &address);
	suppression_tell_entered(wish, address, by);
}

bool suppression_write(struct suppression *suppression, struct redis *redis,
	struct suppression_batch *batch, struct deadline deadline)
{
	struct arena arena = {0};
	size_t words = 2 + 3 * batch->count;
	struct slice *argv = arena_take_array(&arena, words, sizeof(*argv));
	struct redis_reply *reply = NULL;
	bool good = true;

	argv[0] = seconds_now(&arena);
	argv[1] = most(&arena, suppression);
	for (size_t i = 0; good && i < batch->count; i++)
		good = spell(&batch->wishes[i].entry, &arena, argv + 2 + 3 * i);
	good = good && suppression_call(redis, "add", words, argv, &reply, deadline);
	for (size_t i = 0; good && i < batch->count; i++) {
		char mark = mark_at(reply, i);

		batch->full |= mark == 'f';
		if (mark != '1')
			continue;
		apply_change(suppression, reply, argv[2 + 3 * i], argv[3 + 3 * i]);
		if (batch->by)
			tell(&batch->wishes[i], argv[2 + 3 * i], batch->by);
		batch->added++;
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
		tell(wish, argv[2], "report");
	}
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}

/* One is told of; several are not, one by one. */
bool suppression_add(struct suppression *suppression, struct redis *redis,
	const struct suppression_entry *entries, size_t count, size_t *added_r,
	struct deadline deadline)
{
	size_t most = count < SUPPRESSION_BATCH_MAX ? count : SUPPRESSION_BATCH_MAX;
	struct suppression_wish *wishes = memory_allocate_array(most, sizeof(*wishes));
	struct suppression_batch batch = {
		.wishes = wishes, .by = count > 1 ? NULL : "operator"};
	bool good = true;

	for (size_t i = 0; good && i < count; i += batch.count) {
		for (batch.count = 0; batch.count < most && i + batch.count < count;
			batch.count++) {
			struct suppression_entry *entry = &wishes[batch.count].entry;

			*entry = entries[i + batch.count];
			if (!entry->since_ms)
				entry->since_ms = worker_wall_ms();
		}
		good = suppression_write(suppression, redis, &batch, deadline);
	}
	memory_free(wishes);
	if (added_r)
		*added_r = batch.added;
	if (good && batch.full)
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
