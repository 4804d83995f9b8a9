/* A frame of zstd, of one block. */
#include "events/frame.h"

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "events/frame_code.h"

/* Magic number, descriptor and size of the content, of the block, of its literals. */
#define HEAD_SIZE      15
#define PART_BYTES_MAX 9 /* three states, and 16, 16 and 17 bits behind them */
#define TAIL_BYTES_MAX 32

struct part {
	uint32_t fresh, same, offset; /* offset as it is written: see offset_of */
};

struct frame {
	struct frame_code fresh, same, offset;
	uint32_t back[3]; /* the last distances, the newest first */
	size_t content, content_max;
	char *at; /* behind the literals */
	size_t count;
	struct part *parts;
	char bytes[];
};

struct frame *frame_create(size_t content_max)
{
	size_t parts = content_max / FRAME_SAME_MIN + 1;
	struct frame *frame;

	assert(content_max <= FRAME_CONTENT_MAX);
	frame = memory_resize(NULL, sizeof(*frame) + HEAD_SIZE + content_max +
					    parts * PART_BYTES_MAX + TAIL_BYTES_MAX);
	frame->content_max = content_max;
	frame->parts = memory_resize(NULL, parts * sizeof(*frame->parts));
	frame_code_of_fresh(&frame->fresh);
	frame_code_of_same(&frame->same);
	frame_code_of_offset(&frame->offset);
	frame_begin(frame);
	return frame;
}

void frame_destroy(struct frame **frame)
{
	if (*frame)
		memory_free((*frame)->parts);
	memory_free(*frame);
	*frame = NULL;
}

void frame_begin(struct frame *frame)
{
	frame->back[0] = 1;
	frame->back[1] = 4;
	frame->back[2] = 8;
	frame->content = frame->count = 0;
	frame->at = frame->bytes + HEAD_SIZE;
}

static void add_fresh(struct frame *frame, struct slice fresh)
{
	assert(fresh.size <= frame->content_max - frame->content);
	memcpy(frame->at, fresh.at, fresh.size);
	frame->at += fresh.size;
	frame->content += fresh.size;
}

/* One of the last three is written as 1 to 3 and becomes the first of them, anything
 * else is written plus 3. Behind no fresh bytes 1 to 3 mean something else. */
static uint32_t offset_of(struct frame *frame, uint32_t back, bool after_fresh)
{
	uint32_t *last = frame->back, offset = back + 3;

	if (after_fresh && back == last[0])
		return 1;
	if (after_fresh && back == last[1]) {
		offset = 2;
	} else {
		if (after_fresh && back == last[2])
			offset = 3;
		last[2] = last[1];
	}
	last[1] = last[0];
	last[0] = back;
	return offset;
}

void frame_add(struct frame *frame, struct slice fresh, size_t same, size_t back)
{
	add_fresh(frame, fresh);
	assert(same >= FRAME_SAME_MIN && same <= frame->content_max - frame->content);
	assert(back > 0 && back <= frame->content);
	frame->content += same;
	frame->parts[frame->count++] = (struct part){(uint32_t)fresh.size,
		(uint32_t)same - FRAME_SAME_BASE,
		offset_of(frame, (uint32_t)back, fresh.size > 0)};
}

/* ---- The end ---- */

struct bits {
	uint64_t kept;
	unsigned count;
	char *at;
};

static inline void put(struct bits *bits, uint64_t value, unsigned count)
{
	bits->kept |= (value & ((UINT64_C(1) << count) - 1)) << bits->count;
	bits->count += count;
}

static inline void flush(struct bits *bits)
{
	uint64_t bytes = htole64(bits->kept);

	memcpy(bits->at, &bytes, sizeof(bytes));
	bits->at += bits->count / 8;
	bits->kept >>= bits->count & ~7u;
	bits->count &= 7;
}

static inline void put_state(struct bits *bits, const struct frame_code *code,
	uint32_t *state, unsigned symbol)
{
	const struct frame_symbol *how = &code->symbols[symbol];
	unsigned count = (*state + how->bits) >> 16;

	put(bits, *state, count);
	*state = code->states[(int32_t)(*state >> count) + how->place];
}

/* From the last part to the first: who reads begins at the end. */
static void put_parts(struct bits *bits, const struct frame *frame)
{
	uint32_t fresh_state = 0, same_state = 0, offset_state = 0;

	for (size_t i = frame->count; i-- > 0;) {
		const struct part *part = &frame->parts[i];
		unsigned fresh = frame_fresh_symbol(&frame->fresh, part->fresh);
		unsigned same = frame_same_symbol(&frame->same, part->same);
		unsigned offset = frame_offset_symbol(part->offset);

		if (i + 1 == frame->count) {
			fresh_state = frame_code_begin(&frame->fresh, fresh);
			same_state = frame_code_begin(&frame->same, same);
			offset_state = frame_code_begin(&frame->offset, offset);
		} else {
			put_state(bits, &frame->offset, &offset_state, offset);
			put_state(bits, &frame->same, &same_state, same);
			put_state(bits, &frame->fresh, &fresh_state, fresh);
		}
		put(bits, part->fresh, frame->fresh.more[fresh]);
		flush(bits);
		put(bits, part->same, frame->same.more[same]);
		put(bits, part->offset, offset);
		flush(bits);
	}
	put(bits, same_state, frame->same.log);
	put(bits, offset_state, frame->offset.log);
	put(bits, fresh_state, frame->fresh.log);
	put(bits, 1, 1); /* where it ends, to the bit */
	flush(bits);
}

static char *put_number(char *at, size_t value, unsigned size)
{
	while (size--) {
		*at++ = (char)(value & 0xff);
		value >>= 8;
	}
	return at;
}

/* How many parts, and that their codes are the predefined ones (3.1.1.3.2.1). */
static char *put_count(char *at, size_t count)
{
	if (count < 128) {
		at = put_number(at, count, 1);
	} else {
		assert(count < 0x7f00);
		at = put_number(at, (count >> 8) + 128, 1);
		at = put_number(at, count & 0xff, 1);
	}
	return put_number(at, 0, 1);
}

static void put_head(struct frame *frame, size_t literals, const char *end)
{
	size_t block = (size_t)(end - frame->bytes) - 12;
	char *at = put_number(frame->bytes, 0xfd2fb528, 4);

	at = put_number(at, 0xa0, 1); /* one segment, its size in four bytes */
	at = put_number(at, frame->content, 4);
	at = put_number(at, 1 | 2 << 1 | block << 3, 3); /* the last; compressed */
	put_number(at, 3 << 2 | literals << 4, 3);	 /* as they are; 20 bits */
}

struct slice frame_end(struct frame *frame, struct slice fresh)
{
	struct bits bits = {0};
	size_t literals, size;

	if (!frame->count)
		return SLICE_EMPTY;
	add_fresh(frame, fresh);
	literals = (size_t)(frame->at - frame->bytes) - HEAD_SIZE;
	bits.at = put_count(frame->at, frame->count);
	put_parts(&bits, frame);
	bits.at += bits.count > 0;
	size = (size_t)(bits.at - frame->bytes);
	if (size >= frame->content)
		return SLICE_EMPTY;
	put_head(frame, literals, bits.at);
	return slice_make(frame->bytes, size);
}
