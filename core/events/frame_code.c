/* The predefined codes of zstd's sequences, made as RFC 8878, 4.1.1 says. */
#include "events/frame_code.h"

#include <string.h>

/* How many states each symbol has; -1: one, of the last. */
static const int8_t fresh_shares[] = {4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1};
static const int8_t same_shares[] = {1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, -1, -1, -1, -1, -1, -1, -1};
static const int8_t offset_shares[] = {1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1};

/* Bits behind each symbol, from the first on that has some. */
static const uint8_t fresh_more[] = {
	1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t same_more[] = {
	1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/* Which symbol each state stands for. */
static void spread(const struct frame_code *code, const int8_t *shares, size_t count,
	uint8_t symbols[FRAME_STATES])
{
	unsigned size = 1u << code->log, step = (size >> 1) + (size >> 3) + 3, at = 0;
	unsigned high = size - 1;

	for (size_t i = 0; i < count; i++)
		if (shares[i] < 0)
			symbols[high--] = (uint8_t)i;
	for (size_t i = 0; i < count; i++) {
		for (int n = 0; n < shares[i]; n++) {
			symbols[at] = (uint8_t)i;
			do
				at = (at + step) & (size - 1);
			while (at > high);
		}
	}
}

static struct frame_symbol symbol_of(unsigned log, unsigned share, unsigned before)
{
	unsigned most = log;

	if (share > 1)
		most = log - frame_offset_symbol(share - 1);
	return (struct frame_symbol){
		(most << 16) - (share << most), (int32_t)before - (int32_t)share};
}

static void make(
	struct frame_code *code, unsigned log, const int8_t *shares, size_t count)
{
	uint8_t symbols[FRAME_STATES];
	unsigned place[FRAME_SYMBOLS], before = 0;

	*code = (struct frame_code){.log = log};
	spread(code, shares, count, symbols);
	for (size_t i = 0; i < count; i++) {
		unsigned share = shares[i] < 0 ? 1 : (unsigned)shares[i];

		code->symbols[i] = symbol_of(log, share, before);
		place[i] = before;
		before += share;
	}
	for (unsigned i = 0; i < 1u << log; i++)
		code->states[place[symbols[i]]++] = (uint16_t)((1u << log) + i);
}

/* The first symbols stand for their own number, up to FIRST; those behind it have MORE.
 */
static void add_more(
	struct frame_code *code, unsigned first, const uint8_t *more, size_t count)
{
	unsigned value = 0;

	memcpy(code->more + first, more, count);
	for (unsigned symbol = 0; value < FRAME_DIRECT; symbol++)
		for (unsigned n = 0;
			n < 1u << code->more[symbol] && value < FRAME_DIRECT; n++)
			code->direct[value++] = (uint8_t)symbol;
}

void frame_code_of_fresh(struct frame_code *code_r)
{
	make(code_r, 6, fresh_shares, sizeof(fresh_shares));
	add_more(code_r, 16, fresh_more, sizeof(fresh_more));
}

void frame_code_of_same(struct frame_code *code_r)
{
	make(code_r, 6, same_shares, sizeof(same_shares));
	add_more(code_r, 32, same_more, sizeof(same_more));
}

void frame_code_of_offset(struct frame_code *code_r)
{
	make(code_r, 5, offset_shares, sizeof(offset_shares));
}

uint32_t frame_code_begin(const struct frame_code *code, unsigned symbol)
{
	const struct frame_symbol *how = &code->symbols[symbol];
	uint32_t count = (how->bits + (1u << 15)) >> 16;
	uint32_t state = (count << 16) - how->bits;

	return code->states[(int32_t)(state >> count) + how->place];
}
