/* Domains in Redis: one field of the hash rp:domains each, as JSON. */
#include <stdlib.h>

#include "base/failure.h"
#include "base/map.h"
#include "base/memory.h"

#include "daemon/domains.h"
#include "report/value.h"

#define DOMAINS SLICE("rp:domains")
#define CHANGES SLICE("rp:domains:changes")
#define WRITING SLICE("rp:domains:writing") /* is there while somebody writes */

#define WRITING_MS  "10000" /* unless who does is gone */
#define PAUSE_MS    50
#define TOLD_FOR_MS (30 * 86400000LL) /* that an old key may leave DNS */

static size_t read_keys(const struct value *list, struct arena *arena,
	struct domain_key keys_r[DKIM_KEYS_PER_DOMAIN])
{
	size_t count = 0;

	for (; count < value_count(list) && count < DKIM_KEYS_PER_DOMAIN; count++) {
		const struct value *key = value_at(list, count);

		keys_r[count] = (struct domain_key){
			arena_copy(arena, value_get_text(key, "selector")),
			arena_copy(arena, value_get_text(key, "pem"))};
	}
	return count;
}

/* But for those that everybody had the time to take out of DNS. */
static void read_old(
	const struct value *list, struct arena *arena, struct domain_record *record)
{
	int64_t now_ms = worker_wall_ms();

	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *old = value_at(list, i);
		int64_t until_ms = value_get_number(old, "until_ms");

		if (now_ms - until_ms < TOLD_FOR_MS &&
			record->old_count < DOMAIN_OLD_MAX)
			record->old[record->old_count++] = (struct domain_old){
				arena_copy(arena, value_get_text(old, "selector")),
				until_ms};
	}
}

/* 0: of nothing. */
static uint64_t mark_of(struct slice text)
{
	return text.size ? map_hash(text) | 1 : 0;
}

static bool read_record(struct slice text, struct slice domain, struct arena *arena,
	struct domain_record *record_r)
{
	struct value *value = value_parse(text);
	struct domain_record record = {
		.domain = arena_copy(arena, domain),
		.tenant = arena_copy(arena, value_get_text(value, "tenant")),
		.created_ms = value_get_number(value, "created_ms"),
		.active = value_get_truth(value, "active"),
		.removed = value_get_truth(value, "removed"),
		.next_ms = value_get_number(value, "next_ms"),
		.stored = mark_of(text),
	};

	record.key_count = read_keys(value_get(value, "keys"), arena, record.keys);
	record.next_count = read_keys(value_get(value, "next"), arena, record.next);
	read_old(value_get(value, "old"), arena, &record);
	if (!value)
		return fail(FAILURE_STORE, "the record of %.*s cannot be understood",
			SLICE_PRINT(domain));
	value_release(&value);
	*record_r = record;
	return true;
}

bool domains_read(struct redis *redis, struct slice domain, struct arena *arena,
	struct domain_record *record_r, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HGET"), DOMAINS, domain};
	struct redis_reply *reply;
	bool good;

	if (!redis_ask(redis, ARRAY_COUNT(argv), argv, REDIS_TEXT, &reply, deadline))
		return fail_in("domains");
	good = redis_reply_kind(reply) == REDIS_NOTHING ||
	       read_record(redis_reply_text(reply), domain, arena, record_r);
	if (good && (redis_reply_kind(reply) == REDIS_NOTHING || record_r->removed))
		good = fail(
			FAILURE_DATA, "there is no domain %.*s", SLICE_PRINT(domain));
	redis_reply_free(&reply);
	return good;
}

static int by_name(const void *a, const void *b)
{
	const struct domain_record *one = a, *other = b;

	return slice_compare(one->domain, other->domain);
}

bool domains_list(struct redis *redis, struct arena *arena,
	struct domain_record **list_r, size_t *count_r, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HGETALL"), DOMAINS};
	struct domain_record *list;
	struct redis_reply *reply;
	bool good = true;
	size_t count = 0;

	if (!redis_ask(redis, ARRAY_COUNT(argv), argv, REDIS_LIST, &reply, deadline))
		return fail_in("domains");
	list = arena_take_array(arena, redis_reply_count(reply) / 2, sizeof(*list));
	for (size_t i = 0; good && i + 1 < redis_reply_count(reply); i += 2)
		good = read_record(redis_reply_text(redis_reply_at(reply, i + 1)),
			redis_reply_text(redis_reply_at(reply, i)), arena,
			&list[count++]);
	redis_reply_free(&reply);
	if (count)
		qsort(list, count, sizeof(*list), by_name);
	*list_r = list;
	*count_r = count;
	return good;
}

