/* Checks message text in blocks of 64 bytes; see text_facts.h. */
#include "mail/text_facts.h"

#include <assert.h>
#include <string.h>

#include "mail/text_scan.h"

static size_t check(struct text_facts *facts, struct slice chunk, bool stop_at_dot);
static size_t check_block(struct text_facts *facts, const char *at, size_t size,
	const char *end, bool stop_at_dot);
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

static size_t check(struct text_facts *facts, struct slice chunk, bool stop_at_dot)
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
		size_t size = (size_t)(end - at);

		if (size > TEXT_BLOCK)
			size = TEXT_BLOCK;
		at += check_block(facts, at, size, end, stop_at_dot);
		if (stop_at_dot && !facts->inside_line && at < end && *at == '.')
			break;
	}
	return (size_t)(at - chunk.at);
}

/*
 * Checks SIZE bytes (up to TEXT_BLOCK); returns how many, fewer only in front
 * of a dot line. END is the chunk's: what may be read to look ahead.
 */
static size_t check_block(struct text_facts *facts, const char *at, size_t size,
	const char *end, bool stop_at_dot)
{
	char padded[TEXT_BLOCK];
	const char *block = at;
	struct text_masks masks;
	uint64_t behind_cr, valid, line_ends;
	size_t line_start = 0;

	if (size < TEXT_BLOCK) {
		memset(padded, ' ', sizeof(padded));
		memcpy(padded, at, size);
		block = padded;
	}
	masks = text_masks(block);
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
	if (masks.nul & valid)
		facts->faults |= TEXT_NUL;
	if (masks.high & valid)
		facts->eight_bit = true;
	facts->after_cr = masks.cr >> (size - 1) & 1;
	facts->inside_line = !(masks.lf & behind_cr & (uint64_t)1 << (size - 1));
	if (facts->line_limit && facts->line > facts->line_limit + 1)
		facts->faults |= TEXT_LONG_LINE;
	return size;
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
