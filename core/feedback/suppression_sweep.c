/*
 * Entries whose time is over: out of memory part by part, out of Redis a page at a
 * time, so that nobody notices. With them counts of bounces that are too old.
 */
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "feedback/suppression_core.h"

#define SWEEP_US      1000000
#define PAGE_TEXT     "200"
#define PARTS_AT_ONCE 8
#define SOFT_KEPT_MS  (INT64_C(90) * 24 * 3600 * 1000) /* soft_bounces_within's most */

static bool scan(struct suppression *suppression, struct slice key, char cursor[24],
	struct redis_reply **reply_r, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HSCAN"), key, slice_of(cursor), SLICE("COUNT"),
		SLICE(PAGE_TEXT)};

	return redis_command(suppression->redis, ARRAY_COUNT(argv), argv, reply_r,
		       deadline) &&
	       slice_to_text(redis_reply_text(redis_reply_at(*reply_r, 0)), cursor, 24);
}

/* What of a page PICK wants; slices of the page. */
static struct slice *choose(const struct redis_reply *page,
	bool (*pick)(struct slice value), struct arena *arena, size_t *count_r)
{
	size_t most = redis_reply_count(page) / 2, count = 0;
	struct slice *fields = arena_take_array(arena, most + 2, sizeof(*fields));

	for (size_t i = 0; i < most; i++)
		if (pick(redis_reply_text(redis_reply_at(page, 2 * i + 1))))
			fields[2 + count++] = redis_reply_text(
				redis_reply_at(page, 2 * i));
	*count_r = count;
	return fields;
}

static bool is_over(struct slice value)
{
	struct suppression_entry entry;

	return suppression_value_parse(value, &entry) && entry.until_ms &&
	       entry.until_ms <= worker_wall_ms();
}

/* "COUNT FIRST MESSAGE" */
static bool is_old(struct slice value)
{
	struct slice first;
	int64_t first_s;

	slice_cut(&value, ' ');
	first = slice_cut(&value, ' ');
	return !slice_to_i64(first, &first_s) ||
	       first_s * 1000 + SOFT_KEPT_MS <= worker_wall_ms();
}

static bool sweep_entries(struct suppression *suppression, struct deadline deadline)
{
	struct redis_reply *reply = NULL;
	struct arena arena = {0};
	struct slice *fields;
	size_t count = 0;
	bool good = scan(suppression, SUPPRESSION_ENTRIES, suppression->cursor, &reply,
		deadline);

	if (good) {
		fields = choose(redis_reply_at(reply, 1), is_over, &arena, &count);
		good = count == 0 || suppression_write_over(suppression->redis, count,
					     fields + 2, deadline);
	}
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}

static bool sweep_soft(struct suppression *suppression, struct deadline deadline)
{
	struct redis_reply *reply = NULL, *done = NULL;
	struct arena arena = {0};
	struct slice *argv;
	size_t count = 0;
	bool good = scan(suppression, SUPPRESSION_SOFT, suppression->soft_cursor,
		&reply, deadline);

	if (good) {
		argv = choose(redis_reply_at(reply, 1), is_old, &arena, &count);
		argv[0] = SLICE("HDEL");
		argv[1] = SUPPRESSION_SOFT;
		good = count == 0 || redis_command(suppression->redis, count + 2, argv,
					     &done, deadline);
	}
	redis_reply_free(&reply);
	redis_reply_free(&done);
	arena_finish(&arena);
	return good;
}

bool suppression_sweep(struct suppression *suppression, struct deadline deadline)
{
	int64_t now_us = worker_now_us();

	for (int i = 0; i < PARTS_AT_ONCE; i++)
		suppression_table_expire(suppression->table, suppression->part++,
			(uint32_t)(worker_wall_ms() / 1000));
	if (now_us - suppression->swept_us < SWEEP_US)
		return true;
	suppression->swept_us = now_us;
	return sweep_entries(suppression, deadline) &&
	       sweep_soft(suppression, deadline);
}
