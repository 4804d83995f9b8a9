/* What is different between two states; see state.h. */
#include "state/state.h"

#include "state/state_core.h"

/* Where one is in a state. */
struct cursor {
	const struct state *state;
	size_t chunk;
	uint32_t place; /* in it */
};

/* NULL: at the end. */
static const struct record *record_at(const struct cursor *cursor)
{
	return cursor->chunk < cursor->state->chunk_count
		       ? &cursor->state->at[cursor->chunk].chunk->at[cursor->place]
		       : NULL;
}

static uint32_t seq_at(const struct cursor *cursor)
{
	return cursor->state->at[cursor->chunk].before + cursor->place + 1;
}

static void advance(struct cursor *cursor)
{
	if (++cursor->place < cursor->state->at[cursor->chunk].chunk->count)
		return;
	cursor->chunk++;
	cursor->place = 0;
}

/* Both at the start of the same chunk: nothing in it is different. */
static bool skip_same(struct cursor *old, struct cursor *new)
{
	if (old->place || new->place || !record_at(old) || !record_at(new) ||
		old->state->at[old->chunk].chunk != new->state->at[new->chunk].chunk)
		return false;
	old->chunk++;
	new->chunk++;
	return true;
}

void state_compare(
	const struct state *old, const struct state *new, const struct state_diff *diff)
{
	struct cursor a = {.state = old}, b = {.state = new};
	const struct record *was, *is;

	while (skip_same(&a, &b))
		;
	while ((was = record_at(&a))) {
		is = record_at(&b);
		if (!is || was->uid < is->uid) {
			diff->gone(diff->context, seq_at(&a), was);
			advance(&a);
		} else if (was->uid > is->uid) {
			advance(&b);
		} else {
			if (was->modseq != is->modseq)
				diff->changed(diff->context, seq_at(&b), is);
			advance(&a);
			advance(&b);
		}
		while (skip_same(&a, &b))
			;
	}
}

static void keep_ghost(void *context, uint32_t seq, const struct record *record)
{
	struct record ghost = *record;

	ghost.flags |= MESSAGE_GHOST;
	state_edit_insert(context, &ghost);
}

static void keep_nothing(void *context, uint32_t seq, const struct record *record)
{
}

struct state *state_keep(struct state *old, struct state *new)
{
	struct state_edit *edit = state_edit_begin(new);
	struct state_diff diff = {keep_ghost, keep_nothing, edit};

	state_compare(old, new, &diff);
	return state_edit_finish(&edit, new->uidnext, new->highest_modseq);
}
