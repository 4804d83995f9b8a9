/* Two configurations beside each other, walked by the schema; see config_diff.h. */
#include "base/config_diff.h"

#include <arpa/inet.h>
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/config_schema.h"
#include "base/config_value.h"
#include "base/map.h"
#include "base/memory.h"

#define SAID_MAX  1000 /* bytes of a value */
#define IPV4_BITS 96
#define DEPTH_MAX 6

struct diffing {
	void (*visit)(void *context, const struct config_difference *difference);
	void *context;
	struct buffer path, was, is_now;
	unsigned depth;
};

struct items {
	const char *at;
	size_t count, size;
	struct slice *names; /* each once: the second of a name is "NAME 2" */
};

static void compare(struct diffing *diffing, const struct config_section *section,
	const char *old, const char *wanted);

/* ---- Values in words ---- */

static const void *member(const struct config_key *key, const char *object)
{
	return object + key->offset;
}

/* Who logs in by a URL is nobody's business, nor is what stands behind a colon of a
 * header. */
static void say_text(
	const struct config_key *key, const char *text, bool blank, struct buffer *out)
{
	struct slice rest = slice_of(text);
	size_t from = slice_find(rest, SLICE("://")) + 3;
	size_t at = from < rest.size ? slice_index_last(slice_from(rest, from), '@')
				     : rest.size;

	if (!blank) {
		buffer_append(out, rest);
	} else if (strcmp(key->name, "headers") == 0) {
		buffer_append(out, slice_cut(&rest, ':'));
		buffer_append(out, SLICE(": ***"));
	} else if (from < rest.size && at < rest.size - from) {
		buffer_append(out, slice_part(rest, 0, from));
		buffer_append(out, SLICE("***"));
		buffer_append(out, slice_from(rest, from + at));
	} else {
		buffer_append(out, rest);
	}
}

static void say_texts(const struct config_key *key, const struct config_texts *texts,
	bool blank, struct buffer *out)
{
	for (size_t i = 0; i < texts->count && buffer_size(out) < SAID_MAX; i++) {
		if (i)
			buffer_append(out, SLICE(", "));
		say_text(key, texts->at[i], blank, out);
	}
}

static void say_networks(const struct config_networks *networks, struct buffer *out)
{
	for (size_t i = 0; i < networks->count && buffer_size(out) < SAID_MAX; i++) {
		const struct config_network *one = &networks->at[i];
		static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
		bool ipv4 = one->bits >= IPV4_BITS &&
			    memcmp(one->address, mapped, sizeof(mapped)) == 0;
		char text[INET6_ADDRSTRLEN];

		inet_ntop(ipv4 ? AF_INET : AF_INET6,
			one->address + (ipv4 ? sizeof(mapped) : 0), text, sizeof(text));
		buffer_append_format(out, "%s%s/%u", i ? ", " : "", text,
			one->bits - (ipv4 ? IPV4_BITS : 0));
	}
}

static void say_duration(int64_t ms, struct buffer *out)
{
	char text[CONFIG_VALUE_SIZE];

	buffer_append(out, slice_of(config_value_say_duration((uint64_t)ms, text)));
}

static void say_durations(
	const struct config_key *key, const char *object, struct buffer *out)
{
	const int64_t *list = *(int64_t *const *)member(key, object);
	size_t count = *(const size_t *)(const void *)(object + key->count_offset);

	for (size_t i = 0; i < count && buffer_size(out) < SAID_MAX; i++) {
		if (i)
			buffer_append(out, SLICE(", "));
		say_duration(list[i], out);
	}
}

/* Nothing for what is not there; BLANK: without secrets. */
static void say(const struct config_key *key, const char *object, bool blank,
	struct buffer *out)
{
	const void *at = member(key, object);
	char text[CONFIG_VALUE_SIZE];

	switch (key->type) {
	case CONFIG_TEXT:
	case CONFIG_NAME:
	case CONFIG_PATH:
	case CONFIG_WORD:
		if (*(char *const *)at)
			say_text(key, *(char *const *)at, blank, out);
		break;
	case CONFIG_CHOICE:
		buffer_append(out, slice_of(key->words[*(const unsigned *)at]));
		break;
	case CONFIG_TRUTH:
		buffer_append(out, *(const bool *)at ? SLICE("true") : SLICE("false"));
		break;
	case CONFIG_NUMBER:
		buffer_append_format(out, "%" PRIu64, *(const uint64_t *)at);
		break;
	case CONFIG_SIZE:
		buffer_append(out,
			slice_of(config_value_say_size(*(const uint64_t *)at, text)));
		break;
	case CONFIG_DURATION:
		say_duration(*(const int64_t *)at, out);
		break;
	case CONFIG_TEXTS:
	case CONFIG_WORDS:
		say_texts(key, at, blank, out);
		break;
	case CONFIG_NETWORKS:
		say_networks(at, out);
		break;
	case CONFIG_DURATIONS:
		say_durations(key, object, out);
		break;
	case CONFIG_ITEMS:
	case CONFIG_SECTION:
		break;
	}
}

/* ---- Lists of mappings ---- */

static struct items items_of(const struct config_key *key, const char *object)
{
	return (struct items){.at = *(char *const *)member(key, object),
		.count = *(const size_t *)(const void *)(object + key->count_offset),
		.size = key->section->size};
}

/* What an entry is about: the texts that it needs, or its first key. */
static void name_item(
	const struct config_section *section, const char *item, struct buffer *out)
{
	size_t before = buffer_size(out);

	for (size_t i = 0; i < section->key_count; i++) {
		const struct config_key *key = &section->keys[i];

		if (!key->required ||
			(key->type != CONFIG_TEXT && key->type != CONFIG_NAME))
			continue;
		if (buffer_size(out) > before)
			buffer_append_byte(out, '/');
		say(key, item, true, out);
	}
	if (buffer_size(out) == before)
		say(&section->keys[0], item, true, out);
}

