/* The verdict on a book. */
#include "bench/audit_judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* One recipient as one line names it. */
struct place {
	struct slice recipient;
	const struct audit_list *list;
};

struct judging {
	const struct audit_book *book;
	const struct audit_question *question;
	struct audit_verdict *verdict;
	const struct audit_message *message;
	struct place *places;
	size_t count, capacity;
};

static void judge_message(struct judging *judging);
static void judge_recipient(
	struct judging *judging, const struct place *places, size_t count);
static void judge_stranger(struct judging *judging, struct slice recipient);
static void judge_copies(struct judging *judging, const struct place *places,
	size_t count, unsigned attempts);
static void judge_time(struct judging *judging, const struct place *places,
	size_t count, int64_t acked_ms);
static bool is_near_fault(const struct audit_question *question, int64_t wall_ms);
static void note(
	struct judging *judging, enum audit_count count, struct slice recipient);
static int by_recipient(const void *a, const void *b);

static const struct {
	const char *name;
	bool fault;
} kinds[AUDIT_COUNTS] = {
	[AUDIT_DELIVERED] = {"delivered", false},
	[AUDIT_RETURNED] = {"returned", false},
	[AUDIT_BOTH] = {"delivered_and_returned", false},
	[AUDIT_LOST] = {"lost", true},
	[AUDIT_AVOIDABLE] = {"duplicates_avoidable", true},
	[AUDIT_UNAVOIDABLE] = {"duplicates_unavoidable", false},
	[AUDIT_PHANTOM] = {"phantom", true},
	[AUDIT_AFTER_4XX] = {"delivered_after_4xx", false},
	[AUDIT_UNRECORDED] = {"unrecorded", false},
	[AUDIT_LATE] = {"late", true},
	[AUDIT_CORRUPTED] = {"corrupted", true},
};

const char *audit_count_name(enum audit_count count)
{
	return kinds[count].name;
}

bool audit_count_is_fault(enum audit_count count)
{
	return kinds[count].fault;
}

void audit_judge(const struct audit_book *book, const struct audit_question *question,
	struct audit_verdict *verdict_r)
{
	struct judging judging = {
		.book = book, .question = question, .verdict = verdict_r};

	memset(verdict_r, 0, sizeof(*verdict_r));
	for (const struct audit_message *message = book->first; message;
		message = message->next) {
		judging.message = message;
		judge_message(&judging);
	}
	memory_free(judging.places);
	verdict_r->clean = true;
	for (unsigned i = 0; i < AUDIT_COUNTS; i++)
		if (kinds[i].fault && verdict_r->counts[i])
			verdict_r->clean = false;
}

/* Every mention of every recipient, brought together by sorting. */
static void judge_message(struct judging *judging)
{
	size_t from = 0;

	judging->count = 0;
	for (const struct audit_list *list = judging->message->lists; list;
		list = list->next) {
		struct slice rest = list->recipients;

		if (list->corrupted)
			note(judging, AUDIT_CORRUPTED, rest);
		while (rest.size) {
			if (judging->count == judging->capacity) {
				judging->capacity = judging->capacity * 2 + 64;
				judging->places = memory_resize(judging->places,
					judging->capacity * sizeof(struct place));
			}
			judging->places[judging->count++] = (struct place){
				slice_cut(&rest, ','), list};
		}
	}
	if (judging->count == 0)
		return;
	qsort(judging->places, judging->count, sizeof(struct place), by_recipient);
	for (size_t i = 1; i <= judging->count; i++) {
		struct place *first = &judging->places[from];

		if (i < judging->count && slice_equal_nocase(first->recipient,
						  judging->places[i].recipient))
			continue;
		judge_recipient(judging, first, i - from);
		from = i;
	}
}

/* PLACES are of one recipient, the oldest first within each kind. */
static void judge_recipient(
	struct judging *judging, const struct place *places, size_t count)
{
	struct slice recipient = places[0].recipient;
	size_t of[AUDIT_BOUNCED + 1] = {0}, copies;
	const struct place *first_copy;

