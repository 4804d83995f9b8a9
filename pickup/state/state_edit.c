/*
 * Makes a new state out of an old one: chunks are shared until they are touched,
 * then copied once.
 */
#include "state/state.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "state/state_core.h"

#define CHUNK_FEW (CHUNK_RECORDS / 4)

struct edit_chunk {
	struct chunk *chunk; /* held */
	bool ours;	     /* nobody else has seen it */
};

struct state_edit {
	struct edit_chunk *at;
	size_t count, room;
	struct record *handed; /* its part of the sums is not in them now */
	uint64_t size;
	uint32_t records, unseen, deleted;
};

static void add_to_sums(struct state_edit *edit, const struct record *record)
{
	edit->records++;
	edit->size += record->size;
	edit->unseen += !(record->flags & MESSAGE_SEEN);
	edit->deleted += (record->flags & MESSAGE_DELETED) != 0;
}

static void take_from_sums(struct state_edit *edit, const struct record *record)
{
	edit->records--;
	edit->size -= record->size;
	edit->unseen -= !(record->flags & MESSAGE_SEEN);
	edit->deleted -= (record->flags & MESSAGE_DELETED) != 0;
}

static void take_back(struct state_edit *edit)
{
	if (edit->handed)
		add_to_sums(edit, edit->handed);
	edit->handed = NULL;
}

struct state_edit *state_edit_begin(struct state *state)
{
	struct state_edit *edit = NEW(struct state_edit);

	edit->room = state->chunk_count + 8;
	edit->at = memory_allocate_array(edit->room, sizeof(*edit->at));
	edit->count = state->chunk_count;
	for (size_t i = 0; i < edit->count; i++)
		edit->at[i].chunk = chunk_hold(state->at[i].chunk);
	edit->records = state->count;
	edit->size = state->size;
	edit->unseen = state->unseen;
	edit->deleted = state->deleted;
	return edit;
}

static void insert_chunk(struct state_edit *edit, size_t at, struct chunk *chunk)
{
	if (edit->count == edit->room) {
		edit->room *= 2;
		edit->at = memory_resize(edit->at, edit->room * sizeof(*edit->at));
	}
	memmove(&edit->at[at + 1], &edit->at[at],
		(edit->count - at) * sizeof(*edit->at));
	edit->at[at] = (struct edit_chunk){chunk, true};
	edit->count++;
}

static void drop_chunk(struct state_edit *edit, size_t at)
{
	chunk_release(edit->at[at].chunk);
	memmove(&edit->at[at], &edit->at[at + 1],
		(edit->count - at - 1) * sizeof(*edit->at));
	edit->count--;
}

/* The chunk at AT, ours, with room for MORE records; at most CHUNK_RECORDS in all. */
static struct chunk *own_chunk(struct state_edit *edit, size_t at, uint32_t more)
{
	struct edit_chunk *place = &edit->at[at];
	struct chunk *old = place->chunk, *chunk;
	uint32_t room = old->room;

	while (room < old->count + more)
		room = room * 2 < CHUNK_RECORDS ? room * 2 : CHUNK_RECORDS;
	if (place->ours && room == old->room)
		return old;
	chunk = chunk_create(room);
	chunk->count = old->count;
	memcpy(chunk->at, old->at, old->count * sizeof(*old->at));
	chunk_release(old);
	*place = (struct edit_chunk){chunk, true};
	return chunk;
}

