/* Fuzzes what the gate reads of a message: what it puts right is right then, and
 * the look for phishing ends with whatever stands in a header, HTML and links. */
#include <stdlib.h>

#include "base/buffer.h"
#include "gate/audit.h"
#include "gate/fields.h"
#include "gate/phishing.h"
#include "gate/unsubscribe.h"
#include "mail/author.h"
#include "mail/fixup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_MS INT64_C(1795244400000)
#define FIXES  (GATE_BIT(GATE_MESSAGE_ID) | GATE_BIT(GATE_DATE) | GATE_BIT(GATE_SINGLE))

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* What goes out has nothing left of what was put right. */
static void put_right(struct slice block, struct arena *arena)
{
	struct fixup_facts facts = {.hostname = SLICE("mail.example.com"),
		.queue_id = SLICE("01abc"),
		.date_ms = NOW_MS};
	struct buffer out = {0};
	struct header header;
	struct fixup fixup;
	uint32_t missed;

	MUST(header_scan(arena, block, 0, 0, &header));
	missed = fields_check(&header, 1, NOW_MS, FIXES);
	facts.added = fields_fix(&header, missed, arena);
	fixup_build(arena, &header, &facts, &fixup);
	for (size_t i = 0; i < fixup.count; i++)
		buffer_append(&out, fixup.pieces[i]);
	MUST(header_scan(arena, buffer_contents(&out), 0, 0, &header));
	/* A line that ends in a bare LF may hold anything; such a message is
	 * refused for itself. */
	if (header.malformed == 0 && slice_index(block, '\r') < block.size)
		MUST(!(fields_check(&header, 1, NOW_MS, FIXES) & missed));
	buffer_finish(&out);
}

static void leave(struct slice block, struct arena *arena)
{
	struct unsubscribe_facts facts = {.id = slice_part(block, 0, 100),
		.recipient = slice_part(block, 1, 100)};
	struct header header, added;
	struct slice url, fields;

	MUST(header_scan(arena, block, 0, 0, &header));
	unsubscribe_is_offered(&header, arena);
	if (!unsubscribe_url("https://x.test/{id}/{recipient}", &facts, arena, &url))
		return;
	fields = unsubscribe_fields(
		&header, &(struct unsubscribe_links){.url = url}, arena);
	MUST(header_scan(arena, fields, 0, 0, &added));
	MUST(added.malformed == 0 && unsubscribe_is_offered(&added, arena));
	MUST(header.counts[HEADER_LIST_UNSUBSCRIBE] == 0);
}

static void look(struct slice block, struct slice message, struct arena *arena)
{
	struct lookalikes guarded = {.guarded = 0};
	struct slice *authors, author = SLICE("a@sender.test");
	struct header header;
	size_t count;

	lookalikes_add(&guarded, SLICE("example.com"));
	lookalikes_add(&guarded, slice_part(message, 0, 40));
	MUST(header_scan(arena, block, 0, 0, &header));
	if (header_find(&header, HEADER_FROM) &&
		authors_find(header_find(&header, HEADER_FROM)->value, arena, &authors,
			&count))
		author = authors[0];
	phishing_header(&guarded, &header, author,
		slice_from(author, slice_index_last(author, '@') + 1), arena);
	phishing_body(&guarded, &header, message, SLICE("sender.test"), arena);
	lookalikes_judge(&guarded, slice_part(message, 0, 255), arena);
	lookalikes_finish(&guarded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice message = slice_make(data, size), block;
	struct gate_addresses addresses = {.count = 1};
	struct header_end end = {0};
	struct arena arena = {0};

	if (!header_end_find(&end, message))
		header_end_finish(&end);
	block = slice_part(message, 0, (size_t)end.size);
	put_right(block, &arena);
	leave(block, &arena);
	look(block, message, &arena);
	audit_spf(slice_part(message, 0, 4096), &addresses, 1, &arena);
	arena_finish(&arena);
	return 0;
}
