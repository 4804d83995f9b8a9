/* Immutable states of a mailbox: held, searched; see state.h. */
#include "state/state.h"

#include "base/memory.h"
#include "state/state_core.h"

struct state *state_make(size_t chunk_count)
{
	struct state *state = memory_allocate(
		sizeof(*state) + chunk_count * sizeof(*state->at));

	atomic_init(&state->holders, 1);
	state->chunk_count = chunk_count;
	return state;
}

struct state *state_create(uint32_t uidnext, uint64_t highest_modseq)
{
	struct state *state = state_make(0);

	state->uidnext = uidnext;
	state->highest_modseq = highest_modseq;
	return state;
}

struct state *state_hold(struct state *state)
{
	atomic_fetch_add_explicit(&state->holders, 1, memory_order_relaxed);
	return state;
}

void state_release(struct state **state)
{
	struct state *old = *state;

	*state = NULL;
	if (!old || atomic_fetch_sub(&old->holders, 1) != 1)
		return;
	for (size_t i = 0; i < old->chunk_count; i++)
		chunk_release(old->at[i].chunk);
	memory_free(old);
}

struct chunk *chunk_create(uint32_t room)
{
	struct chunk *chunk = memory_allocate(
		sizeof(*chunk) + room * sizeof(struct record));

	chunk->room = room;
	atomic_init(&chunk->holders, 1);
	return chunk;
}

struct chunk *chunk_hold(struct chunk *chunk)
{
	atomic_fetch_add_explicit(&chunk->holders, 1, memory_order_relaxed);
	return chunk;
}

void chunk_release(struct chunk *chunk)
{
	if (atomic_fetch_sub(&chunk->holders, 1) == 1)
		memory_free(chunk);
}

/* The chunk that holds SEQ is one of [*low, *high): most have as many records as
 * others, so it is near where it would be if all had. */
static void narrow(const struct state *state, uint32_t seq, size_t *low, size_t *high)
{
	const struct chunk_place *at = state->at;
	size_t count = state->chunk_count, step = 1;
	size_t guess = (size_t)((uint64_t)(seq - 1) * count / state->count);

	if (at[guess].before < seq) {
		for (; count - guess > step && at[guess + step].before < seq; step *= 2)
			guess += step;
		*low = guess;
		*high = count - guess > step ? guess + step : count;
	} else {
		for (; guess > step && at[guess - step].before >= seq; step *= 2)
			guess -= step;
		*low = guess > step ? guess - step : 0;
		*high = guess;
	}
}

const struct record *state_at(const struct state *state, uint32_t seq)
{
	size_t low, high;

	narrow(state, seq, &low, &high);
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (state->at[middle].before < seq)
			low = middle;
		else
			high = middle;
	}
	return &state->at[low].chunk->at[seq - 1 - state->at[low].before];
}

/* The first record of CHUNK whose UID is not below UID; its count: none. */
uint32_t chunk_from(const struct chunk *chunk, uint32_t uid)
{
	uint32_t low = 0, high = chunk->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (chunk->at[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t state_from(const struct state *state, uint32_t uid)
{
	size_t low = 0, high = state->chunk_count;

	/* The first chunk that ends at UID or behind it. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct chunk *chunk = state->at[middle].chunk;

		if (chunk->at[chunk->count - 1].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == state->chunk_count)
		return state->count + 1;
	return state->at[low].before + chunk_from(state->at[low].chunk, uid) + 1;
}

uint32_t state_find(const struct state *state, uint32_t uid)
{
	uint32_t seq = state_from(state, uid);

	return seq <= state->count && state_at(state, seq)->uid == uid ? seq : 0;
}
