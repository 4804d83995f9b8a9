/* Fuzzes what is made of stored messages: whatever they hold, it can be read
 * back, and no part lies outside. */
#include <stdlib.h>

#include "mime/facts.h"
#include "mime/parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_place(const struct mime_place *place, uint64_t from, uint64_t to)
{
	MUST(place->header_at >= from && place->body_at + place->body_size <= to);
	for (const struct mime_place *child = place->first; child; child = child->next)
		check_place(child, place->body_at, to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct buffer packed = {0};
	struct facts facts;
	const struct mime_place *place;

	facts_make(slice_make(data, size), &packed);
	MUST(facts_read(buffer_contents(&packed), &facts));
	place = parts_unpack(&arena, facts.parts);
	MUST(place);
	check_place(place, 0, size);
	buffer_finish(&packed);
	arena_finish(&arena);
	return 0;
}
