/*
 * Fuzzes packed entries: whatever Redis holds is either refused or, packed
 * again, stays what it is. The first byte says how long the key is.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "queue/body.h"
#include "queue/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void pack_again(struct bodies *bodies, struct slice key, struct slice packed)
{
	struct entry *entry = entry_unpack(bodies, key, packed);
	struct buffer first = {0}, second = {0};
	char text[32];

	if (!entry)
		return;
	MUST(slice_equal(entry_key(entry, text), key) || key.size > MESSAGE_ID_SIZE);
	MUST(entry_pack(entry, &first));
	entry_destroy(&entry);
	entry = entry_unpack(bodies, key, buffer_contents(&first));
	MUST(entry);
	MUST(entry_pack(entry, &second));
	MUST(slice_equal(buffer_contents(&first), buffer_contents(&second)));
	entry_destroy(&entry);
	buffer_finish(&first);
	buffer_finish(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_make(data, size);
	struct bodies *bodies = bodies_create_redis(NULL);

	if (size > 0) {
		struct slice key = slice_part(input, 1, data[0]);

		pack_again(bodies, key, slice_from(input, 1 + key.size));
		pack_again(bodies, SLICE("0123456789abcdef"), slice_from(input, 1));
	}
	bodies_destroy(&bodies);
	return 0;
}
