/* Numbers, sizes, durations and truths: from text, and back for messages. */
#include "base/config_value.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"

struct unit {
	const char *name;
	uint64_t worth;
	bool said; /* used when we write one */
};

/* Largest first, for saying. */
static const struct unit sizes[] = {
	{"TiB", 1ull << 40, true},
	{"TB", 1000000000000, false},
	{"GiB", 1ull << 30, true},
	{"GB", 1000000000, false},
	{"MiB", 1ull << 20, true},
	{"MB", 1000000, false},
	{"KiB", 1ull << 10, true},
	{"kB", 1000, false},
	{"B", 1, true},
	{"", 1, false},
};

static const struct unit durations[] = {
	{"d", 86400000, true},
	{"h", 3600000, true},
	{"m", 60000, true},
	{"s", 1000, true},
	{"ms", 1, true},
};

static bool with_unit(
	struct slice text, const struct unit *units, size_t count, uint64_t *value_r);
static const char *say(uint64_t value, const char *space, const struct unit *units,
	size_t count, char text[CONFIG_VALUE_SIZE]);

const char *config_value_number(struct slice text, uint64_t *value_r)
{
	return slice_to_u64(text, value_r) ? NULL : "is not a whole number";
}

const char *config_value_size(struct slice text, uint64_t *bytes_r)
{
	return with_unit(text, sizes, ARRAY_COUNT(sizes), bytes_r) ? NULL
								   : "is not a size";
}

const char *config_value_duration(struct slice text, uint64_t *ms_r)
{
	uint64_t number;

	if (slice_to_u64(text, &number)) {
		if (number > 0)
			return "has no unit";
		*ms_r = 0;
		return NULL;
	}
	return with_unit(text, durations, ARRAY_COUNT(durations), ms_r)
		       ? NULL
		       : "is not a duration";
}

const char *config_value_truth(struct slice text, bool *value_r)
{
	static const char *const yes[] = {"true", "yes", "on"};
	static const char *const no[] = {"false", "no", "off"};

	for (size_t i = 0; i < ARRAY_COUNT(yes); i++) {
		if (slice_equal_nocase(text, slice_of(yes[i]))) {
			*value_r = true;
			return NULL;
		}
		if (slice_equal_nocase(text, slice_of(no[i]))) {
			*value_r = false;
			return NULL;
		}
	}
	return "is neither true nor false";
}

const char *config_value_say_size(uint64_t bytes, char text[CONFIG_VALUE_SIZE])
{
	return say(bytes, " ", sizes, ARRAY_COUNT(sizes), text);
}

const char *config_value_say_duration(uint64_t ms, char text[CONFIG_VALUE_SIZE])
{
	return say(ms, "", durations, ARRAY_COUNT(durations), text);
}

static bool with_unit(
	struct slice text, const struct unit *units, size_t count, uint64_t *value_r)
{
	size_t digits = 0;
	uint64_t number;
	struct slice name;

	while (digits < text.size && ascii_is_digit(text.at[digits]))
		digits++;
	if (!slice_to_u64(slice_part(text, 0, digits), &number))
		return false;
	name = slice_trim(slice_from(text, digits));
	for (size_t i = 0; i < count; i++) {
		if (slice_equal_nocase(name, slice_of(units[i].name)))
			return !__builtin_mul_overflow(number, units[i].worth, value_r);
	}
	return false;
}

/* In the largest unit that divides VALUE. */
static const char *say(uint64_t value, const char *space, const struct unit *units,
	size_t count, char text[CONFIG_VALUE_SIZE])
{
	snprintf(text, CONFIG_VALUE_SIZE, "0");
	for (size_t i = 0; i < count && value > 0; i++) {
		if (!units[i].said || value % units[i].worth > 0)
			continue;
		snprintf(text, CONFIG_VALUE_SIZE, "%" PRIu64 "%s%s",
			value / units[i].worth, space, units[i].name);
		break;
	}
	return text;
}
