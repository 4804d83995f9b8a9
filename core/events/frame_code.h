/*
 * The predefined codes of zstd's sequences (RFC 8878, 3.1.1.3.2.2, 4.1), for who
 * writes: a state and a symbol give bits and the next state. Inside this layer only.
 */
#ifndef RINGPOST_EVENTS_FRAME_CODE_H
#define RINGPOST_EVENTS_FRAME_CODE_H

#include <stdint.h>

#define FRAME_SYMBOLS	53 /* at the most */
#define FRAME_STATES	64
#define FRAME_SAME_BASE 3   /* lengths of what is the same are written less this */
#define FRAME_DIRECT	128 /* symbols of values below that are looked up */

struct frame_symbol {
	uint32_t bits; /* and a state, divided by 65536: how many bits leave it */
	int32_t place; /* and what is left of the state: where the next stands */
};

struct frame_code {
	unsigned log; /* of the number of states */
	uint16_t states[FRAME_STATES];
	struct frame_symbol symbols[FRAME_SYMBOLS];
	uint8_t more[FRAME_SYMBOLS]; /* bits behind each symbol */
	uint8_t direct[FRAME_DIRECT];
};

void frame_code_of_fresh(struct frame_code *code_r);
void frame_code_of_same(struct frame_code *code_r);
void frame_code_of_offset(struct frame_code *code_r);
/* The state that the last symbol leaves nothing of. */
uint32_t frame_code_begin(const struct frame_code *code, unsigned symbol);

static inline unsigned frame_offset_symbol(uint32_t offset)
{
	return 31u - (unsigned)__builtin_clz(offset);
}

static inline unsigned frame_fresh_symbol(const struct frame_code *code, uint32_t value)
{
	return value < 64 ? code->direct[value] : frame_offset_symbol(value) + 19;
}

static inline unsigned frame_same_symbol(const struct frame_code *code, uint32_t value)
{
	return value < FRAME_DIRECT ? code->direct[value]
				    : frame_offset_symbol(value) + 36;
}

#endif
