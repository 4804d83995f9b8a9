/*
 * A file of delivery's rules, and the header of a message that they are asked about:
 * the two with a line "--" between them.
 */
#include "deliver/rules.h"

#include <stdlib.h>

#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void apply(const struct rules *rules, struct slice text)
{
	struct arena arena = {0};
	struct rules_outcome *outcome = ARENA_NEW(&arena, struct rules_outcome);
	struct header header;
	struct rules_message message = {.account = SLICE("bob"),
		.recipient = SLICE("bob@example.com"),
		.sender = SLICE("jo@example.org"),
		.header = &header,
		.authentication = text,
		.size = text.size};

	(void)header_scan(&arena, text, 0, 0, &header);
	rules_apply(rules, &message, &arena, outcome);
	HOLD(outcome->mailbox_count <= RULES_MAILBOXES_MAX);
	HOLD(outcome->forward_count <= RULES_FORWARDS_MAX);
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct slice data = slice_make(bytes, size);
	size_t at = slice_find(data, SLICE("\n--\n"));
	char *errors = NULL;
	struct rules *rules = rules_parse_text(
		"fuzz.yaml", slice_part(data, 0, at), &errors);

	HOLD((rules == NULL) == (errors != NULL));
	if (rules)
		apply(rules, slice_from(data, at + 4));
	rules_release(&rules);
	memory_free(errors);
	return 0;
}
