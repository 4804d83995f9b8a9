/* Key records: whatever DNS says is read or refused in words. */
#include "dkim/record.h"

#include <stdlib.h>

#include "base/failure.h"
#include "dkim/tags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static const char pem[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
	"-----END PRIVATE KEY-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dkim_key *key;
	struct slice text = slice_make(data, size);
	struct arena arena = {0};
	struct dkim_record record;

	if (!key)
		key = dkim_key_create(SLICE("example.com"), SLICE("s"), slice_of(pem));
	failure_clear();
	if (dkim_record_parse(&arena, text, &record)) {
		HOLD(record.revoked == (record.text.size == 0));
		HOLD(record.revoked || record.key.size > 0);
	} else {
		HOLD(failure_kind_last() == FAILURE_DATA);
	}
	failure_clear();
	if (!dkim_key_matches_record(key, text))
		HOLD(failure_kind_last() == FAILURE_DATA);
	arena_finish(&arena);
	return 0;
}
