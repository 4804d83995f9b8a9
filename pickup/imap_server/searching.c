/*
 * Goes through a mailbox: most messages are told by their record, some by what is
 * kept of them (many at once), the rest by their bytes.
 */
#include "imap_server/searching.h"

#include "base/memory.h"
#include "run/fiber.h"
#include "store/message.h"

#define AT_ONCE	     200
#define RECORDS_TURN 20000 /* looked at before others have their turn */

/* Found, or not told yet. */
struct some {
	struct search_record records[AT_ONCE];
	uint64_t files[AT_ONCE];
	struct slice facts[AT_ONCE];
	bool found[AT_ONCE];
	size_t count;
	bool needs; /* facts */
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
static bool read_bytes(struct searching *searching, struct search_message *message,
	enum search_answer needs, char **bytes, struct deadline deadline)
{
	struct message_file file = {.fd = -1};
	enum store_fault fault;
	struct slice ignored;
	uint64_t size;
	bool good;

	if (!message_open(searching->dialogue->view, message->record->file, NULL, &file,
		    &ignored, &fault, deadline))
		return false;
	size = file.size;
	if (needs == SEARCH_NEEDS_HEADER && message->facts &&
		message->facts->header_size < size)
		size = message->facts->header_size;
	memory_free(*bytes);
	*bytes = memory_allocate((size_t)size + 1);
	good = message_read(&file, 0, *bytes, (size_t)size, deadline);
	message_close(&file);
	if (needs == SEARCH_NEEDS_HEADER)
		message->header = slice_make(*bytes, (size_t)size);
	else
		message->message = slice_make(*bytes, (size_t)size);
	return good;
}

/* One that was not told by its record; one that is gone is not found. */
static void look(struct searching *searching, const struct search_record *record,
	struct slice packed, bool found, struct deadline deadline)
{
	struct search_message message = {.record = record, .arena = &searching->texts};
	enum search_answer answer = found ? SEARCH_YES : SEARCH_NEEDS_FACTS;
	struct facts facts;
	char *bytes = NULL;

	arena_reset(&searching->texts);
	if (packed.size && facts_read(packed, &facts))
		message.facts = &facts;
	else if (!found)
		return;
	while (answer > SEARCH_YES) {
		answer = search_match(searching->search, &message);
		if (answer > SEARCH_NEEDS_FACTS &&
			!read_bytes(searching, &message, answer, &bytes, deadline)) {
			searching->any_unread = true;
			answer = SEARCH_NO;
		}
	}
	if (answer == SEARCH_YES)
		searching->found(searching, record, message.facts);
	memory_free(bytes);
}

static bool look_at_some(
	struct searching *searching, struct some *some, struct deadline deadline)
{
	arena_reset(&searching->arena);
	if (some->needs &&
		!view_facts(searching->dialogue->view, some->files, some->count,
			&searching->arena, some->facts, deadline))
		return false;
	for (size_t i = 0; i < some->count; i++)
		look(searching, &some->records[i],
			some->needs ? some->facts[i] : SLICE_EMPTY, some->found[i],
			deadline);
	if (some->needs)
		fiber_yield(deadline);
	some->count = 0;
	some->needs = false;
	return true;
}

bool searching_run(struct searching *searching, struct deadline deadline)
{
	const struct state *state = searching->dialogue->view->state;
	struct some *some = ARENA_NEW(&searching->dialogue->arena, struct some);
	bool good = true;

	for (uint32_t i = 1; i <= state->count && good; i++) {
		const struct record *from = state_at(state, i);
		struct search_record record = describe(searching, i, from);
		struct search_message message = {
			.record = &record, .arena = &searching->texts};
		enum search_answer answer;

		if (i % RECORDS_TURN == 0)
			fiber_yield(deadline);
		answer = from->flags & MESSAGE_GHOST
				 ? SEARCH_NO
				 : search_match(searching->search, &message);
		if (answer == SEARCH_NO)
			continue;
		some->records[some->count] = record;
		some->files[some->count] = record.file;
		some->found[some->count++] = answer == SEARCH_YES;
		some->needs = some->needs || searching->wants_facts ||
			      answer != SEARCH_YES;
		if (some->count == AT_ONCE)
			good = look_at_some(searching, some, deadline);
	}
	good = good && look_at_some(searching, some, deadline);
	arena_finish(&searching->arena);
	arena_finish(&searching->texts);
	return good;
}