static struct value *value_of_keys(const struct domain_key *keys, size_t count)
{
	struct value *list = value_list();

	for (size_t i = 0; i < count; i++) {
		struct value *key = value_object();

		value_set_text(key, "selector", keys[i].selector);
		value_set_text(key, "pem", keys[i].pem);
		value_append(list, key);
	}
	return list;
}

static struct value *value_of_old(const struct domain_record *record)
{
	struct value *list = value_list();

	for (size_t i = 0; i < record->old_count; i++) {
		struct value *old = value_object();

		value_set_text(old, "selector", record->old[i].selector);
		value_set_number(old, "until_ms", record->old[i].until_ms);
		value_append(list, old);
	}
	return list;
}

static void append_record(struct buffer *text, const struct domain_record *record)
{
	struct value *value = value_object();
	bool there = !record->removed;

	value_set_text(value, "tenant", record->tenant);
	value_set_number(value, "created_ms", record->created_ms);
	value_set_truth(value, "active", record->active);
	value_set_truth(value, "removed", record->removed);
	value_set(value, "keys",
		value_of_keys(record->keys, there ? record->key_count : 0));
	if (there && record->next_count) {
		value_set(
			value, "next", value_of_keys(record->next, record->next_count));
		value_set_number(value, "next_ms", record->next_ms);
	}
	if (there && record->old_count)
		value_set(value, "old", value_of_old(record));
	value_print(value, text);
	value_release(&value);
}

/* One writes at a time, so that nobody writes over what he has not read. */
static bool begin(struct redis *redis, struct deadline deadline)
{
	struct slice argv[] = {SLICE("SET"), WRITING, SLICE("1"), SLICE("NX"),
		SLICE("PX"), SLICE(WRITING_MS)};

	for (;;) {
		struct redis_reply *reply = NULL;
		bool good = redis_ask(
			redis, ARRAY_COUNT(argv), argv, REDIS_TEXT, &reply, deadline);
		bool ours = good && redis_reply_kind(reply) == REDIS_TEXT;

		redis_reply_free(&reply);
		if (!good || ours)
			return good;
		if (!fiber_sleep(
			    deadline_earlier(deadline, deadline_after_ms(PAUSE_MS))))
			return false;
		if (deadline_has_passed(deadline))
			return fail(FAILURE_TIMEOUT, "somebody else writes");
	}
}

static void end(struct redis *redis, struct deadline deadline)
{
	struct slice argv[] = {SLICE("UNLINK"), WRITING};
	struct redis_reply *reply = NULL;

	(void)redis_ask(redis, ARRAY_COUNT(argv), argv, REDIS_NUMBER, &reply, deadline);
	redis_reply_free(&reply);
}

static bool is_unchanged(struct redis *redis, const struct domain_record *record,
	struct deadline deadline)
{
	struct slice argv[] = {SLICE("HGET"), DOMAINS, record->domain};
	struct redis_reply *reply = NULL;
	bool good;

	if (!redis_ask(redis, ARRAY_COUNT(argv), argv, REDIS_TEXT, &reply, deadline))
		return false;
	good = record->stored == mark_of(redis_reply_text(reply)) ||
	       fail(FAILURE_DATA, "%.*s was changed by somebody else just now",
		       SLICE_PRINT(record->domain));
	redis_reply_free(&reply);
	return good;
}

static bool put(struct redis *redis, struct slice domain, struct slice text,
	struct deadline deadline)
{
	struct slice set[] = {SLICE("HSET"), DOMAINS, domain, text};
	struct slice count[] = {SLICE("INCR"), CHANGES};
	struct redis_reply *reply = NULL;
	bool good = redis_ask(
		redis, ARRAY_COUNT(set), set, REDIS_NUMBER, &reply, deadline);

	redis_reply_free(&reply);
	good = good && redis_ask(redis, ARRAY_COUNT(count), count, REDIS_NUMBER, &reply,
			       deadline);
	redis_reply_free(&reply);
	return good;
}

bool domains_write(struct redis *redis, const struct domain_record *record,
	struct deadline deadline)
{
	struct buffer text = {0};
	bool good;

	if (!begin(redis, deadline))
		return fail_in("domains");
	append_record(&text, record);
	good = is_unchanged(redis, record, deadline) &&
	       put(redis, record->domain, buffer_contents(&text), deadline);
	if (text.bytes)
		memory_wipe(text.bytes, text.capacity);
	buffer_finish(&text);
	if (!good) {
		struct failure why = *failure_last();

		end(redis, deadline);
		return fail_again(&why);
	}
	end(redis, deadline);
	return true;
}
