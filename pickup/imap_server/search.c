/* SEARCH, SORT, THREAD and their answers (RFC 9051 6.4.4, RFC 5256, RFC 5182, RFC
 * 5267, RFC 9394). */
#include <stdio.h>
#include <string.h>

#include "imap/sort.h"
#include "imap/thread.h"
#include "imap/write.h"
#include "imap_server/commands.h"
#include "imap_server/searching.h"
#include "run/worker.h"

/* What was found. */
struct results {
	const struct imap_search *asked;
	bool uid, sorts;
	struct buffer numbers; /* of uint32_t */
	struct uid_set uids;   /* for "$" */
	uint64_t modseq;
	struct sort *sort;
	struct thread *thread;
};

static bool has_keyword(void *context, uint32_t keywords, struct slice keyword)
{
	return imap_keywords_have(view_keywords(context, keywords), keyword);
}

static bool has_object(void *context, const struct search_record *record,
	enum imap_key_kind kind, struct slice id)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "M%llu", (unsigned long long)record->file);
	return kind == IMAP_KEY_EMAILID && slice_equal(id, slice_of(text));
}

static void found(struct searching *searching, const struct search_record *record,
	const struct facts *facts)
{
	struct results *results = searching->context;
	uint32_t number = results->uid ? record->uid : record->sequence;

	if (results->asked->returns & IMAP_RETURN_SAVE)
		uid_set_add(&results->uids, &searching->dialogue->arena, record->uid,
			record->uid);
	if (record->modseq > results->modseq)
		results->modseq = record->modseq;
	if (results->sort)
		sort_add(results->sort, number, record, facts);
	else if (results->thread)
		thread_add(results->thread, number, record, facts);
	else
		buffer_append(&results->numbers, slice_make(&number, sizeof(number)));
}

static bool run(struct imap_dialogue *dialogue, struct results *results,
	struct deadline deadline)
{
	const struct view *view = dialogue->view;
	uint32_t count = view->state->count;
	struct search_world world = {
		.largest_sequence = count,
		.largest_uid = count ? state_at(view->state, count)->uid : 0,
		.now_ms = worker_wall_ms(),
		.saved = dialogue->saved,
		.has_keyword = has_keyword,
		.has_object = has_object,
		.context = dialogue->view,
	};
	struct searching searching = {.dialogue = dialogue,
		.search = search_make(&dialogue->arena, results->asked->keys, &world),
		.wants_facts = results->thread ||
			       (results->sort && sort_needs_facts(results->sort)),
		.found = found,
		.context = results};

	if (results->asked->modseq)
		imap_turn_on_condstore(dialogue);
	if (searching_run(&searching, deadline) && !searching.any_unread)
		return true;
	if (results->asked->returns & IMAP_RETURN_SAVE)
		dialogue->saved = (struct uid_set){0};
	imap_no(dialogue, "UNAVAILABLE", "Some could not be read now");
	return false;
}

/* RFC 5182 2.1: with MIN or MAX, and neither ALL nor COUNT, only those are saved. */
static void save(struct imap_dialogue *dialogue, const struct results *results)
{
	unsigned returns = results->asked->returns;
	const struct uid_set *uids = &results->uids;
	struct uid_range *copy;
	size_t count = uids->count;

	if (!(returns & IMAP_RETURN_SAVE))
		return;
	arena_reset(&dialogue->saved_arena);
	copy = arena_take_array(&dialogue->saved_arena, count + 2, sizeof(*copy));
	if (count)
		memcpy(copy, uids->at, count * sizeof(*copy));
	if (count && returns & (IMAP_RETURN_MIN | IMAP_RETURN_MAX) &&
		!(returns & (IMAP_RETURN_ALL | IMAP_RETURN_COUNT))) {
		uint32_t min = copy[0].first, max = copy[count - 1].last;

		count = 0;
		if (returns & IMAP_RETURN_MIN)
			copy[count++] = (struct uid_range){min, min};
		if (returns & IMAP_RETURN_MAX && (!count || max != min))
			copy[count++] = (struct uid_range){max, max};
	}
	dialogue->saved = (struct uid_set){.at = copy, .count = count};
}

