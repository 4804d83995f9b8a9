/* Fuzzes conversations: each message, of four bytes, is written once, within
 * parentheses that match. */
#include <stdlib.h>

#include "imap/thread.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void add(struct thread *thread, uint32_t number, const uint8_t *at)
{
	struct search_record record = {.sequence = number, .internal_ms = at[3] >> 4};
	struct facts facts = {
		.is_answer = at[3] & 4, .has_date = at[3] & 8, .sent_ms = at[3] >> 6};
	char id[2] = {(char)('a' + at[0] % 16), 0}, references[5];
	size_t count = at[0] >> 6;

	facts.subject = slice_part(SLICE("st"), at[3] & 1, (at[3] >> 1) & 1);
	for (size_t i = 0; i < 4; i++)
		references[i] = i & 1 ? '\n' : (char)('a' + at[1 + i / 2] % 16);
	facts.message_id = at[0] & 32 ? SLICE_EMPTY : slice_part(slice_of(id), 0, 1);
	facts.references = slice_make(references, count > 2 ? 4 : count * 2);
	thread_add(thread, number, &record, &facts);
}

static void check(struct slice text, uint32_t count)
{
	uint8_t *seen = calloc(count + 1, 1);
	uint32_t number = 0, found = 0, depth = 0;

	for (size_t i = sizeof("* THREAD") - 1; i < text.size; i++) {
		char c = text.at[i];

		if (ascii_is_digit(c)) {
			number = number * 10 + (uint32_t)(c - '0');
			continue;
		}
		if (number) {
			MUST(number <= count && !seen[number]);
			seen[number] = 1;
			found++;
		}
		number = 0;
		depth += c == '(';
		MUST(c != ')' || depth--);
	}
	MUST(found == count && !depth);
	free(seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int by = 0; by < 2; by++) {
		struct thread *thread = thread_create(
			by ? IMAP_THREAD_ORDEREDSUBJECT : IMAP_THREAD_REFERENCES);
		struct buffer out = {0};
		uint32_t count = 0;

		for (size_t i = 0; i + 4 <= size; i += 4)
			add(thread, ++count, data + i);
		thread_write(thread, &out);
		check(buffer_contents(&out), count);
		buffer_finish(&out);
		thread_destroy(&thread);
	}
	return 0;
}
