/* Lines made a frame: what each has from one before is found field by field. */
#include "events/alike.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define KINDS	 16 /* lines that are remembered, by two letters of their kind */
#define AHEAD	 6  /* quotes that are tried, of the line before */
#define TRIES	 64 /* quotes that are tried, of this line */
#define ID_BYTES 8  /* `{"id":"…` */
#define KIND_AT	 11 /* behind the id: `","event":"…` */

struct walk {
	struct frame *frame;
	const char *at, *end;	 /* how far; the end of all lines */
	const char *fresh;	 /* up to here the frame has all */
	const char *line, *next; /* the line AT is in, and the one behind it */
	const char *other;	 /* what AT is compared with, before it; or NULL */
	const char *last[KINDS];
};

static inline uint64_t word_at(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* The first quote at AT or behind it, or END. */
static inline const char *quote_from(const char *at, const char *end)
{
	const uint64_t each = UINT64_MAX / 255, top = each << 7;

	for (; (size_t)(end - at) >= sizeof(each); at += sizeof(each)) {
		uint64_t word = le64toh(word_at(at)) ^ each * '"';
		uint64_t zero = (word - each) & ~word & top;

		if (zero)
			return at + __builtin_ctzll(zero) / 8;
	}
	while (at < end && *at != '"')
		at++;
	return at;
}

/* How many bytes AT and OTHER, which is before it, have in common, up to END. */
static inline size_t common(const char *at, const char *other, const char *end)
{
	const char *begin = at;

	for (; (size_t)(end - at) >= sizeof(uint64_t);
		at += sizeof(uint64_t), other += sizeof(uint64_t)) {
		uint64_t differs = le64toh(word_at(at) ^ word_at(other));

		if (differs)
			return (size_t)(at - begin) +
			       (size_t)__builtin_ctzll(differs) / 8;
	}
	while (at < end && *at == *other) {
		at++;
		other++;
	}
	return (size_t)(at - begin);
}

/* Where the line's kind is remembered. */
static const char **place_of(struct walk *walk)
{
	const char *kind = walk->next;

	if (walk->next - walk->line > ID_BYTES)
		kind = quote_from(walk->line + ID_BYTES, walk->next);
	if (walk->next - kind < KIND_AT + 4)
		return &walk->last[0];
	kind += KIND_AT;
	return &walk->last[((unsigned char)kind[0] + 3 * (unsigned char)kind[3]) %
			   KINDS];
}

/* AT is behind the line: on to the one it is in, and what that is compared with. */
static void enter_line(struct walk *walk)
{
	while (walk->at >= walk->next) {
		const char *before = walk->line, **place;

		walk->line = walk->next;
		walk->next = memchr(walk->line, '\n', (size_t)(walk->end - walk->line));
		walk->next = walk->next ? walk->next + 1 : walk->end;
		place = place_of(walk);
		walk->other = *place ? *place : before;
		*place = walk->line;
	}
	if (walk->other)
		walk->other += walk->at - walk->line;
}

/* All that is the same from AT on, if it is enough. */
static bool take_same(struct walk *walk)
{
	size_t size = common(walk->at, walk->other, walk->end);

	if (size < FRAME_SAME_MIN)
		return false;
	frame_add(walk->frame,
		slice_make(walk->fresh, (size_t)(walk->at - walk->fresh)), size,
		(size_t)(walk->at - walk->other));
	walk->at += size;
	walk->other += size;
	walk->fresh = walk->at;
	return true;
}

/* AT and OTHER are the same again: perhaps they were so before. */
static void go_back(struct walk *walk, const char *begin)
{
	size_t most = (size_t)(walk->at - walk->fresh), size = 0, step;

	if (most > (size_t)(walk->other - begin))
		most = (size_t)(walk->other - begin);
	do {
		const char *at = walk->at - size, *other = walk->other - size;
		uint64_t differs;

		if ((size_t)(other - begin) < sizeof(differs))
			break;
		differs = le64toh(word_at(at - sizeof(differs)) ^
				  word_at(other - sizeof(differs)));
		step = differs ? (size_t)__builtin_clzll(differs) / 8 : sizeof(differs);
		size += step;
	} while (step == sizeof(uint64_t) && size < most);
	if (size > most)
		size = most;
	walk->at -= size;
	walk->other -= size;
}

/* Values differ: behind the next quote both may be the same again, if their fields are,
 * else behind another. False: nothing like that in this line. */
static bool seek(struct walk *walk, const char *begin)
{
	const char *quotes[AHEAD], *at = walk->at, *other = walk->other;
	size_t count = 0;

	for (unsigned tries = 0; tries < TRIES; tries++, at++) {
		at = quote_from(at, walk->next);
		if (at >= walk->next || walk->end - at < FRAME_SAME_MIN)
			return false;
		for (size_t i = 0; i < AHEAD; i++) {
			if (i == count) {
				quotes[count++] = quote_from(other, at);
				other = quotes[i] + (quotes[i] < at);
			}
			if (quotes[i] >= at)
				break;
			if (word_at(at) != word_at(quotes[i]))
				continue;
			walk->at = at;
			walk->other = quotes[i];
			go_back(walk, begin);
			return true;
		}
	}
	return false;
}

struct slice alike_pack(struct frame *frame, struct slice lines)
{
	struct walk walk = {.frame = frame,
		.at = lines.at,
		.end = lines.at + lines.size,
		.fresh = lines.at,
		.next = lines.at};

	frame_begin(frame);
	while (walk.at < walk.end) {
		bool enters = walk.at >= walk.next;

		if (enters)
			enter_line(&walk);
		if (walk.other && enters && take_same(&walk))
			continue;
		if (!walk.other || !seek(&walk, lines.at) || !take_same(&walk))
			walk.at = walk.next;
	}
	return frame_end(
		frame, slice_make(walk.fresh, (size_t)(walk.end - walk.fresh)));
}
