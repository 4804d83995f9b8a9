/* Domains in Redis: one field of the hash rp:domains each, as JSON. */
#include <stdlib.h>

#include "base/failure.h"
#include "base/memory.h"

#include "daemon/domains.h"
#include "report/value.h"

#define DOMAINS SLICE("rp:domains")
#define CHANGES SLICE("rp:domains:changes")

static bool read_record(struct slice text, struct slice domain, struct arena *arena,
	struct domain_record *record_r)
{
	struct value *value = value_parse(text);
	const struct value *keys = value_get(value, "keys");
	struct domain_record record = {
		.domain = arena_copy(arena, domain),
		.tenant = arena_copy(arena, value_get_text(value, "tenant")),
		.created_ms = value_get_number(value, "created_ms"),
		.active = value_get_truth(value, "active"),
		.removed = value_get_truth(value, "removed"),
	};

	for (size_t i = 0; i < value_count(keys) && i < DKIM_KEYS_PER_DOMAIN; i++) {
		const struct value *key = value_at(keys, i);

		record.keys[record.key_count++] = (struct domain_key){
			arena_copy(arena, value_get_text(key, "selector")),
			arena_copy(arena, value_get_text(key, "pem"))};
	}
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

static void append_record(struct buffer *text, const struct domain_record *record)
{
	struct value *value = value_object(), *keys = value_list();

	value_set_text(value, "tenant", record->tenant);
	value_set_number(value, "created_ms", record->created_ms);
	value_set_truth(value, "active", record->active);
	value_set_truth(value, "removed", record->removed);
	for (size_t i = 0; !record->removed && i < record->key_count; i++) {
		struct value *key = value_object();

		value_set_text(key, "selector", record->keys[i].selector);
		value_set_text(key, "pem", record->keys[i].pem);
		value_append(keys, key);
	}
	value_set(value, "keys", keys);
	value_print(value, text);
	value_release(&value);
}

bool domains_write(struct redis *redis, const struct domain_record *record,
	struct deadline deadline)
{
	struct buffer text = {0};
	struct slice set[] = {SLICE("HSET"), DOMAINS, record->domain, SLICE_EMPTY};
	struct slice count[] = {SLICE("INCR"), CHANGES};
	struct redis_reply *reply = NULL;
	bool good;

	append_record(&text, record);
	set[3] = buffer_contents(&text);
	good = redis_ask(redis, ARRAY_COUNT(set), set, REDIS_NUMBER, &reply, deadline);
	redis_reply_free(&reply);
	good = good && redis_ask(redis, ARRAY_COUNT(count), count, REDIS_NUMBER, &reply,
			       deadline);
	redis_reply_free(&reply);
	if (text.bytes)
		memory_wipe(text.bytes, text.capacity);
	buffer_finish(&text);
	return good || fail_in("domains");
}
