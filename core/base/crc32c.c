/*
 * CRC32C by the processor's own instruction where it has one (SSE4.2, ARMv8),
 * by a table otherwise.
 */
#include "base/crc32c.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* reflected */

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
static bool has_instruction(void)
{
	return __builtin_cpu_supports("sse4.2");
}

__attribute__((target("sse4.2"))) static uint32_t by_instruction(
	uint32_t crc, struct slice bytes)
{
	uint64_t wide = crc;
	size_t i = 0;

	for (; i + 8 <= bytes.size; i += 8) {
		uint64_t word;

		memcpy(&word, bytes.at + i, 8);
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (uint32_t)wide;
	for (; i < bytes.size; i++)
		crc = __builtin_ia32_crc32qi(crc, (unsigned char)bytes.at[i]);
	return crc;
}
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>

static bool has_instruction(void)
{
	return true;
}

static uint32_t by_instruction(uint32_t crc, struct slice bytes)
{
	size_t i = 0;

	for (; i + 8 <= bytes.size; i += 8) {
		uint64_t word;

		memcpy(&word, bytes.at + i, 8);
		crc = __crc32cd(crc, word);
	}
	for (; i < bytes.size; i++)
		crc = __crc32cb(crc, (uint8_t)bytes.at[i]);
	return crc;
}
#else
static bool has_instruction(void)
{
	return false;
}

static uint32_t by_instruction(uint32_t crc, struct slice bytes)
{
	return by_table(crc, bytes);
}
#endif

uint32_t crc32c(uint32_t crc, struct slice bytes)
{
	crc = ~crc;
	crc = has_instruction() ? by_instruction(crc, bytes) : by_table(crc, bytes);
	return ~crc;
}
