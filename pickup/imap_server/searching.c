/*
 * Goes through a mailbox: most messages are told by their record, the rest on a
 * thread of the pool, many at once, by what is kept of them or by their bytes.
 */
#include "imap_server/searching.h"

#include "imap_server/progress.h"
#include "index/index.h"
#include "run/fiber.h"
#include "store/message.h"

#define AT_ONCE	      200
#define BYTES_AT_ONCE ((uint64_t)1 << 20) /* of messages that may have to be read */
#define INDEXED_LEAST 20    /* to be looked at, for which the index is asked */
#define RECORDS_TURN  20000 /* looked at before others have their turn */

/* Found, or not told yet. */
struct some {
	struct searching *searching;
	struct search_record records[AT_ONCE];
	struct stored_message messages[AT_ONCE];
	bool found[AT_ONCE];
	size_t count;
	uint64_t bytes;
	bool needs; /* to be read */
};

static struct search_record describe(
	const struct searching *searching, uint32_t sequence, const struct record *from)
{
	struct search_record record = {
		.sequence = sequence,
		.uid = from->uid,
		.keywords = from->keywords,
		.flags = from->flags & MESSAGE_FLAGS,
		.size = from->size,
		.modseq = from->modseq,
		.file = from->file,
		.internal_ms = from->internal_ms,
		.saved_ms = from->saved_ms,
	};

	if (from->uid >= searching->dialogue->view->recent_from)
		record.flags |= IMAP_RECENT;
	return record;
}

/* The header, or all of it, whatever it needs. False: it cannot be read. */
static bool load(struct stored_message *message, struct search_message *known,
	enum search_answer needs)
{
	bool header = needs == SEARCH_NEEDS_HEADER;
	struct slice bytes;

	if (!message_load(message, header ? known->facts->header_size : UINT64_MAX))
		return false;
	bytes = slice_make(message->bytes.head, message->bytes.head_size);
	known->header = SLICE_EMPTY;
	known->texts = NULL; /* they were of the bytes that are gone */
	if (header)
		known->header = bytes;
	else
		known->message = bytes;
	return true;
}

/* On a thread of the pool: one that was not told by its record. One that is gone is
 * not found. */
static void look(void *context, struct stored_message *message)
{
	struct some *some = context;
	struct searching *searching = some->searching;
	size_t i = (size_t)(message - some->messages);
	struct search_message known = {
		.record = &some->records[i], .arena = &searching->texts};
	enum search_answer answer = SEARCH_NEEDS_FACTS;
	struct facts facts;

	if (some->found[i] || message->found == MESSAGE_GONE)
		return;
	arena_reset(&searching->texts);
	if (message->found == MESSAGE_THERE && facts_read(message->facts, &facts))
		known.facts = &facts;
	while (answer > SEARCH_YES && message->found == MESSAGE_THERE) {
		answer = search_match(searching->search, &known);
		if (answer > SEARCH_NEEDS_FACTS && !load(message, &known, answer))
			break;
	}
	if (answer > SEARCH_YES && message->found != MESSAGE_GONE)
		searching->any_unread = true;
	some->found[i] = answer == SEARCH_YES;
}

static void tell(struct some *some)
{
	struct searching *searching = some->searching;

	for (size_t i = 0; i < some->count; i++) {
		struct facts facts;
		bool has = searching->wants_facts &&
			   facts_read(some->messages[i].facts, &facts);

		if (some->found[i])
			searching->found(
				searching, &some->records[i], has ? &facts : NULL);
	}
}

static bool look_at_some(struct some *some, struct deadline deadline)
{
	struct searching *searching = some->searching;
	const struct message_reading reading = {.list = some->messages,
		.count = some->count,
		.wanted = MESSAGE_FACTS,
		.arena = &searching->arena,
		.each = look,
		.context = some};

	arena_reset(&searching->arena);
	if (some->needs && !view_read(searching->dialogue->view, &reading, deadline))
		return false;
	if (!imap_progress(searching->dialogue,
		    some->count ? some->records[some->count - 1].sequence : 0,
		    searching->dialogue->view->state->count, deadline))
		return false;
	tell(some);
	some->count = 0;
	some->bytes = 0;
	some->needs = false;
	return true;
}

static void add(struct some *some, const struct search_record *record,
	enum search_answer answer)
{
	some->records[some->count] = *record;
	some->messages[some->count] = (struct stored_message){.file = record->file};
	some->found[some->count++] = answer == SEARCH_YES;
	some->needs = some->needs || some->searching->wants_facts ||
		      answer != SEARCH_YES;
	if (answer != SEARCH_YES &&
		search_needs(some->searching->search) > SEARCH_NEEDS_FACTS)
		some->bytes += record->size;
}

/* Those of them that the index knows not to be meant go. */
static void narrow(struct some *some)
{
	size_t count = some->count;

	some->count = 0;
	some->bytes = 0;
	some->needs = false;
	for (size_t i = 0; i < count; i++) {
		struct search_record record = some->records[i];
		struct search_message known = {
			.record = &record, .arena = &some->searching->texts};
		enum search_answer answer = search_match(
			some->searching->search, &known);

		if (answer != SEARCH_NO)
			add(some, &record, answer);
	}
}

/* Where more than a few are to be looked at, the index is asked, once. */
static void ask_index(struct some *some, struct deadline deadline)
{
	struct searching *searching = some->searching;
	struct index *index = searching->dialogue->options->index;
	size_t untold = 0;

	for (size_t i = 0; i < some->count; i++)
		untold += !some->found[i];
	if (searching->asked || !index || untold < INDEXED_LEAST)
		return;
	searching->asked = true;
	searching->known = index_ask(index, searching->dialogue->view->account,
		search_texts(searching->search), deadline);
	if (searching->known)
		narrow(some);
}

static bool is_full(const struct some *some)
{
	return some->count == AT_ONCE || some->bytes >= BYTES_AT_ONCE;
}

bool searching_run(struct searching *searching, struct deadline deadline)
{
	const struct state *state = searching->dialogue->view->state;
	struct some *some = ARENA_NEW(&searching->dialogue->arena, struct some);
	bool good = true;

	some->searching = searching;
	for (uint32_t i = 1; i <= state->count && good; i++) {
		const struct record *from = state_at(state, i);
		struct search_record record = describe(searching, i, from);
		struct search_message known = {
			.record = &record, .arena = &searching->texts};
		enum search_answer answer;

		if (i % RECORDS_TURN == 0)
			fiber_yield(deadline);
		answer = from->flags & MESSAGE_GHOST
				 ? SEARCH_NO
				 : search_match(searching->search, &known);
		if (answer == SEARCH_NO)
			continue;
		add(some, &record, answer);
		if (is_full(some))
			ask_index(some, deadline);
		if (is_full(some))
			good = look_at_some(some, deadline);
	}
	ask_index(some, deadline);
	good = good && look_at_some(some, deadline);
	index_answer_destroy(&searching->known);
	arena_finish(&searching->arena);
	arena_finish(&searching->texts);
	return good;
}