	for (size_t i = 0; i < count; i++)
		of[places[i].list->kind]++;
	copies = of[AUDIT_TAKEN] + of[AUDIT_CUT];
	first_copy = places + of[AUDIT_ACKED] + of[AUDIT_UNKNOWN];
	if (of[AUDIT_ACKED] + of[AUDIT_UNKNOWN] == 0) {
		judge_stranger(judging, recipient);
		return;
	}
	if (copies)
		note(judging, AUDIT_DELIVERED, recipient);
	if (of[AUDIT_BOUNCED])
		note(judging, AUDIT_RETURNED, recipient);
	if (copies && of[AUDIT_BOUNCED])
		note(judging, AUDIT_BOTH, recipient);
	if (of[AUDIT_ACKED] && !copies && !of[AUDIT_BOUNCED])
		note(judging, AUDIT_LOST, recipient);
	if (copies > 1)
		judge_copies(judging, first_copy, copies,
			(unsigned)(of[AUDIT_ACKED] + of[AUDIT_UNKNOWN]));
	if (of[AUDIT_ACKED] && copies)
		judge_time(judging, first_copy, copies, places[0].list->wall_ms);
}

/* Something arrived for whom the source never heard accepted. */
static void judge_stranger(struct judging *judging, struct slice recipient)
{
	const struct audit_message *message = judging->message;
	struct slice run = slice_part(
		message->id, 0, slice_index_last(message->id, '-'));
	const struct audit_run *known = map_find(&judging->book->runs, run);

	if (message->refused_later)
		note(judging, AUDIT_AFTER_4XX, recipient);
	else if (!message->known && known && !known->ended)
		note(judging, AUDIT_UNRECORDED, recipient);
	else
		note(judging, AUDIT_PHANTOM, recipient);
}

/*
 * Each time the source sent it again is one more copy that is nobody's fault.
 * Beyond, a copy is, unless the reply to the one before may have been lost.
 */
static void judge_copies(struct judging *judging, const struct place *places,
	size_t count, unsigned attempts)
{
	for (size_t i = attempts; i < count; i++) {
		const struct audit_list *before = places[i - 1].list;
		bool excused = before->kind == AUDIT_CUT ||
			       is_near_fault(judging->question, before->wall_ms);

		note(judging, excused ? AUDIT_UNAVOIDABLE : AUDIT_AVOIDABLE,
			places[i].recipient);
	}
	for (size_t i = 1; i < count && i < attempts; i++)
		note(judging, AUDIT_UNAVOIDABLE, places[i].recipient);
}

static void judge_time(struct judging *judging, const struct place *places,
	size_t count, int64_t acked_ms)
{
	const struct audit_question *question = judging->question;
	int64_t taken_ms = places[0].list->wall_ms, from_ms = acked_ms;

	if (taken_ms - acked_ms > judging->verdict->slowest_ms)
		judging->verdict->slowest_ms = taken_ms - acked_ms;
	if (question->fault_count &&
		question->faults_ms[question->fault_count - 1] > from_ms)
		from_ms = question->faults_ms[question->fault_count - 1];
	if (question->late_ms &&
		places[count - 1].list->wall_ms - from_ms > question->late_ms)
		note(judging, AUDIT_LATE, places[0].recipient);
}

static bool is_near_fault(const struct audit_question *question, int64_t wall_ms)
{
	for (size_t i = 0; i < question->fault_count; i++)
		if (llabs(question->faults_ms[i] - wall_ms) <= question->within_ms)
			return true;
	return false;
}

static void note(
	struct judging *judging, enum audit_count count, struct slice recipient)
{
	struct audit_verdict *verdict = judging->verdict;
	uint64_t number = verdict->counts[count]++;

	if (number < AUDIT_EXAMPLES_MAX)
		snprintf(verdict->examples[count][number], AUDIT_EXAMPLE_SIZE,
			"%.*s to %.*s", SLICE_PRINT(judging->message->id),
			SLICE_PRINT(slice_part(recipient, 0, 100)));
}

/* Cut and taken copies together, by time. */
static int rank(const struct audit_list *list)
{
	return list->kind == AUDIT_CUT ? AUDIT_TAKEN : (int)list->kind;
}

static int compare_nocase(struct slice a, struct slice b)
{
	for (size_t i = 0; i < a.size && i < b.size; i++) {
		char x = ascii_lower(a.at[i]), y = ascii_lower(b.at[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return a.size == b.size ? 0 : (a.size < b.size ? -1 : 1);
}

static int by_recipient(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = compare_nocase(x->recipient, y->recipient);

	if (order == 0)
		order = rank(x->list) - rank(y->list);
	if (order == 0 && x->list->wall_ms != y->list->wall_ms)
		order = x->list->wall_ms < y->list->wall_ms ? -1 : 1;
	return order;
}
