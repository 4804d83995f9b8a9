/* States of a mailbox: the same as plain arrays, whatever is done to them. */
#include "state/state.h"

#include "base/memory.h"
#include "check.h"

#define MOST 3000

struct model {
	struct record at[MOST];
	uint32_t count, uidnext;
	uint64_t modseq;
};

static unsigned seed = 7;

static uint32_t chance(uint32_t most)
{
	return (uint32_t)rand_r(&seed) % most;
}

static void model_remove(struct model *model, uint32_t index)
{
	memmove(&model->at[index], &model->at[index + 1],
		(model->count - index - 1) * sizeof(*model->at));
	model->count--;
}

/* Some changes to both. */
static struct state *change(struct model *model, struct state *state, uint32_t times)
{
	struct state_edit *edit = state_edit_begin(state);

	while (times--) {
		uint32_t what = chance(10), index;

		if (what < 4 && model->count < MOST) {
			struct record record = {.uid = model->uidnext,
				.modseq = ++model->modseq,
				.size = chance(1000),
				.flags = (uint8_t)chance(32)};

			model->uidnext += 1 + chance(3);
			model->at[model->count++] = record;
			state_edit_append(edit, &record);
			continue;
		}
		if (!model->count)
			continue;
		index = chance(model->count);
		if (what < 7) {
			CHECK(state_edit_remove(edit, model->at[index].uid));
			model_remove(model, index);
		} else {
			struct record *record = state_edit_record(
				edit, model->at[index].uid);

			CHECK(record);
			record->flags = (uint8_t)chance(32);
			record->modseq = ++model->modseq;
			model->at[index] = *record;
		}
	}
	CHECK(!state_edit_record(edit, model->uidnext));
	CHECK(!state_edit_remove(edit, model->uidnext + 5));
	return state_edit_finish(&edit, model->uidnext, model->modseq);
}

static void check_same(const struct model *model, const struct state *state)
{
	uint64_t size = 0;
	uint32_t unseen = 0, deleted = 0;

	CHECK_NUMBER(state->count, model->count);
	for (uint32_t i = 0; i < model->count; i++) {
		const struct record *wanted = &model->at[i],
				    *got = state_at(state, i + 1);

		CHECK(memcmp(wanted, got, sizeof(*got)) == 0);
		CHECK_NUMBER(state_find(state, wanted->uid), i + 1);
		size += wanted->size;
		unseen += !(wanted->flags & MESSAGE_SEEN);
		deleted += (wanted->flags & MESSAGE_DELETED) != 0;
	}
	CHECK_NUMBER(state_from(state, 0), 1);
	CHECK_NUMBER(state_from(state, model->uidnext), model->count + 1);
	CHECK_NUMBER(state_find(state, model->uidnext), 0);
	CHECK_NUMBER(state->size, size);
	CHECK_NUMBER(state->unseen, unseen);
	CHECK_NUMBER(state->deleted, deleted);
	CHECK_NUMBER(state->uidnext, model->uidnext);
}

/* A session that is told of what is different. */
struct session {
	struct model *view;
	uint32_t removed;
	uint64_t last_uid;
	const struct model *truth;
};

static void gone(void *context, uint32_t seq, const struct record *record)
{
	struct session *session = context;

	CHECK_NUMBER(session->view->at[seq - 1 - session->removed].uid, record->uid);
	model_remove(session->view, seq - 1 - session->removed);
	session->removed++;
}

static void changed(void *context, uint32_t seq, const struct record *record)
{
	struct session *session = context;

	CHECK_NUMBER(session->truth->at[seq - 1].uid, record->uid);
	for (uint32_t i = 0; i < session->view->count; i++) {
		if (session->view->at[i].uid == record->uid)
			session->view->at[i] = *record;
	}
}

CASE("states are what their arrays are, old ones stay as they were")
{
	struct model *model = NEW(struct model), *before = NEW(struct model);
	struct state *state = state_create(1, 0), *next, *kept;

	model->uidnext = 1;
	for (int round = 0; round < 300; round++) {
		struct session session = {before, 0, 0, model};
		struct state_diff diff = {gone, changed, &session};

		*before = *model;
		next = change(model, state, 1 + chance(round % 7 ? 20 : 600));
		check_same(before, state);
		check_same(model, next);
		kept = state_keep(state, next);
		state_compare(state, next, &diff);
		/* What came stands at the end. */
		for (uint32_t i = before->count; i < model->count; i++)
			before->at[before->count++] = model->at[i];
		check_same(model, next);
		CHECK(memcmp(before->at, model->at,
			      model->count * sizeof(*model->at)) == 0);
		CHECK_NUMBER(kept->count, next->count + session.removed);
		session.removed = 0;
		for (uint32_t i = 1; i <= kept->count; i++)
			session.removed += (state_at(kept, i)->flags & MESSAGE_GHOST) !=
					   0;
		CHECK_NUMBER(kept->count, next->count + session.removed);
		state_release(&kept);
		state_release(&state);
		state = next;
	}
	state_release(&state);
	memory_free(model);
	memory_free(before);
}

CASE("what is removed leaves no chunks behind")
{
	struct state *state = state_create(1, 0), *next;
	struct state_edit *edit = state_edit_begin(state);

	for (uint32_t uid = 1; uid <= 10000; uid++)
		state_edit_append(edit, &(struct record){.uid = uid, .modseq = 1});
	next = state_edit_finish(&edit, 10001, 1);
	CHECK(next->chunk_count <= 10000 / CHUNK_RECORDS + 1);
	state_release(&state);
	state = next;
	edit = state_edit_begin(state);
	for (uint32_t uid = 1; uid <= 10000; uid++) {
		if (uid % 100)
			CHECK(state_edit_remove(edit, uid));
	}
	next = state_edit_finish(&edit, 10001, 2);
	CHECK_NUMBER(next->count, 100);
	CHECK(next->chunk_count <= 8);
	state_release(&next);
	state_release(&state);
}

CHECK_MAIN()
