/* DMARC records of strangers. */
#include "verify/dmarc.h"

#include <stdlib.h>

#include "base/failure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct dmarc_record record;

	failure_clear();
	if (dmarc_record_parse(&arena, slice_make(data, size), &record)) {
		HOLD(record.percent <= 100);
		HOLD(record.policy <= DMARC_POLICY_REJECT);
		HOLD(record.subdomain_policy <= DMARC_POLICY_REJECT);
		HOLD(!record.policy_missing || record.reports.size > 0);
	} else {
		HOLD(failure_kind_last() == FAILURE_DATA);
	}
	arena_finish(&arena);
	return 0;
}
