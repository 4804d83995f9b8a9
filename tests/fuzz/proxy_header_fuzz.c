/*
 * Headers of the PROXY protocol: what is understood of a beginning stays so
 * when more comes, and no more is taken than is there.
 */
#include "serve/proxy_header.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum proxy_verdict last = PROXY_MORE;
	struct proxy_header first = {0}, header = {0};

	if (size > 2 * PROXY_HEADER_MAX)
		return 0;
	for (size_t cut = 0; cut <= size; cut++) {
		enum proxy_verdict verdict = proxy_header_parse(
			slice_make(data, cut), &header);

		HOLD(last == PROXY_MORE || verdict == last);
		if (verdict == PROXY_DONE && last != PROXY_DONE)
			first = header;
		if (verdict == PROXY_DONE)
			HOLD(header.size == first.size && header.size <= cut &&
				header.size <= PROXY_HEADER_MAX);
		HOLD(verdict != PROXY_MORE || cut < PROXY_HEADER_MAX);
		last = verdict;
	}
	return 0;
}
