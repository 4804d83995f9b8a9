/*
 * Matches names; see match.h. All ways through the pattern are followed at once:
 * bit N says that its first N elements match what was read of the name.
 */
#include "imap/match.h"

#include <stdint.h>
#include <string.h>

#define WORDS ((IMAP_PATTERN_MAX + 1) / 64)

struct imap_pattern {
	size_t words;	/* of a set of places */
	size_t size;	/* elements; the place behind the last one is the end */
	uint64_t *wild; /* '*' and '%' */
	uint64_t *star;
	uint64_t *at[256]; /* where each character is; NULL: nowhere */
};

static void set_bit(uint64_t *set, size_t at)
{
	set[at / 64] |= UINT64_C(1) << (at % 64);
}

static bool has_bit(const uint64_t *set, size_t at)
{
	return set[at / 64] >> (at % 64) & 1;
}

/* A wildcard beside another one is the wider of the two. */
static void add_wild(struct imap_pattern *pattern, bool star)
{
	if (!pattern->size || !has_bit(pattern->wild, pattern->size - 1))
		set_bit(pattern->wild, pattern->size++);
	if (star)
		set_bit(pattern->star, pattern->size - 1);
}

static void add(struct arena *arena, struct imap_pattern *pattern, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c == '*' || c == '%') {
			add_wild(pattern, c == '*');
			continue;
		}
		if (!pattern->at[c])
			pattern->at[c] = arena_take_array(
				arena, pattern->words, sizeof(uint64_t));
		set_bit(pattern->at[c], pattern->size++);
	}
}

struct imap_pattern *imap_pattern_make(
	struct arena *arena, struct slice reference, struct slice text)
{
	struct imap_pattern *pattern = ARENA_NEW(arena, struct imap_pattern);

	if (reference.size > IMAP_PATTERN_MAX ||
		text.size > IMAP_PATTERN_MAX - reference.size)
		return pattern;
	pattern->words = (reference.size + text.size) / 64 + 1;
	pattern->wild = arena_take_array(arena, pattern->words, sizeof(uint64_t));
	pattern->star = arena_take_array(arena, pattern->words, sizeof(uint64_t));
	add(arena, pattern, reference);
	add(arena, pattern, text);
	return pattern;
}

/* A wildcard may stand for nothing. Two are never beside each other. */
static void skip_wild(const struct imap_pattern *pattern, uint64_t *places)
{
	uint64_t carry = 0;

	for (size_t i = 0; i < pattern->words; i++) {
		uint64_t wild = places[i] & pattern->wild[i];

		places[i] |= wild << 1 | carry;
		carry = wild >> 63;
	}
}

static void step(const struct imap_pattern *pattern, uint64_t *places, unsigned char c,
	unsigned char other)
{
	const uint64_t *stay = c == IMAP_DELIMITER ? pattern->star : pattern->wild;
	const uint64_t *here = pattern->at[c], *there = pattern->at[other];
	uint64_t carry = 0;

	for (size_t i = 0; i < pattern->words; i++) {
		uint64_t plain = (here ? here[i] : 0) | (there ? there[i] : 0);
		uint64_t on = places[i] & plain;

		places[i] = (places[i] & stay[i]) | on << 1 | carry;
		carry = on >> 63;
	}
	skip_wild(pattern, places);
}

static bool any(const struct imap_pattern *pattern, const uint64_t *places)
{
	uint64_t all = 0;

	for (size_t i = 0; i < pattern->words; i++)
		all |= places[i];
	return all != 0;
}

static bool is_inbox(struct slice name)
{
	return slice_starts(name, SLICE("INBOX")) &&
	       (name.size == 5 || name.at[5] == IMAP_DELIMITER);
}

bool imap_pattern_matches(
	const struct imap_pattern *pattern, struct slice name, bool *below_r)
{
	uint64_t places[WORDS] = {1};
	size_t folded = is_inbox(name) ? 5 : 0;
	bool matches;

	if (below_r)
		*below_r = false;
	if (!pattern->words)
		return false;
	skip_wild(pattern, places);
	for (size_t i = 0; i < name.size; i++) {
		unsigned char c = (unsigned char)name.at[i];

		step(pattern, places, c,
			i < folded ? (unsigned char)ascii_lower((char)c) : c);
		if (!any(pattern, places))
			return false;
	}
	matches = has_bit(places, pattern->size);
	if (below_r) {
		step(pattern, places, IMAP_DELIMITER, IMAP_DELIMITER);
		*below_r = any(pattern, places);
	}
	return matches;
}
