/*
 * The cache of DNS answers: each entry one block of memory, its answer's
 * records and strings behind it.
 */
#include "io/dns_cache.h"

#include <string.h>

#include "base/memory.h"

struct entry {
	struct link used;
	int64_t expires_us;
	size_t bytes;
	struct dns_answer answer;
	struct slice key;
};

static size_t answer_bytes(const struct dns_answer *answer);
static struct dns_answer answer_place(const struct dns_answer *from, char *at);
static void entry_drop(struct dns_cache *cache, struct entry *entry);

struct slice dns_key(enum dns_type type, struct slice name, char text[DNS_KEY_SIZE])
{
	text[0] = (char)(type >> 8);
	text[1] = (char)type;
	memcpy(text + 2, name.at, name.size);
	return slice_make(text, 2 + name.size);
}

void dns_cache_init(struct dns_cache *cache, size_t entries_max)
{
	*cache = (struct dns_cache){.entries_max = entries_max};
	list_init(&cache->used);
}

void dns_cache_finish(struct dns_cache *cache)
{
	while (!list_is_empty(&cache->used))
		entry_drop(cache, LIST_FIRST(&cache->used, struct entry, used));
	map_finish(&cache->entries);
}

void dns_cache_put(struct dns_cache *cache, struct slice key,
	const struct dns_answer *answer, int64_t now_us)
{
	size_t bytes = sizeof(struct entry) + answer_bytes(answer) + key.size;
	size_t bytes_max = cache->entries_max * DNS_CACHE_ENTRY_BYTES;
	struct entry *entry;
	char *at;

	dns_cache_drop(cache, key);
	if (!cache->entries_max || bytes > bytes_max)
		return;
	while (cache->entries.count >= cache->entries_max ||
		cache->bytes + bytes > bytes_max)
		entry_drop(cache, LIST_FIRST(&cache->used, struct entry, used));
	entry = memory_allocate(bytes);
	entry->bytes = bytes;
	entry->expires_us = now_us + (int64_t)answer->ttl_s * 1000000;
	entry->answer = answer_place(answer, (char *)(entry + 1));
	at = (char *)entry + bytes - key.size;
	memcpy(at, key.at, key.size);
	entry->key = slice_make(at, key.size);
	list_append(&cache->used, &entry->used);
	map_set(&cache->entries, key, entry);
	cache->bytes += bytes;
}

bool dns_cache_get(struct dns_cache *cache, struct slice key, struct arena *arena,
	struct dns_answer *answer_r, int64_t now_us)
{
	struct entry *entry = map_find(&cache->entries, key);

	if (!entry)
		return false;
	if (entry->expires_us <= now_us) {
		entry_drop(cache, entry);
		return false;
	}
	list_remove(&entry->used);
	list_append(&cache->used, &entry->used);
	*answer_r = dns_answer_copy(arena, &entry->answer);
	answer_r->queries = 0;
	answer_r->ttl_s = (uint32_t)((entry->expires_us - now_us + 999999) / 1000000);
	return true;
}

void dns_cache_drop(struct dns_cache *cache, struct slice key)
{
	struct entry *entry = map_find(&cache->entries, key);

	if (entry)
		entry_drop(cache, entry);
}

static void entry_drop(struct dns_cache *cache, struct entry *entry)
{
	list_remove(&entry->used);
	map_remove(&cache->entries, entry->key);
	cache->bytes -= entry->bytes;
	memory_free(entry);
}

struct dns_answer dns_answer_copy(struct arena *arena, const struct dns_answer *from)
{
	return answer_place(from, arena_take(arena, answer_bytes(from)));
}

static size_t answer_bytes(const struct dns_answer *answer)
{
	size_t bytes = answer->canonical.size + 1;

	for (size_t i = 0; i < answer->count; i++)
		bytes += sizeof(struct dns_record) + answer->records[i].name.size + 1 +
			 answer->records[i].data.size + 1;
	return bytes;
}

/* A NUL behind each, and no NULL for an empty one. */
static struct slice place(struct slice s, char **at)
{
	struct slice placed = slice_make(*at, s.size);

	if (s.size)
		memcpy(*at, s.at, s.size);
	(*at)[s.size] = '\0';
	*at += s.size + 1;
	return placed;
}

/* AT is aligned for any type and has answer_bytes bytes. */
static struct dns_answer answer_place(const struct dns_answer *from, char *at)
{
	struct dns_answer answer = *from;

	answer.records = (struct dns_record *)(void *)at;
	at += from->count * sizeof(struct dns_record);
	answer.canonical = place(from->canonical, &at);
	for (size_t i = 0; i < from->count; i++) {
		struct dns_record *record = &answer.records[i];

		*record = from->records[i];
		record->name = place(record->name, &at);
		record->data = place(record->data, &at);
	}
	return answer;
}
