/* Stores single values into the snapshot, each as its schema row says. */
#include "base/config_reading.h"

#include <string.h>

#include "base/config_network.h"
#include "base/config_value.h"

#define TEXT_MAX 4096

static const char *store_text(struct config_reading *reading,
	const struct config_key *key, struct slice text, char **at);
static const char *store_word(struct config_reading *reading,
	const struct config_key *key, struct slice text, void *at);
static const char *store_counted(
	const struct config_key *key, struct slice text, uint64_t *at);
static const char *store_duration(
	const struct config_key *key, struct slice text, int64_t *at);
static const char *store_network(struct slice text, struct config_network *at);
static struct slice absolute(struct config_reading *reading, struct slice path);

const char *config_store(struct config_reading *reading, const struct config_key *key,
	struct slice text, void *at)
{
	switch (key->type) {
	case CONFIG_TEXT:
	case CONFIG_NAME:
	case CONFIG_PATH:
	case CONFIG_TEXTS:
		return store_text(reading, key, text, at);
	case CONFIG_WORD:
	case CONFIG_CHOICE:
	case CONFIG_WORDS:
		return store_word(reading, key, text, at);
	case CONFIG_TRUTH:
		return config_value_truth(text, at);
	case CONFIG_NUMBER:
	case CONFIG_SIZE:
		return store_counted(key, text, at);
	case CONFIG_DURATION:
	case CONFIG_DURATIONS:
		return store_duration(key, text, at);
	case CONFIG_NETWORKS:
		return store_network(text, at);
	case CONFIG_ITEMS:
	case CONFIG_SECTION:
		break;
	}
	return "cannot stand here";
}

static const char *store_text(struct config_reading *reading,
	const struct config_key *key, struct slice text, char **at)
{
	char *copy;

	if (text.size > TEXT_MAX)
		return "is longer than 4096 bytes";
	for (size_t i = 0; i < text.size; i++) {
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
			return "holds a control character";
	}
	copy = arena_copy_text(reading->arena, text);
	if (!key->form(copy))
		return "does not fit";
	for (char *c = copy; key->type == CONFIG_NAME && *c; c++)
		*c = ascii_lower(*c);
	if (key->type == CONFIG_PATH)
		copy = arena_copy_text(reading->arena, absolute(reading, text));
	*at = copy;
	return NULL;
}

static const char *store_word(struct config_reading *reading,
	const struct config_key *key, struct slice text, void *at)
{
	unsigned index = 0;

	while (key->words[index] && !slice_equal(text, slice_of(key->words[index])))
		index++;
	if (!key->words[index])
		return "is unknown here";
	if (key->type == CONFIG_CHOICE)
		memcpy(at, &index, sizeof(index)); /* enums have unsigned's size */
	else
		*(char **)at = arena_copy_text(reading->arena, text);
	return NULL;
}

static const char *store_counted(
	const struct config_key *key, struct slice text, uint64_t *at)
{
	const char *wrong;
	uint64_t value;

	if (key->type == CONFIG_SIZE)
		wrong = config_value_size(text, &value);
	else
		wrong = config_value_number(text, &value);
	if (wrong)
		return wrong;
	if (value < key->least || value > key->most)
		return "is out of range";
	*at = value;
	return NULL;
}

static const char *store_duration(
	const struct config_key *key, struct slice text, int64_t *at)
{
	uint64_t ms, most = key->type == CONFIG_DURATIONS ? key->longest : key->most;
	const char *wrong = config_value_duration(text, &ms);

	if (wrong)
		return wrong;
	if (ms < key->least || ms > most)
		return "is out of range";
	*at = (int64_t)ms;
	return NULL;
}

static const char *store_network(struct slice text, struct config_network *at)
{
	char copy[64];

	if (!slice_to_text(text, copy, sizeof(copy)) || !config_network_parse(copy, at))
		return "is not a network";
	return NULL;
}

static struct slice absolute(struct config_reading *reading, struct slice path)
{
	if (slice_starts(path, SLICE("/")) || slice_equal(path, SLICE("-")))
		return path;
	return arena_format(reading->scratch, "%.*s%.*s", SLICE_PRINT(reading->folder),
		SLICE_PRINT(path));
}
