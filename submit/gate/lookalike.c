/*
 * What domains look like; see lookalike.h.
 *
 * The table has the letters that are drawn like Latin ones in common typefaces.
 * Accents are dropped by it, too: few readers notice one.
 */
#include "gate/lookalike.h"

#include <string.h>

#include "base/memory.h"
#include "mail/domain.h"
#include "mail/text.h"
#include "verify/suffix.h"

/* Runs of code points in order, each with the letter it looks like; '.' none. */
static const struct {
	uint32_t first;
	const char *letters;
} looks[] = {
	/* à … ÿ */
	{0xe0, "aaaaaaaceeeeiiiidnooooo.ouuuuy.y"},
	/* Latin Extended-A, from ā on */
	{0x100, "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllllll"
		"lnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"},
	/* ɑ, ɡ, ɩ */
	{0x251, "a"},
	{0x261, "g"},
	{0x269, "i"},
	/* Greek α … ω */
	{0x3b1, "a.....n.ik..v.o.p...u.x.w"},
	{0x3f2, "cj"},
	/* Cyrillic а … ь, ѐ … ј */
	{0x430, "a....e....k.mhonpcty.x......b"},
	{0x450, "ee...siij"},
	{0x4bb, "h"},
	{0x4cf, "l"},
	{0x501, "d"},
	{0x51b, "qw"},
	/* Armenian օ, ո, ս, ց, հ */
	{0x585, "o"},
	{0x578, "n"},
	{0x57d, "u"},
	{0x581, "g"},
	{0x570, "h"},
};

static char look_of(uint32_t code)
{
	if (code == '0')
		return 'o';
	if (code == '1')
		return 'l';
	if (code < 0x80)
		return ascii_lower((char)code);
	for (size_t i = ARRAY_COUNT(looks); i-- > 0;)
		if (code >= looks[i].first &&
			code - looks[i].first < strlen(looks[i].letters) &&
			looks[i].letters[code - looks[i].first] != '.')
			return looks[i].letters[code - looks[i].first];
	return 0;
}

/* Pairs that read as one letter. */
static size_t join_pairs(char *text, size_t size)
{
	static const char *const pairs[] = {"rnm", "vvw", "cld"};
	size_t to = 0;

	for (size_t i = 0; i < size; i++) {
		text[to] = text[i];
		for (size_t p = 0; i + 1 < size && p < ARRAY_COUNT(pairs); p++)
			if (text[i] == pairs[p][0] && text[i + 1] == pairs[p][1]) {
				text[to] = pairs[p][2];
				i++;
				break;
			}
		to++;
	}
	return to;
}

struct slice lookalike_skeleton(struct arena *arena, struct slice domain)
{
	struct slice rest = domain_to_unicode(arena, domain);
	char *text = arena_take(arena, rest.size + 1);
	size_t size = 0;

	while (rest.size) {
		uint32_t code = 0;
		size_t bytes = text_character(rest, &code);
		char look = bytes ? look_of(code) : 0;

		if (bytes == 0)
			bytes = 1;
		if (look) {
			text[size++] = look;
		} else {
			memcpy(text + size, rest.at, bytes);
			size += bytes;
		}
		rest = slice_from(rest, bytes);
	}
	return slice_make(text, join_pairs(text, size));
}

static bool has_other_letters(struct slice domain)
{
	size_t dashes = slice_index(domain, '-');

	return (dashes < domain.size &&
		       slice_find(domain, SLICE("xn--")) < domain.size) ||
	       !text_is_ascii(domain);
}

bool lookalike_is_mixed(struct arena *arena, struct slice domain)
{
	struct slice rest = SLICE_EMPTY;
	bool latin = false, other = false;

	if (has_other_letters(domain))
		rest = domain_to_unicode(arena, domain);
	while (rest.size && !(latin && other)) {
		uint32_t code = 0;
		size_t bytes = text_character(rest, &code);

		if (code == '.')
			latin = other = false;
		latin |= code < 0x80 ? ascii_is_alpha((char)code)
				     : code >= 0xc0 && code < 0x250;
		other |= code >= 0x370 && code < 0x590;
		rest = slice_from(rest, bytes ? bytes : 1);
	}
	return latin && other;
}

/* --- Sets --- */