/* NAME → item. */
static void index_items(const struct config_section *section, struct items *items,
	struct map *map, struct arena *arena)
{
	struct buffer name = {0};

	items->names = arena_take_array(arena, items->count, sizeof(*items->names));

	for (size_t i = 0; i < items->count; i++) {
		const char *item = items->at + i * items->size;
		size_t size, times = 1;

		buffer_clear(&name);
		name_item(section, item, &name);
		size = buffer_size(&name);
		while (map_find(map, buffer_contents(&name))) {
			buffer_truncate(&name, size);
			buffer_append_format(&name, " %zu", ++times);
		}
		items->names[i] = arena_copy(arena, buffer_contents(&name));
		map_set(map, items->names[i], (void *)(uintptr_t)item);
	}
	buffer_finish(&name);
}

/* What is written there and is not said by silence. */
static void say_item(
	const struct config_section *section, const char *item, struct buffer *out)
{
	struct buffer value = {0};

	buffer_append_byte(out, '{');
	for (size_t i = 0; i < section->key_count && buffer_size(out) < SAID_MAX; i++) {
		const struct config_key *key = &section->keys[i];
		struct slice said;

		buffer_clear(&value);
		say(key, item, true, &value);
		said = buffer_contents(&value);
		if (!said.size || slice_equal(said, SLICE("0")) ||
			slice_equal(said, SLICE("false")) ||
			(key->fallback && slice_equal(said, slice_of(key->fallback))))
			continue;
		buffer_append_format(out, "%s%s: %.*s",
			buffer_size(out) > 1 ? ", " : "", key->name, SLICE_PRINT(said));
	}
	buffer_append_byte(out, '}');
	buffer_finish(&value);
}

static void tell(struct diffing *diffing, bool was, bool is_now)
{
	struct config_difference difference = {.key = buffer_contents(&diffing->path)};

	if (was)
		difference.was = buffer_size(&diffing->was)
					 ? buffer_contents(&diffing->was)
					 : SLICE("");
	if (is_now)
		difference.is_now = buffer_size(&diffing->is_now)
					    ? buffer_contents(&diffing->is_now)
					    : SLICE("");
	diffing->visit(diffing->context, &difference);
}

/* Entries of ITEMS that OTHER lacks are told; with DEEPER those of both compared. */
static void match_items(struct diffing *diffing, const struct config_section *section,
	const struct items *items, const struct map *other, bool deeper)
{
	size_t size = buffer_size(&diffing->path);

	for (size_t i = 0; i < items->count; i++) {
		const char *item = items->at + i * items->size;
		const char *same = map_find(other, items->names[i]);

		if (same && !deeper)
			continue;
		buffer_append_format(
			&diffing->path, "[%.*s]", SLICE_PRINT(items->names[i]));
		if (same) {
			compare(diffing, section, item, same);
		} else {
			buffer_clear(&diffing->was);
			buffer_clear(&diffing->is_now);
			say_item(section, item,
				deeper ? &diffing->was : &diffing->is_now);
			tell(diffing, deeper, !deeper);
		}
		buffer_truncate(&diffing->path, size);
	}
}

static void compare_items(struct diffing *diffing, const struct config_key *key,
	const char *old, const char *wanted)
{
	struct items olds = items_of(key, old), news = items_of(key, wanted);
	struct map before = {0}, after = {0};
	struct arena arena = {0};

	index_items(key->section, &olds, &before, &arena);
	index_items(key->section, &news, &after, &arena);
	match_items(diffing, key->section, &olds, &after, true);
	match_items(diffing, key->section, &news, &before, false);
	map_finish(&before);
	map_finish(&after);
	arena_finish(&arena);
}

/* ---- Mappings ---- */

static bool say_both(struct diffing *diffing, const struct config_key *key,
	const char *old, const char *wanted, bool blank)
{
	buffer_clear(&diffing->was);
	buffer_clear(&diffing->is_now);
	say(key, old, blank, &diffing->was);
	say(key, wanted, blank, &diffing->is_now);
	return slice_equal(
		buffer_contents(&diffing->was), buffer_contents(&diffing->is_now));
}

static void compare_value(struct diffing *diffing, const struct config_key *key,
	const char *old, const char *wanted)
{
	/* Secrets may differ, though what is said of them does not. */
	if (say_both(diffing, key, old, wanted, false))
		return;
	say_both(diffing, key, old, wanted, true);
	tell(diffing, true, true);
}

static void compare(struct diffing *diffing, const struct config_section *section,
	const char *old, const char *wanted)
{
	size_t size = buffer_size(&diffing->path);

	diffing->depth++;
	assert(diffing->depth <= DEPTH_MAX);
	for (size_t i = 0; i < section->key_count; i++) {
		const struct config_key *key = &section->keys[i];

		buffer_append_format(
			&diffing->path, "%s%s", size ? "." : "", key->name);
		if (key->type == CONFIG_SECTION)
			compare(diffing, key->section, member(key, old),
				member(key, wanted));
		else if (key->type == CONFIG_ITEMS)
			compare_items(diffing, key, old, wanted);
		else
			compare_value(diffing, key, old, wanted);
		buffer_truncate(&diffing->path, size);
	}
	diffing->depth--;
}

void config_diff(const struct config *old, const struct config *wanted,
	void (*visit)(void *context, const struct config_difference *difference),
	void *context)
{
	struct diffing diffing = {.visit = visit, .context = context};

	compare(&diffing, &config_schema, (const char *)old, (const char *)wanted);
	buffer_finish(&diffing.path);
	buffer_wipe(&diffing.was);
	buffer_wipe(&diffing.is_now);
}
