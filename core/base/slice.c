/* Slices: comparing, searching and cutting bytes that somebody else owns. */
#include "base/slice.h"

#include <string.h>

struct slice slice_of(const char *text)
{
	return (struct slice){text, text ? strlen(text) : 0};
}

static bool same_bytes(const char *a, const char *b, size_t size)
{
	return size == 0 || memcmp(a, b, size) == 0;
}

static bool same_bytes_nocase(const char *a, const char *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (a[i] != b[i] && ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

bool slice_equal(struct slice a, struct slice b)
{
	return a.size == b.size && same_bytes(a.at, b.at, a.size);
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
	return a.size == b.size && same_bytes_nocase(a.at, b.at, a.size);
}

int slice_compare(struct slice a, struct slice b)
{
	size_t common = a.size < b.size ? a.size : b.size;
	int order = common ? memcmp(a.at, b.at, common) : 0;

	return order ? order : (a.size > b.size) - (a.size < b.size);
}

bool slice_starts(struct slice s, struct slice prefix)
{
	return s.size >= prefix.size && same_bytes(s.at, prefix.at, prefix.size);
}

bool slice_starts_nocase(struct slice s, struct slice prefix)
{
	return s.size >= prefix.size && same_bytes_nocase(s.at, prefix.at, prefix.size);
}

bool slice_ends(struct slice s, struct slice suffix)
{
	return s.size >= suffix.size &&
	       slice_equal(slice_from(s, s.size - suffix.size), suffix);
}

bool slice_ends_nocase(struct slice s, struct slice suffix)
{
	return s.size >= suffix.size &&
	       slice_equal_nocase(slice_from(s, s.size - suffix.size), suffix);
}

size_t slice_index(struct slice s, char byte)
{
	const char *found = s.size ? memchr(s.at, byte, s.size) : NULL;

	return found ? (size_t)(found - s.at) : s.size;
}

size_t slice_index_last(struct slice s, char byte)
{
	const char *found = s.size ? memrchr(s.at, byte, s.size) : NULL;

	return found ? (size_t)(found - s.at) : s.size;
}

size_t slice_find(struct slice s, struct slice needle)
{
	const char *found;

	if (needle.size == 0)
		return 0;
	if (s.size < needle.size)
		return s.size;
	found = memmem(s.at, s.size, needle.at, needle.size);
	return found ? (size_t)(found - s.at) : s.size;
}

static struct slice trim(struct slice s, const char *bytes, size_t count)
{
	while (s.size && memchr(bytes, s.at[0], count))
		s = slice_from(s, 1);
	while (s.size && memchr(bytes, s.at[s.size - 1], count))
		s.size--;
	return s;
}

struct slice slice_trim(struct slice s)
{
	return trim(s, " \t", 2);
}

struct slice slice_trim_all(struct slice s)
{
	return trim(s, " \t\r\n", 4);
}

struct slice slice_cut(struct slice *s, char byte)
{
	struct slice first = *s;
	size_t at = slice_index(first, byte);

	if (at == first.size) {
		*s = SLICE_EMPTY;
	} else {
		*s = slice_from(first, at + 1);
		first.size = at;
	}
	return first;
}

bool slice_to_u64(struct slice s, uint64_t *value_r)
{
	uint64_t value = 0;

	if (s.size == 0)
		return false;
	for (size_t i = 0; i < s.size; i++) {
		if (!ascii_is_digit(s.at[i]) ||
			__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(
				value, (uint64_t)(s.at[i] - '0'), &value))
			return false;
	}
	*value_r = value;
	return true;
}

bool slice_to_i64(struct slice s, int64_t *value_r)
{
	bool negative = s.size && s.at[0] == '-';
	uint64_t size;

	if (!slice_to_u64(slice_from(s, negative), &size) ||
		size > (uint64_t)INT64_MAX + negative)
		return false;
	*value_r = (int64_t)(negative ? -size : size);
	return true;
}

bool slice_to_text(struct slice s, char *text, size_t size)
{
	bool fits = s.size < size && slice_index(s, '\0') == s.size;

	if (size == 0)
		return false;
	if (fits && s.size)
		memcpy(text, s.at, s.size);
	text[fits ? s.size : 0] = '\0';
	return fits;
}
