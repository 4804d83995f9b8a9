/* SipHash: the permutation of the paper, with the rounds as a parameter. */
#include "base/siphash.h"

#include <endian.h>
#include <string.h>

struct state {
	uint64_t a, b, c, d; /* v0 to v3 in the paper */
};

static inline uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static inline __attribute__((always_inline)) void mix(struct state *s, unsigned rounds)
{
	while (rounds--) {
		s->a += s->b;
		s->c += s->d;
		s->b = rotate(s->b, 13) ^ s->a;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a = rotate(s->a, 32);
		s->c += s->b;
		s->a += s->d;
		s->b = rotate(s->b, 17) ^ s->c;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c = rotate(s->c, 32);
	}
}

static inline __attribute__((always_inline)) void take_word(
	struct state *s, uint64_t word, unsigned rounds)
{
	s->d ^= word;
	mix(s, rounds);
	s->a ^= word;
}

static inline __attribute__((always_inline)) uint64_t hash(struct siphash_key key,
	struct slice bytes, unsigned word_rounds, unsigned end_rounds)
{
	struct state s = {
		.a = key.low ^ 0x736f6d6570736575,
		.b = key.high ^ 0x646f72616e646f6d,
		.c = key.low ^ 0x6c7967656e657261,
		.d = key.high ^ 0x7465646279746573,
	};
	size_t whole = bytes.size & ~(size_t)7;
	uint64_t word;

	for (size_t i = 0; i < whole; i += 8) {
		memcpy(&word, bytes.at + i, 8);
		take_word(&s, le64toh(word), word_rounds);
	}
	word = (uint64_t)bytes.size << 56;
	for (size_t i = whole; i < bytes.size; i++)
		word |= (uint64_t)(unsigned char)bytes.at[i] << (8 * (i - whole));
	take_word(&s, word, word_rounds);
	s.c ^= 0xff;
	mix(&s, end_rounds);
	return s.a ^ s.b ^ s.c ^ s.d;
}

uint64_t siphash_13(struct siphash_key key, struct slice bytes)
{
	return hash(key, bytes, 1, 3);
}

uint64_t siphash_24(struct siphash_key key, struct slice bytes)
{
	return hash(key, bytes, 2, 4);
}
