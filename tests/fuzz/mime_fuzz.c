/* Fuzzes the conversion for 7-bit peers: what is converted is 7-bit, within
 * the cap, and is left alone the second time. */
#include <stdlib.h>

#include "mail/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out;
	const char *reason = NULL;
	enum mime_verdict verdict;

	buffer_init(&out, 100000);
	verdict = mime_to_seven_bit(slice_make(data, size), &out, &reason);
	if (verdict == MIME_CONVERTED) {
		MUST(mime_to_seven_bit(buffer_contents(&out), &out, &reason) ==
			MIME_SEVEN_BIT);
	} else {
		MUST(buffer_size(&out) == 0);
		MUST((verdict == MIME_REFUSED) == (reason != NULL));
	}
	buffer_finish(&out);
	return 0;
}
