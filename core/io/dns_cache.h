/*
 * Answers kept until their TTL ends, least recently used ones leaving first:
 * bounded in entries and in bytes. Pure: time is an argument.
 */
#ifndef RINGPOST_IO_DNS_CACHE_H
#define RINGPOST_IO_DNS_CACHE_H

#include "base/list.h"
#include "base/map.h"
#include "io/dns.h"
#include "io/dns_name.h"

/* What an entry may take on the average of the whole cache. */
#define DNS_CACHE_ENTRY_BYTES 1024

struct dns_cache {
	struct map entries;
	struct list used; /* longest unused first */
	size_t entries_max, bytes;
};

/* A question as a key: type and name. */
#define DNS_KEY_SIZE (2 + DNS_NAME_SIZE)
struct slice dns_key(enum dns_type type, struct slice name, char text[DNS_KEY_SIZE]);

/* No entries at all with ENTRIES_MAX 0. */
void dns_cache_init(struct dns_cache *cache, size_t entries_max);
void dns_cache_finish(struct dns_cache *cache);

/* Keeps a copy for answer->ttl_s; replaces what was there. */
void dns_cache_put(struct dns_cache *cache, struct slice key,
	const struct dns_answer *answer, int64_t now_us);
/* A copy in ARENA, its ttl_s what is left; false when there is none. */
bool dns_cache_get(struct dns_cache *cache, struct slice key, struct arena *arena,
	struct dns_answer *answer_r, int64_t now_us);
void dns_cache_drop(struct dns_cache *cache, struct slice key);

/* The whole answer, records and strings, as a copy in ARENA. */
struct dns_answer dns_answer_copy(struct arena *arena, const struct dns_answer *from);

#endif
