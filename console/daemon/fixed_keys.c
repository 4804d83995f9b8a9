/* Keys that a reload does not change, compared one by one. */
#include "daemon/fixed_keys.h"

#include <string.h>

#include "base/memory.h"

enum kind { TEXT, NUMBER, TRUTH, TEXTS, NETWORKS };

struct key {
	const char *name;
	enum kind kind;
	size_t at; /* in struct config */
};

#define KEY(kind, name, member)                             \
	{                                                   \
		name, kind, offsetof(struct config, member) \
	}

static const struct key keys[] = {
	KEY(TEXT, "state_directory", state_directory),
	KEY(TEXT, "user", user),
	KEY(NUMBER, "workers", workers),
	KEY(TEXT, "queue.redis", queue.redis),
	KEY(TEXT, "queue.user", queue.user),
	KEY(TEXT, "queue.password_file", queue.password_file),
	KEY(TEXT, "queue.ca_file", queue.ca_file),
	KEY(NUMBER, "queue.shards", queue.shards),
	KEY(TRUTH, "queue.require_durable", queue.require_durable),
	KEY(NUMBER, "queue.replicas", queue.replicas),
	KEY(TEXT, "queue.bodies", queue.bodies),
	KEY(NUMBER, "queue.memory_limit", queue.memory_limit),
	KEY(NUMBER, "queue.redis_memory", queue.redis_memory),
	KEY(NUMBER, "queue.free_space", queue.free_space),
	KEY(NUMBER, "queue.segment_size", queue.segment_size),
	KEY(TEXTS, "dns.servers", dns.servers),
	KEY(NUMBER, "dns.timeout", dns.timeout_ms),
	KEY(NUMBER, "dns.cache_entries", dns.cache_entries),
	KEY(NETWORKS, "dns.trusted", dns.trusted),
	KEY(TEXT, "pickup.directory", pickup.directory),
	KEY(NUMBER, "pickup.free_space", pickup.free_space),
	KEY(TRUTH, "pickup.search_index", pickup.search_index),
	KEY(NUMBER, "suppression.entries", suppression.entries),
};

/* NULL and "" are different: one is a default. */
static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_texts(const struct config_texts *a, const struct config_texts *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_text(a->at[i], b->at[i]))
			return false;
	return true;
}

static bool same_networks(
	const struct config_networks *a, const struct config_networks *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->at[i].bits != b->at[i].bits ||
			memcmp(a->at[i].address, b->at[i].address, 16) != 0)
			return false;
	return true;
}

static bool same(const struct key *key, const void *a, const void *b)
{
	switch (key->kind) {
	case TEXT:
		return same_text(*(char *const *)a, *(char *const *)b);
	case NUMBER: /* of 64 bits, all of them */
		return memcmp(a, b, sizeof(uint64_t)) == 0;
	case TRUTH:
		return *(const bool *)a == *(const bool *)b;
	case TEXTS:
		return same_texts(a, b);
	case NETWORKS:
		break;
	}
	return same_networks(a, b);
}

void fixed_keys_changed(
	const struct config *running, const struct config *wanted, struct buffer *names)
{
	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		if (!same(&keys[i], (const char *)running + keys[i].at,
			    (const char *)wanted + keys[i].at))
			buffer_append_format(names, "%s%s",
				buffer_size(names) ? ", " : "", keys[i].name);
}

bool fixed_keys_has(struct slice name)
{
	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		if (slice_equal(name, slice_of(keys[i].name)))
			return true;
	return false;
}
