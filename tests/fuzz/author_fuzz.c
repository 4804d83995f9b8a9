/*
 * From fields: whatever is found is an address in its one form, and reading
 * the addresses found again, as a list, finds the same.
 */
#include "mail/author.h"

#include <stdlib.h>

#include "mail/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct slice *list, *again, written = SLICE_EMPTY;
	size_t count, count_again;

	if (authors_find(slice_make(data, size), &arena, &list, &count)) {
		HOLD(count > 0 && count <= AUTHORS_MAX);
		for (size_t i = 0; i < count; i++) {
			char text[ADDRESS_MAX + 1];
			struct address address;

			HOLD(address_parse(list[i], ADDRESS_UTF8, &address) ==
				ADDRESS_OK);
			HOLD(slice_equal(address_print(&address, text), list[i]));
			written = arena_format(&arena, "%.*s,\r\n <%.*s>",
				(int)written.size, written.at ? written.at : "",
				SLICE_PRINT(list[i]));
		}
		HOLD(authors_find(written, &arena, &again, &count_again));
		HOLD(count == count_again);
		for (size_t i = 0; i < count; i++)
			HOLD(slice_equal(list[i], again[i]));
	}
	arena_finish(&arena);
	return 0;
}
