/* Fuzzes names of mailboxes, patterns and sets: what is read is written as it was,
 * and a pattern matches itself. */
#include <stdlib.h>

#include "imap/date.h"
#include "imap/match.h"
#include "imap/set.h"
#include "imap/unicode.h"
#include "imap/utf7.h"
#include "imap/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void fuzz_set(struct arena *arena, struct slice text)
{
	struct imap_set written, again;
	struct uid_set set;
	struct buffer out = {0};

	if (!imap_set_read(arena, text, &written) || written.saved)
		return;
	set = imap_set_resolve(arena, &written, 1000);
	uid_set_write(&set, &out);
	MUST(imap_set_read(arena, buffer_contents(&out), &again));
	MUST(again.count == set.count);
	for (size_t i = 0; i < set.count; i++)
		MUST(uid_set_has(&set, set.at[i].last));
	buffer_finish(&out);
}

/* The rules as they are written, each place of the pattern with each of the name. */
static bool matches(struct slice pattern, struct slice name)
{
	bool *row = calloc(name.size + 1, 1), is;

	row[0] = true;
	for (size_t i = 0; i < pattern.size; i++) {
		bool wild = pattern.at[i] == '*' || pattern.at[i] == '%', left = row[0];

		row[0] = row[0] && wild;
		for (size_t k = 1; k <= name.size; k++) {
			bool above = row[k];
			char c = name.at[k - 1];

			row[k] = wild ? above || (row[k - 1] &&
							 (pattern.at[i] == '*' ||
								 c != IMAP_DELIMITER))
				      : left && c == pattern.at[i];
			left = above;
		}
	}
	is = row[name.size];
	free(row);
	return is;
}

static void fuzz_pattern(struct arena *arena, struct slice text)
{
	struct slice name = text, pattern = slice_cut(&name, '\n');
	struct imap_pattern *made = imap_pattern_make(arena, SLICE_EMPTY, pattern);

	if (pattern.size > IMAP_PATTERN_MAX || slice_starts(name, SLICE("INBOX")))
		return;
	MUST(imap_pattern_matches(made, name, NULL) == matches(pattern, name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct buffer out = {0};
	struct slice text = slice_make(data, size), name;
	struct imap_pattern *pattern = imap_pattern_make(&arena, SLICE_EMPTY, text);
	int64_t ms;

	MUST(imap_pattern_matches(pattern, text, NULL) == (size <= IMAP_PATTERN_MAX));
	MUST(unicode_has(text, unicode_key(&arena, slice_part(text, size / 2, 9))) ||
		size > 1);
	if (utf7_decode(&arena, text, &name)) {
		utf7_encode(&out, name);
		MUST(slice_equal(buffer_contents(&out), text));
		buffer_clear(&out);
	}
	imap_write_mailbox(&out, text, size & 1);
	buffer_clear(&out);
	if (imap_date_time_read(text, &ms)) {
		int64_t again;

		imap_date_time_write(&out, ms);
		MUST(imap_date_time_read(
			slice_part(buffer_contents(&out), 1, 26), &again));
	}
	fuzz_set(&arena, text);
	fuzz_pattern(&arena, text);
	buffer_finish(&out);
	arena_finish(&arena);
	return 0;
}