/* NAME without the letter at AT of its first label. */
static struct slice without(struct slice name, size_t at, char text[DOMAIN_MAX + 1])
{
	memcpy(text, name.at, at);
	memcpy(text + at, name.at + at + 1, name.size - at - 1);
	return slice_make(text, name.size - 1);
}

static size_t label_size(struct slice name)
{
	return name.size > DOMAIN_MAX ? 0 : slice_index(name, '.');
}

void lookalikes_add(struct lookalikes *set, struct slice domain)
{
	char text[DOMAIN_MAX + 1], shorter[DOMAIN_MAX + 1];
	struct slice own = suffix_organization(domain, text);
	struct arena arena = {0};

	if (map_set(&set->own, own, set))
		return;
	map_set(&set->skeletons, lookalike_skeleton(&arena, own), set);
	arena_finish(&arena);
	if (label_size(own) < LOOKALIKE_LABEL_LEAST ||
		set->guarded == LOOKALIKE_TYPOS_MAX)
		return;
	set->guarded++;
	for (size_t i = 0; i < label_size(own); i++) {
		struct slice key = without(own, i, shorter);
		char *old = map_set(&set->typos, key, memory_copy_text(own));

		memory_free(old);
	}
}

void lookalikes_finish(struct lookalikes *set)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *text;

	while (map_next(&set->typos, &cursor, &key, &text))
		memory_free(text);
	map_finish(&set->typos);
	map_finish(&set->own);
	map_finish(&set->skeletons);
}

bool lookalikes_has(const struct lookalikes *set, struct slice domain)
{
	char text[DOMAIN_MAX + 1];

	return map_find(&set->own, domain) ||
	       map_find(&set->own, suffix_organization(domain, text));
}

/* At most one letter other, missing, too many, or two swapped. */
static bool is_near(struct slice a, struct slice b)
{
	size_t i = 0, j = 0;

	while (i < a.size && i < b.size && a.at[i] == b.at[i])
		i++;
	while (j < a.size - i && j < b.size - i &&
		a.at[a.size - 1 - j] == b.at[b.size - 1 - j])
		j++;
	a = slice_part(a, i, a.size - i - j);
	b = slice_part(b, i, b.size - i - j);
	if (a.size + b.size == 1 || (a.size == 1 && b.size == 1))
		return true;
	return a.size == 2 && b.size == 2 && a.at[0] == b.at[1] && a.at[1] == b.at[0];
}

static bool is_typo_of(
	const struct lookalikes *set, struct slice key, struct slice domain)
{
	const char *whole = map_find(&set->typos, key);

	return whole && is_near(domain, slice_of(whole));
}

static bool is_typo(const struct lookalikes *set, struct slice own)
{
	char shorter[DOMAIN_MAX + 1];
	size_t size = label_size(own);

	if (size + 1 < LOOKALIKE_LABEL_LEAST || !set->typos.count)
		return false;
	if (is_typo_of(set, own, own))
		return true;
	for (size_t i = 0; i < size; i++) {
		struct slice key = without(own, i, shorter);

		if ((size > LOOKALIKE_LABEL_LEAST && map_find(&set->own, key)) ||
			is_typo_of(set, key, own))
			return true;
	}
	return false;
}

/* "own.test.other.test", whose first part is what one reads. */
static bool begins_with_one(const struct lookalikes *set, struct slice domain)
{
	size_t at = slice_index(domain, '.');

	while (at < domain.size) {
		struct slice next = slice_from(domain, at + 1);

		at += 1 + slice_index(next, '.');
		if (at < domain.size && map_find(&set->own, slice_part(domain, 0, at)))
			return true;
	}
	return false;
}

enum lookalike lookalikes_judge(
	const struct lookalikes *set, struct slice domain, struct arena *arena)
{
	char text[DOMAIN_MAX + 1];
	struct slice own;

	if (!set->own.count || map_find(&set->own, domain))
		return LOOKALIKE_NONE;
	own = suffix_organization(domain, text);
	if (map_find(&set->own, own))
		return LOOKALIKE_NONE;
	if (map_find(&set->skeletons, lookalike_skeleton(arena, own)) ||
		begins_with_one(set, domain))
		return LOOKALIKE_SAME;
	return is_typo(set, own) ? LOOKALIKE_TYPO : LOOKALIKE_NONE;
}