/* The first chunk that ends at UID or behind it; edit->count: none does. */
static size_t find_chunk(const struct state_edit *edit, uint32_t uid)
{
	size_t low = 0, high = edit->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct chunk *chunk = edit->at[middle].chunk;

		if (chunk->at[chunk->count - 1].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Halves the full chunk at AT. */
static void split(struct state_edit *edit, size_t at)
{
	struct chunk *left = own_chunk(edit, at, 0), *right;
	uint32_t half = left->count / 2;

	right = chunk_create(left->room);
	right->count = left->count - half;
	memcpy(right->at, &left->at[half], right->count * sizeof(*right->at));
	left->count = half;
	insert_chunk(edit, at + 1, right);
}

void state_edit_insert(struct state_edit *edit, const struct record *record)
{
	size_t at = find_chunk(edit, record->uid);
	struct chunk *chunk;
	uint32_t place;

	take_back(edit);
	add_to_sums(edit, record);
	if (at == edit->count) { /* behind all: full chunks stay full */
		if (!at || edit->at[at - 1].chunk->count == CHUNK_RECORDS)
			insert_chunk(edit, at, chunk_create(4));
		else
			at--;
	} else if (edit->at[at].chunk->count == CHUNK_RECORDS) {
		split(edit, at);
		at = find_chunk(edit, record->uid);
	}
	chunk = own_chunk(edit, at, 1);
	place = chunk_from(chunk, record->uid);
	memmove(&chunk->at[place + 1], &chunk->at[place],
		(chunk->count - place) * sizeof(*chunk->at));
	chunk->at[place] = *record;
	chunk->count++;
}

void state_edit_append(struct state_edit *edit, const struct record *record)
{
	struct edit_chunk *last = edit->count ? &edit->at[edit->count - 1] : NULL;
	struct chunk *chunk = last ? last->chunk : NULL;

	assert(!last || chunk->at[chunk->count - 1].uid < record->uid);
	take_back(edit);
	/* Many of them: a whole mailbox is read. */
	if (last && last->ours && chunk->count == CHUNK_RECORDS) {
		chunk = chunk_create(CHUNK_RECORDS);
		insert_chunk(edit, edit->count, chunk);
	} else if (!last || !last->ours || chunk->count == chunk->room) {
		state_edit_insert(edit, record);
		return;
	}
	add_to_sums(edit, record);
	chunk->at[chunk->count++] = *record;
}

/* Where UID is; NULL: nowhere. */
static struct chunk *find_record(
	struct state_edit *edit, uint32_t uid, size_t *chunk_r, uint32_t *place_r)
{
	size_t at = find_chunk(edit, uid);

	take_back(edit);
	if (at == edit->count)
		return NULL;
	*place_r = chunk_from(edit->at[at].chunk, uid);
	*chunk_r = at;
	return edit->at[at].chunk->at[*place_r].uid == uid ? edit->at[at].chunk : NULL;
}

struct record *state_edit_record(struct state_edit *edit, uint32_t uid)
{
	size_t at;
	uint32_t place;

	if (!find_record(edit, uid, &at, &place))
		return NULL;
	edit->handed = &own_chunk(edit, at, 0)->at[place];
	take_from_sums(edit, edit->handed);
	return edit->handed;
}

/* A chunk with few records goes into the one in front of it, if that has room. */
static void merge(struct state_edit *edit, size_t at)
{
	struct chunk *chunk = edit->at[at].chunk, *front;

	if (chunk->count == 0) {
		drop_chunk(edit, at);
		return;
	}
	if (!at || chunk->count > CHUNK_FEW ||
		edit->at[at - 1].chunk->count + chunk->count > CHUNK_RECORDS / 2)
		return;
	front = own_chunk(edit, at - 1, chunk->count);
	memcpy(&front->at[front->count], chunk->at, chunk->count * sizeof(*chunk->at));
	front->count += chunk->count;
	drop_chunk(edit, at);
}

bool state_edit_remove(struct state_edit *edit, uint32_t uid)
{
	struct chunk *chunk;
	size_t at;
	uint32_t place;

	if (!find_record(edit, uid, &at, &place))
		return false;
	chunk = own_chunk(edit, at, 0);
	take_from_sums(edit, &chunk->at[place]);
	memmove(&chunk->at[place], &chunk->at[place + 1],
		(chunk->count - place - 1) * sizeof(*chunk->at));
	chunk->count--;
	merge(edit, at);
	return true;
}

struct state *state_edit_finish(
	struct state_edit **edit, uint32_t uidnext, uint64_t highest_modseq)
{
	struct state_edit *old = *edit;
	struct state *state = state_make(old->count);
	uint32_t before = 0;

	take_back(old);
	for (size_t i = 0; i < old->count; i++) {
		state->at[i] = (struct chunk_place){
			chunk_hold(old->at[i].chunk), before};
		before += old->at[i].chunk->count;
	}
	state->count = old->records;
	state->size = old->size;
	state->unseen = old->unseen;
	state->deleted = old->deleted;
	state->uidnext = uidnext;
	state->highest_modseq = highest_modseq;
	state_edit_cancel(edit);
	return state;
}

void state_edit_cancel(struct state_edit **edit)
{
	struct state_edit *old = *edit;

	*edit = NULL;
	if (!old)
		return;
	for (size_t i = 0; i < old->count; i++)
		chunk_release(old->at[i].chunk);
	memory_free(old->at);
	memory_free(old);
}
