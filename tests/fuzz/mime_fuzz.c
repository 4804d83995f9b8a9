/* Fuzzes the conversion for 7-bit peers, of 8-bit and of binary messages: what is
 * converted is 7-bit (and text in lines), within the cap, and is left alone the
 * second time. */
#include <stdlib.h>

#include "mail/mime.h"
#include "mail/text_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void convert_binary(struct slice message)
{
	struct text_facts facts = {.line_limit = TEXT_LINE_MAX};
	const char *reason = NULL;
	struct buffer out;

	buffer_init(&out, 100000);
	if (mime_from_binary(message, &out, &reason) == MIME_CONVERTED) {
		text_check(&facts, buffer_contents(&out));
		text_check_end(&facts);
		MUST(!facts.faults && !facts.eight_bit);
	} else {
		MUST(buffer_size(&out) == 0);
	}
	buffer_finish(&out);
}

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
	convert_binary(slice_make(data, size));
	return 0;
}
