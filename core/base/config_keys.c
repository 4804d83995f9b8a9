/* Finds keys in the schema, and says what they are and what they allow. */
#include "base/config_schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/config_value.h"

#define MISTAKES_MAX  2
#define NAME_SIZE_MAX 40

static void say_words(const struct config_key *key, const char *before,
	char text[CONFIG_ALLOWED_SIZE]);
static void say_range(const struct config_key *key, char text[CONFIG_ALLOWED_SIZE]);
static size_t distance(struct slice a, struct slice b);
static size_t smaller(size_t a, size_t b);

const struct config_key *config_key_find(
	const struct config_section *section, struct slice name)
{
	for (size_t i = 0; i < section->key_count; i++) {
		if (slice_equal(name, slice_of(section->keys[i].name)))
			return &section->keys[i];
	}
	return NULL;
}

const struct config_key *config_key_nearest(
	const struct config_section *section, struct slice name)
{
	const struct config_key *nearest = NULL;
	size_t least = MISTAKES_MAX + 1;

	for (size_t i = 0; i < section->key_count; i++) {
		size_t mistakes = distance(name, slice_of(section->keys[i].name));

		if (mistakes < least && mistakes * 2 < name.size) {
			least = mistakes;
			nearest = &section->keys[i];
		}
	}
	return nearest;
}

const char *config_key_home(struct slice name)
{
	const char *home = NULL;

	for (size_t i = 0; i < config_schema.key_count; i++) {
		const struct config_key *key = &config_schema.keys[i];

		if (!key->section || !config_key_find(key->section, name))
			continue;
		if (home)
			return NULL;
		home = key->name;
	}
	return home;
}

const char *config_section_keys(
	const struct config_section *section, char text[CONFIG_KEYS_SIZE])
{
	size_t used = 0;

	text[0] = 0;
	for (size_t i = 0; i < section->key_count && used < CONFIG_KEYS_SIZE; i++)
		used += (size_t)snprintf(text + used, CONFIG_KEYS_SIZE - used, "%s%s",
			i ? ", " : "", section->keys[i].name);
	return text;
}

const char *config_key_allowed(
	const struct config_key *key, char text[CONFIG_ALLOWED_SIZE])
{
	switch (key->type) {
	case CONFIG_TEXTS:
		snprintf(text, CONFIG_ALLOWED_SIZE, "a list of %s", key->allowed);
		break;
	case CONFIG_TEXT:
	case CONFIG_NAME:
	case CONFIG_PATH:
		snprintf(text, CONFIG_ALLOWED_SIZE, "%s", key->allowed);
		break;
	case CONFIG_WORD:
	case CONFIG_CHOICE:
		say_words(key, key->words[1] ? "one of " : "", text);
		break;
	case CONFIG_WORDS:
		say_words(key, "a list of ", text);
		break;
	case CONFIG_TRUTH:
		snprintf(text, CONFIG_ALLOWED_SIZE, "true or false");
		break;
	case CONFIG_NUMBER:
	case CONFIG_SIZE:
	case CONFIG_DURATION:
	case CONFIG_DURATIONS:
		say_range(key, text);
		break;
	case CONFIG_NETWORKS:
		snprintf(text, CONFIG_ALLOWED_SIZE,
			"a list of networks such as [192.0.2.0/24, "
			"\"2001:db8::/32\"]");
		break;
	case CONFIG_ITEMS:
		snprintf(text, CONFIG_ALLOWED_SIZE, "a list of mappings, each %s",
			key->section->name);
		break;
	case CONFIG_SECTION:
		snprintf(text, CONFIG_ALLOWED_SIZE, "a mapping of keys to values");
		break;
	}
	return text;
}

static void say_words(const struct config_key *key, const char *before,
	char text[CONFIG_ALLOWED_SIZE])
{
	size_t used = (size_t)snprintf(text, CONFIG_ALLOWED_SIZE, "%s", before);

	for (size_t i = 0; key->words[i] && used < CONFIG_ALLOWED_SIZE; i++)
		used += (size_t)snprintf(text + used, CONFIG_ALLOWED_SIZE - used,
			"%s%s", i ? ", " : "", key->words[i]);
}

static void say_range(const struct config_key *key, char text[CONFIG_ALLOWED_SIZE])
{
	char least[CONFIG_VALUE_SIZE], most[CONFIG_VALUE_SIZE];

	if (key->type == CONFIG_NUMBER)
		snprintf(text, CONFIG_ALLOWED_SIZE,
			"a whole number from %" PRIu64 " to %" PRIu64, key->least,
			key->most);
	else if (key->type == CONFIG_SIZE)
		snprintf(text, CONFIG_ALLOWED_SIZE, "a size from %s to %s",
			config_value_say_size(key->least, least),
			config_value_say_size(key->most, most));
	else if (key->type == CONFIG_DURATION)
		snprintf(text, CONFIG_ALLOWED_SIZE,
			"a duration from %s to %s (ms, s, m, h, d)",
			config_value_say_duration(key->least, least),
			config_value_say_duration(key->most, most));
	else
		snprintf(text, CONFIG_ALLOWED_SIZE,
			"a list of durations from %s to %s, such as [1m, 15m, 1h]",
			config_value_say_duration(key->least, least),
			config_value_say_duration(key->longest, most));
}

/* Letters wrong, missing, too many or swapped with their neighbour. */
static size_t distance(struct slice a, struct slice b)
{
	size_t rows[3][NAME_SIZE_MAX + 1]; /* of the row before last, last, this */

	if (a.size > NAME_SIZE_MAX || b.size > NAME_SIZE_MAX)
		return SIZE_MAX / 4;
	for (size_t j = 0; j <= b.size; j++)
		rows[1][j] = j;
	for (size_t i = 1; i <= a.size; i++) {
		rows[2][0] = i;
		for (size_t j = 1; j <= b.size; j++) {
			bool same = ascii_lower(a.at[i - 1]) ==
				    ascii_lower(b.at[j - 1]);
			size_t best = smaller(rows[1][j], rows[2][j - 1]) + 1;

			best = smaller(best, rows[1][j - 1] + !same);
			if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] &&
				a.at[i - 2] == b.at[j - 1])
				best = smaller(best, rows[0][j - 2] + 1);
			rows[2][j] = best;
		}
		memmove(rows[0], rows[1], sizeof(rows[0]) * 2);
	}
	return rows[1][b.size];
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}
