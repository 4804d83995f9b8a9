/* Checks message text in blocks of 64 bytes; see text_facts.h. */
#include "mail/text_facts.h"

#include <assert.h>
#include <string.h>

#include "mail/text_scan.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

/* Where a block's lines end; what else there is to see in it is rare. */
struct line_masks {
	uint64_t lf, cr;
	bool odd; /* a NUL, or a byte above 127 */
};

typedef struct line_masks block_scan(const char *block);

static size_t check(struct text_facts *facts, struct slice chunk, bool stop_at_dot);
static void end_line(struct text_facts *facts, bool bare);

void text_check(struct text_facts *facts, struct slice chunk)
{
	check(facts, chunk, false);
}

size_t text_check_to_dot(struct text_facts *facts, struct slice chunk)
{
	return check(facts, chunk, true);
}

void text_check_end(struct text_facts *facts)
{
	if (facts->after_cr)
		facts->faults |= TEXT_BARE_CR;
	facts->after_cr = false;
	if (!facts->line)
		return;
	facts->line++; /* as if its LF were there */
	end_line(facts, true);
	facts->inside_line = false;
}

const char *text_fault_words(unsigned faults)
{
	if (faults & TEXT_NUL)
		return "a NUL byte";
	if (faults & TEXT_BARE_LF)
		return "an LF without CR";
	if (faults & TEXT_BARE_CR)
		return "a CR without LF";
	if (faults & TEXT_LONG_LINE)
		return "a line that is too long";
	return NULL;
}

/* facts->line counts the LF that ends it. */
static void end_line(struct text_facts *facts, bool bare)
{
	uint64_t size = facts->line - (bare ? 1 : 2);

	if (size > facts->longest)
		facts->longest = size;
	if (facts->line_limit && size > facts->line_limit)
		facts->faults |= TEXT_LONG_LINE;
	facts->lines++;
	facts->line = 0;
}

static void note_odd(struct text_facts *facts, const char *block, uint64_t valid)
{
	struct text_masks masks = text_masks(block);

	if (masks.nul & valid)
		facts->faults |= TEXT_NUL;
	if (masks.high & valid)
		facts->eight_bit = true;
}

/*
 * Checks SIZE bytes (up to TEXT_BLOCK); returns how many, fewer only in front
 * of a dot line. END is the chunk's: what may be read to look ahead.
 */
static inline __attribute__((always_inline)) size_t check_block(
	struct text_facts *facts, const char *at, const char *end, bool stop_at_dot,
	block_scan *scan)
{
	size_t size = (size_t)(end - at), line_start = 0;
	char padded[TEXT_BLOCK];
	const char *block = at;
	struct line_masks masks;
	uint64_t behind_cr, valid, line_ends;

	if (size < TEXT_BLOCK) {
		memset(padded, ' ', sizeof(padded));
		memcpy(padded, at, size);
		block = padded;
	} else {
		size = TEXT_BLOCK;
	}
	masks = scan(block);
	behind_cr = masks.cr << 1 | facts->after_cr;
	for (line_ends = masks.lf; line_ends; line_ends &= line_ends - 1) {
		size_t i = (size_t)__builtin_ctzll(line_ends);
		bool bare = !(behind_cr >> i & 1);

		facts->line += i + 1 - line_start;
		end_line(facts, bare);
		line_start = i + 1;
		if (bare || at + i + 1 == end || at[i + 1] != '.')
			continue;
		if (stop_at_dot) {
			size = i + 1;
			break;
		}
		facts->dot_lines++;
	}
	facts->line += size - line_start;
	facts->bytes += size;

	valid = size < TEXT_BLOCK ? ((uint64_t)1 << size) - 1 : UINT64_MAX;
	if (masks.lf & ~behind_cr & valid)
		facts->faults |= TEXT_BARE_LF;
	if (behind_cr & ~masks.lf & valid)
		facts->faults |= TEXT_BARE_CR;
	if (masks.odd)
		note_odd(facts, block, valid);
	facts->after_cr = masks.cr >> (size - 1) & 1;
	facts->inside_line = !(masks.lf & behind_cr & (uint64_t)1 << (size - 1));
	if (facts->line_limit && facts->line > facts->line_limit + 1)
		facts->faults |= TEXT_LONG_LINE;
	return size;
}

static inline __attribute__((always_inline)) size_t check_with(struct text_facts *facts,
	struct slice chunk, bool stop_at_dot, block_scan *scan)
{
	const char *at = chunk.at, *end = at + chunk.size;

	if (!chunk.size)
		return 0;
	if (*at == '.' && !facts->inside_line) {
		if (stop_at_dot)
			return 0;
		facts->dot_lines++;
	}
	while (at < end) {
		at += check_block(facts, at, end, stop_at_dot, scan);
		if (stop_at_dot && !facts->inside_line && at < end && *at == '.')
			break;
	}
	return (size_t)(at - chunk.at);
}

#ifdef __x86_64__
static inline struct line_masks scan_sse2(const char *block)
{
	const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
	__m128i high = _mm_setzero_si128(), least = _mm_set1_epi8(-1);
	struct line_masks masks = {0};

	for (unsigned i = 0; i < TEXT_BLOCK; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(block + i));

		masks.lf |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, lf))
			    << i;
		masks.cr |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, cr))
			    << i;
		high = _mm_or_si128(high, v);
		least = _mm_min_epu8(least, v);
	}
	least = _mm_cmpeq_epi8(least, _mm_setzero_si128());
	masks.odd = _mm_movemask_epi8(_mm_or_si128(high, least)) != 0;
	return masks;
}

__attribute__((target("avx2"))) static inline struct line_masks scan_avx2(
	const char *block)
{
	const __m256i lf = _mm256_set1_epi8('\n'), cr = _mm256_set1_epi8('\r');
	__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)block);
	__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(block + 32));
	__m256i least = _mm256_cmpeq_epi8(
		_mm256_min_epu8(a, b), _mm256_setzero_si256());
	__m256i odd = _mm256_or_si256(_mm256_or_si256(a, b), least);

	return (struct line_masks){
		.lf = (uint64_t)(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, lf))
			      << 32 |
		      (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, lf)),
		.cr = (uint64_t)(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, cr))
			      << 32 |
		      (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, cr)),
		.odd = _mm256_movemask_epi8(odd) != 0,
	};
}

__attribute__((target("avx2"))) static size_t check_avx2(
	struct text_facts *facts, struct slice chunk, bool stop_at_dot)
{
	return check_with(facts, chunk, stop_at_dot, scan_avx2);
}

static size_t check(struct text_facts *facts, struct slice chunk, bool stop_at_dot)
{
	return __builtin_cpu_supports("avx2")
		       ? check_avx2(facts, chunk, stop_at_dot)
		       : check_with(facts, chunk, stop_at_dot, scan_sse2);
}
#else
static inline struct line_masks scan_portable(const char *block)
{
	struct text_masks masks = text_masks_portable(block);

	return (struct line_masks){masks.lf, masks.cr, (masks.nul | masks.high) != 0};
}

static size_t check(struct text_facts *facts, struct slice chunk, bool stop_at_dot)
{
	return check_with(facts, chunk, stop_at_dot, scan_portable);
}
#endif