/* Runs of numbers that follow each other; their order stays. */
static struct uid_set runs_of(
	struct imap_dialogue *dialogue, const uint32_t *numbers, size_t count)
{
	struct uid_range *ranges = arena_take_array(
		&dialogue->arena, count + 1, sizeof(*ranges));
	struct uid_set set = {.at = ranges};

	for (size_t i = 0; i < count; i++) {
		if (set.count && ranges[set.count - 1].last + 1 == numbers[i])
			ranges[set.count - 1].last = numbers[i];
		else
			ranges[set.count++] = (struct uid_range){
				numbers[i], numbers[i]};
	}
	return set;
}

/* Those from FIRST to LAST: from 1, or from the end below 0. */
static void take_part(
	const uint32_t **numbers, size_t *count, int64_t first, int64_t last)
{
	imap_part_range((int64_t)*count, &first, &last);
	*count = last >= first ? (size_t)(last - first + 1) : 0;
	*numbers += *count ? first - 1 : 0;
}

static void write_extended(struct imap_dialogue *dialogue,
	const struct results *results, const uint32_t *numbers, size_t count)
{
	const struct imap_search *asked = results->asked;
	unsigned returns = asked->extended ? asked->returns : IMAP_RETURN_ALL;
	struct imap_found answer = {.tag = dialogue->tag,
		.uid = results->uid,
		.returns = returns,
		.count = count,
		.modseq = asked->modseq ? results->modseq : 0,
		.partial_first = asked->partial_first,
		.partial_last = asked->partial_last};
	struct uid_set runs = {0};

	if (returns == IMAP_RETURN_SAVE)
		return;
	if (count) {
		answer.min = numbers[0];
		answer.max = numbers[count - 1];
	}
	if (returns & IMAP_RETURN_PARTIAL)
		take_part(&numbers, &count, asked->partial_first, asked->partial_last);
	if (returns & (IMAP_RETURN_ALL | IMAP_RETURN_PARTIAL))
		runs = runs_of(dialogue, numbers, count);
	answer.ranges = runs.at;
	answer.range_count = runs.count;
	imap_write_esearch(&dialogue->out, &answer);
}

static void write_found(struct imap_dialogue *dialogue, struct results *results)
{
	struct slice bytes = buffer_contents(&results->numbers);
	size_t count = bytes.size / sizeof(uint32_t);
	uint32_t *copy = arena_take_array(&dialogue->arena, count + 1, sizeof(*copy));
	const uint32_t *numbers = copy;

	if (bytes.size)
		memcpy(copy, bytes.at, bytes.size);
	if (results->sort)
		numbers = sort_numbers(results->sort, &count);
	save(dialogue, results);
	if (results->asked->extended || (dialogue->rev2 && !results->sort))
		write_extended(dialogue, results, numbers, count);
	else
		imap_write_numbers(&dialogue->out, results->sort ? "SORT" : "SEARCH",
			numbers, count, results->asked->modseq ? results->modseq : 0);
}

static void end(struct imap_dialogue *dialogue, bool uid, const char *text)
{
	const struct view *view = dialogue->view;

	imap_tell(dialogue, uid);
	imap_ok(dialogue,
		view->state->count > view->newest->count ? SLICE("EXPUNGEISSUED")
							 : SLICE_EMPTY,
		text);
}

void imap_search(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	struct results results = {.asked = &command->search, .uid = command->uid};

	if (run(dialogue, &results, deadline)) {
		write_found(dialogue, &results);
		end(dialogue, command->uid, "SEARCH completed");
	}
	buffer_finish(&results.numbers);
}

void imap_sort(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	const struct imap_search *asked = &command->search;
	struct results results = {.asked = asked,
		.uid = command->uid,
		.sort = sort_create(asked->sort, asked->sort_count)};

	if (run(dialogue, &results, deadline)) {
		write_found(dialogue, &results);
		end(dialogue, command->uid, "SORT completed");
	}
	sort_destroy(&results.sort);
}

void imap_thread(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	const struct imap_search *asked = &command->search;
	struct results results = {.asked = asked,
		.uid = command->uid,
		.thread = thread_create(asked->thread)};

	if (run(dialogue, &results, deadline)) {
		thread_write(results.thread, &dialogue->out);
		end(dialogue, command->uid, "THREAD completed");
	}
	thread_destroy(&results.thread);
}
