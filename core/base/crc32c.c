/*
 * CRC32C by the processor's own instruction where it has one (SSE4.2, ARMv8),
 * by a table otherwise.
 */
#include "base/crc32c.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* reflected */
/* Sizes of blocks that are summed three at a time; multiples of 8. */
#define LONG  1024
#define SHORT 128

static uint32_t table[256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void table_make(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
		table[i] = crc;
	}
}

static uint32_t by_table(uint32_t crc, struct slice bytes)
{
	pthread_once(&table_once, table_make);
	for (size_t i = 0; i < bytes.size; i++)
		crc = table[(crc ^ (unsigned char)bytes.at[i]) & 255] ^ crc >> 8;
	return crc;
}

#ifdef __x86_64__
#define TARGET		  __attribute__((target("sse4.2")))
#define ADD_WORD(crc, at) __builtin_ia32_crc32di(crc, word_at(at))
#define ADD_BYTE(crc, at) __builtin_ia32_crc32qi((uint32_t)(crc), *(at))

static bool has_instruction(void)
{
	return __builtin_cpu_supports("sse4.2");
}
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>

#define TARGET
#define ADD_WORD(crc, at) __crc32cd((uint32_t)(crc), word_at(at))
#define ADD_BYTE(crc, at) __crc32cb((uint32_t)(crc), *(at))

static bool has_instruction(void)
{
	return true;
}
#else
#define TARGET
#define ADD_WORD(crc, at) by_table((uint32_t)(crc), slice_make((const char *)(at), 8))
#define ADD_BYTE(crc, at) by_table((uint32_t)(crc), slice_make((const char *)(at), 1))

static bool has_instruction(void)
{
	return false;
}
#endif

/* What a checksum becomes when SIZE zero bytes follow, for each value of each
 * of its four bytes: the sum of the four is what the whole becomes. */
struct shift {
	size_t size;
	uint32_t table[4][256];
};

static struct shift long_shift = {.size = LONG}, short_shift = {.size = SHORT};
static pthread_once_t shift_once = PTHREAD_ONCE_INIT;

static void shift_make(struct shift *shift)
{
	static const char zeros[LONG];

	for (unsigned bit = 0; bit < 32; bit++) {
		uint32_t *part = shift->table[bit / 8];
		unsigned place = 1u << bit % 8;

		part[place] = by_table(1u << bit, slice_make(zeros, shift->size));
		for (unsigned i = 1; i < place; i++)
			part[place | i] = part[place] ^ part[i];
	}
}

static void shifts_make(void)
{
	shift_make(&long_shift);
	shift_make(&short_shift);
}

static uint64_t shifted(const struct shift *shift, uint64_t crc)
{
	return shift->table[0][crc & 255] ^ shift->table[1][crc >> 8 & 255] ^
	       shift->table[2][crc >> 16 & 255] ^ shift->table[3][crc >> 24 & 255];
}

static inline uint64_t word_at(const unsigned char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* The instruction takes three cycles and a new one can begin in each, so three
 * blocks that lie behind each other are summed at once. */
TARGET static uint64_t add_three(
	uint64_t crc, const unsigned char *at, const struct shift *shift)
{
	uint64_t second = 0, third = 0;
	size_t size = shift->size;

	for (size_t i = 0; i < size; i += 8) {
		crc = ADD_WORD(crc, at + i);
		second = ADD_WORD(second, at + size + i);
		third = ADD_WORD(third, at + 2 * size + i);
	}
	return shifted(shift, shifted(shift, crc) ^ second) ^ third;
}

TARGET static uint32_t by_instruction(uint32_t before, struct slice bytes)
{
	const unsigned char *at = (const unsigned char *)bytes.at,
			    *end = at + bytes.size;
	uint64_t crc = before;

	if (bytes.size >= 3 * SHORT)
		pthread_once(&shift_once, shifts_make);
	for (; end - at >= 3 * LONG; at += 3 * LONG)
		crc = add_three(crc, at, &long_shift);
	for (; end - at >= 3 * SHORT; at += 3 * SHORT)
		crc = add_three(crc, at, &short_shift);
	for (; end - at >= 8; at += 8)
		crc = ADD_WORD(crc, at);
	for (; at < end; at++)
		crc = ADD_BYTE(crc, at);
	return (uint32_t)crc;
}

uint32_t crc32c(uint32_t crc, struct slice bytes)
{
	crc = ~crc;
	crc = has_instruction() ? by_instruction(crc, bytes) : by_table(crc, bytes);
	return ~crc;
}
