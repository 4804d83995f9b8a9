/* Authentication-Results of strangers: whose they claim to be, what they say. */
#include "verify/authres.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice value = slice_make(data, size);
	struct header_field field = {
		.name = SLICE("Authentication-Results"), .value = value};
	bool one = authres_is_ours(&field, SLICE("mx.example.net"));
	bool other = authres_is_ours(&field, SLICE("mx.example.org"));
	struct slice found = authres_find(value, SLICE("dmarc"));

	/* Both only if it cannot be read; named plainly, it is. */
	if (slice_starts_nocase(value, SLICE("mx.example.net;")))
		HOLD(one && !other);
	if (slice_starts(value, SLICE("\"mx.example.org\"")))
		HOLD(other);
	HOLD(found.size == 0 ||
		(found.at >= value.at && found.at + found.size <= value.at + size));
	return 0;
}
