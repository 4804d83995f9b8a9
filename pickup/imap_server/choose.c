/* Sets of commands and sets of the store: which messages are meant. */
#include "base/arena.h"
#include "imap_server/dialogue.h"

/* Ranges of UIDs as ranges of sequence numbers; empty ones are left out. */
static struct uid_set sequences_of(
	struct imap_dialogue *dialogue, const struct uid_set *uids)
{
	const struct state *state = dialogue->view->state;
	struct uid_range *ranges = arena_take_array(
		&dialogue->arena, uids->count + 1, sizeof(*ranges));
	struct uid_set set = {.at = ranges};

	for (size_t i = 0; i < uids->count; i++) {
		uint32_t first = state_from(state, uids->at[i].first);
		uint32_t last = uids->at[i].last == UINT32_MAX
					? state->count
					: state_from(state, uids->at[i].last + 1) - 1;

		if (first <= last)
			ranges[set.count++] = (struct uid_range){first, last};
	}
	return set;
}

/* RFC 9051 9: a number above the last one, or '*' where there is none, is BAD; a
 * UID that is not there is passed over. */
bool imap_choose(struct imap_dialogue *dialogue, const struct imap_set *set, bool uid,
	struct uid_set *chosen_r)
{
	const struct state *state = dialogue->view->state;
	uint32_t largest = state->count;
	struct uid_set resolved;

	if (set->saved) {
		*chosen_r = sequences_of(dialogue, &dialogue->saved);
		return true;
	}
	if (uid)
		largest = state->count ? state_at(state, state->count)->uid : 0;
	resolved = imap_set_resolve(&dialogue->arena, set, largest);
	if (uid) {
		*chosen_r = sequences_of(dialogue, &resolved);
		return true;
	}
	if (!resolved.count || resolved.at[resolved.count - 1].last > largest) {
		imap_bad(dialogue, "There is no message of that number");
		return false;
	}
	*chosen_r = resolved;
	return true;
}

struct uid_set imap_uids_of(
	struct imap_dialogue *dialogue, const struct uid_set *chosen)
{
	const struct state *state = dialogue->view->state;
	struct uid_set uids = {0};

	for (size_t i = 0; i < chosen->count; i++)
		uid_set_add(&uids, &dialogue->arena,
			state_at(state, chosen->at[i].first)->uid,
			state_at(state, chosen->at[i].last)->uid);
	return uids;
}

struct uid_set imap_set_common(struct imap_dialogue *dialogue,
	const struct uid_set *uids, const struct uid_set *others)
{
	struct uid_set common = {0};

	for (size_t i = 0, k = 0; i < uids->count && k < others->count;) {
		struct uid_range a = uids->at[i], b = others->at[k];
		uint32_t first = a.first > b.first ? a.first : b.first;
		uint32_t last = a.last < b.last ? a.last : b.last;

		if (first <= last)
			uid_set_add(&common, &dialogue->arena, first, last);
		if (a.last < b.last)
			i++;
		else
			k++;
	}
	return common;
}

/* RFC 9394: those from FIRST to LAST, from 1, or from the end below 0. */
struct uid_set imap_part_of(struct imap_dialogue *dialogue, const struct uid_set *set,
	int64_t first, int64_t last)
{
	struct uid_range *ranges = arena_take_array(
		&dialogue->arena, set->count + 1, sizeof(*ranges));
	struct uid_set part = {.at = ranges};
	int64_t all = (int64_t)uid_set_size(set), before = 0;

	imap_part_range(all, &first, &last);
	for (size_t i = 0; i < set->count; i++) {
		struct uid_range range = set->at[i];
		int64_t size = (int64_t)range.last - range.first + 1;
		int64_t from = first - before - 1, to = last - before - 1;

		before += size;
		if (from < 0)
			from = 0;
		if (to >= size)
			to = size - 1;
		if (from <= to)
			ranges[part.count++] = (struct uid_range){
				range.first + (uint32_t)from,
				range.first + (uint32_t)to};
	}
	return part;
}

void imap_part_range(int64_t all, int64_t *first, int64_t *last)
{
	int64_t from = *first, to = *last;

	if (from < 0) {
		from = all + from + 1;
		to = all + to + 1;
	}
	*first = from < to ? from : to;
	*last = from < to ? to : from;
	if (*first < 1)
		*first = 1;
	if (*last > all)
		*last = all;
}
