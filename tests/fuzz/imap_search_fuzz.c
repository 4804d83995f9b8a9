/* Fuzzes searches: a line of keys, then a message. Asked little by little, the
 * answer is the one of all at once, and no more is asked for than was said. */
#include <stdlib.h>

#include "imap/parse.h"
#include "imap/search.h"
#include "imap/sort.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static bool has_keyword(void *context, uint32_t keywords, struct slice keyword)
{
	return keyword.size & 1;
}

static bool has_object(void *context, const struct search_record *record,
	enum imap_key_kind kind, struct slice id)
{
	return id.size & 1;
}

static void sort_one(const struct search_record *record, const struct facts *facts)
{
	struct imap_sort_key keys[] = {{IMAP_SORT_SUBJECT, true},
		{IMAP_SORT_DISPLAYFROM, false}, {IMAP_SORT_CC, true},
		{IMAP_SORT_DATE, false}};
	struct sort *sort = sort_create(keys, 4);
	size_t count;

	sort_add(sort, 1, record, facts);
	sort_add(sort, 2, record, NULL);
	MUST(sort_numbers(sort, &count)[0] && count == 2);
	sort_destroy(&sort);
}

static void search(struct arena *arena, const struct imap_key *keys, struct slice text,
	const struct facts *facts)
{
	struct search_record record = {.sequence = 3,
		.uid = 5,
		.size = text.size,
		.modseq = 7,
		.internal_ms = INT64_C(1676160000000)};
	struct search_world world = {.largest_sequence = 5,
		.largest_uid = 9,
		.now_ms = INT64_C(1676160060000),
		.has_keyword = has_keyword,
		.has_object = has_object};
	struct search *search = search_make(arena, keys, &world);
	struct search_message slow = {.record = &record, .arena = arena};
	struct search_message fast = {
		.record = &record, .arena = arena, .facts = facts, .message = text};
	enum search_answer answer, before = SEARCH_YES;

	fast.message.at = text.at ? text.at : "";
	sort_one(&record, facts);
	while ((answer = search_match(search, &slow)) > SEARCH_YES) {
		MUST(answer > before && answer <= search_needs(search));
		before = answer;
		if (answer == SEARCH_NEEDS_FACTS)
			slow.facts = facts;
		else if (answer == SEARCH_NEEDS_HEADER)
			slow.header = slice_part(
				fast.message, 0, (size_t)facts->header_size);
		else
			slow.message = fast.message;
	}
	MUST(answer == search_match(search, &fast));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make(data, size), keys = slice_cut(&text, '\n');
	struct arena arena = {0};
	struct buffer packed = {0};
	struct imap_command command;
	struct imap_error error;
	struct facts facts;
	struct slice line;

	line = arena_format(&arena, "a SEARCH %.*s\r\n", SLICE_PRINT(keys));
	if (imap_parse(&arena, line, false, &command, &error)) {
		facts_make(text, &packed);
		MUST(facts_read(buffer_contents(&packed), &facts));
		search(&arena, command.search.keys, text, &facts);
	}
	buffer_finish(&packed);
	arena_finish(&arena);
	return 0;
}
