/*
 * Block scans over message text: 64 bytes at a time become bit masks, with
 * SSE2 where the processor is known to have it, with 64-bit words elsewhere.
 */
#ifndef RINGPOST_MAIL_TEXT_SCAN_H
#define RINGPOST_MAIL_TEXT_SCAN_H

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define TEXT_BLOCK 64

/* Bit i tells of byte i. */
struct text_masks {
	uint64_t lf, cr, nul, high;
};

/* One bit for each byte of WORD that is zero, in memory order. */
static inline uint64_t text_zero_bits(uint64_t word)
{
	const uint64_t low = 0x7f7f7f7f7f7f7f7f;
	uint64_t zero = ~(((word & low) + low) | word | low);

	return (zero >> 7) * 0x0102040810204080 >> 56;
}

/* AT has TEXT_BLOCK bytes. */
static inline struct text_masks text_masks_portable(const char *at)
{
	struct text_masks masks = {0, 0, 0, 0};

	for (unsigned i = 0; i < TEXT_BLOCK; i += 8) {
		uint64_t word;

		memcpy(&word, at + i, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		word = __builtin_bswap64(word);
#endif
		masks.lf |= text_zero_bits(word ^ 0x0a0a0a0a0a0a0a0a) << i;
		masks.cr |= text_zero_bits(word ^ 0x0d0d0d0d0d0d0d0d) << i;
		masks.nul |= text_zero_bits(word) << i;
		masks.high |= ((word & 0x8080808080808080) >> 7) * 0x0102040810204080 >>
			      56 << i;
	}
	return masks;
}

static inline struct text_masks text_masks(const char *at)
{
#ifdef __SSE2__
	struct text_masks masks = {0, 0, 0, 0};

	for (unsigned i = 0; i < TEXT_BLOCK; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
		__m128i lf = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'));
		__m128i cr = _mm_cmpeq_epi8(v, _mm_set1_epi8('\r'));
		__m128i nul = _mm_cmpeq_epi8(v, _mm_setzero_si128());

		masks.lf |= (uint64_t)(unsigned)_mm_movemask_epi8(lf) << i;
		masks.cr |= (uint64_t)(unsigned)_mm_movemask_epi8(cr) << i;
		masks.nul |= (uint64_t)(unsigned)_mm_movemask_epi8(nul) << i;
		masks.high |= (uint64_t)(unsigned)_mm_movemask_epi8(v) << i;
	}
	return masks;
#else
	return text_masks_portable(at);
#endif
}

/* Index of the dot of the first CR LF "." in AT; SIZE when there is none. */
static inline size_t text_find_dot_line(const char *at, size_t size)
{
	size_t i = 0;

#ifdef __SSE2__
	for (; size - i >= 18; i += 16) {
		const __m128i *block = (const __m128i *)(const void *)(at + i);
		const __m128i *next = (const __m128i *)(const void *)(at + i + 1);
		const __m128i *third = (const __m128i *)(const void *)(at + i + 2);
		__m128i cr = _mm_cmpeq_epi8(
			_mm_loadu_si128(block), _mm_set1_epi8('\r'));
		__m128i lf = _mm_cmpeq_epi8(_mm_loadu_si128(next), _mm_set1_epi8('\n'));
		__m128i dot = _mm_cmpeq_epi8(
			_mm_loadu_si128(third), _mm_set1_epi8('.'));
		int found = _mm_movemask_epi8(
			_mm_and_si128(_mm_and_si128(cr, lf), dot));

		if (found)
			return i + 2 + (size_t)__builtin_ctz((unsigned)found);
	}
#endif
	if (size - i >= 3) {
		const char *found = memmem(at + i, size - i, "\r\n.", 3);

		if (found)
			return (size_t)(found - at) + 2;
	}
	return size;
}

/* Index of the first byte above 127; SIZE when there is none. */
static inline size_t text_find_high(const char *at, size_t size)
{
	size_t i = 0;

	for (uint64_t word; size - i >= 8; i += 8) {
		memcpy(&word, at + i, sizeof(word));
		if (word & 0x8080808080808080)
			break;
	}
	while (i < size && (unsigned char)at[i] < 0x80)
		i++;
	return i;
}

#endif
