/* Three bytes at a time; see grams.h. */
#include "index/grams.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "imap/unicode.h"

#define WORD_SIZE 7
#define PIECE	  4096 /* bytes of a text whose form for comparing is in memory */
#define ALL	  (1u << 24)

struct grams {
	uint64_t has[ALL / 64];
	uint32_t *list; /* those that it has */
	size_t count, room;
	struct buffer piece;
};

struct grams *grams_create(void)
{
	return NEW(struct grams);
}

void grams_destroy(struct grams **grams)
{
	struct grams *old = *grams;

	*grams = NULL;
	if (!old)
		return;
	buffer_finish(&old->piece);
	memory_free(old->list);
	memory_free(old);
}

void grams_begin(struct grams *grams)
{
	for (size_t i = 0; i < grams->count; i++)
		grams->has[grams->list[i] / 64] = 0;
	grams->count = 0;
}

/* Another one of as many bits for each: FTS5's table of words in memory mixes too
 * little, and words that look like each other share its slots. */
static uint32_t mix(uint32_t gram)
{
	gram = (gram ^ gram >> 13) * 0x5bd1e9u & (ALL - 1);
	gram = (gram ^ gram >> 11) * 0x9e3779u & (ALL - 1);
	return gram ^ gram >> 13;
}

static void write_word(struct buffer *out, enum gram_place place, uint32_t gram)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz012345";
	char word[WORD_SIZE];

	word[0] = (char)place;
	gram = mix(gram);
	for (int i = 5; i > 0; i--, gram >>= 5)
		word[i] = digits[gram & 31];
	word[6] = ' ';
	buffer_append(out, slice_make(word, WORD_SIZE));
}

static void note(
	struct grams *grams, enum gram_place place, uint32_t gram, struct buffer *out)
{
	uint64_t bit = UINT64_C(1) << (gram & 63);

	if (grams->has[gram / 64] & bit)
		return;
	grams->has[gram / 64] |= bit;
	if (grams->count == grams->room) {
		grams->room = grams->room ? grams->room * 2 : 4096;
		grams->list = memory_resize(
			grams->list, grams->room * sizeof(*grams->list));
	}
	grams->list[grams->count++] = gram;
	write_word(out, place, gram);
}

/* A piece ends between characters. */
static size_t piece_size(struct slice text)
{
	size_t size = text.size < PIECE ? text.size : PIECE;

	if (size == text.size)
		return size;
	for (int i = 0; i < 4 && size > PIECE - 4; i++, size--) {
		if (((unsigned char)text.at[size] & 0xc0) != 0x80)
			return size;
	}
	return PIECE;
}

void grams_write(struct grams *grams, enum gram_place place, struct slice text,
	struct buffer *out)
{
	uint32_t gram = 0;
	size_t seen = 0;

	while (text.size) {
		size_t size = piece_size(text);
		struct slice key;

		buffer_clear(&grams->piece);
		unicode_key_write(&grams->piece, slice_part(text, 0, size));
		text = slice_from(text, size);
		key = buffer_contents(&grams->piece);
		for (size_t i = 0; i < key.size; i++) {
			gram = (gram << 8 | (unsigned char)key.at[i]) & (ALL - 1);
			if (++seen >= GRAM_SIZE)
				note(grams, place, gram, out);
		}
	}
}

bool grams_of_key(enum gram_place place, struct slice key, struct buffer *out)
{
	size_t count, step;

	if (key.size < GRAM_SIZE)
		return false;
	count = key.size - GRAM_SIZE + 1;
	step = (count + GRAMS_OF_KEY_MAX - 1) / GRAMS_OF_KEY_MAX;
	for (size_t i = 0; i < count; i += step) {
		const unsigned char *at = (const unsigned char *)key.at + i;

		write_word(out, place,
			(uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2]);
	}
	return true;
}
