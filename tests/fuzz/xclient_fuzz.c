/* XCLIENT's attributes: sound values, or a refusal that can be sent. */
#include "mail/xclient.h"

#include <stdlib.h>

#include "mail/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct reply refusal = {.code = 0};
	struct xclient xclient;

	if (xclient_parse(slice_make(data, size), &arena, &xclient, &refusal)) {
		HOLD(xclient.given < 256);
		HOLD(text_is_ascii(xclient.name) && text_is_utf8(xclient.name));
		HOLD(text_is_ascii(xclient.helo) && text_is_utf8(xclient.helo));
		HOLD(text_is_utf8(xclient.login) && xclient.login.size < 256);
		HOLD(!(xclient.given & XCLIENT_LOGIN) || xclient.login.size);
	} else {
		HOLD(refusal.code == 501 && refusal.text.size);
	}
	arena_finish(&arena);
	return 0;
}
