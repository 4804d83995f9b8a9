/* Files of suppressed addresses: each line is read or refused, and what was read is
 * the same when it was written and read again. */
#include "report/suppression_file.h"

#include <stdlib.h>

#include "base/failure.h"
#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static const char *const names[] = {"address", "tenant", "reason", "detail"};

static void check_again(struct value *entry)
{
	struct buffer text = {0};
	struct suppression_file *file;
	struct value *again = NULL;
	FILE *stream;

	suppression_file_print_names(&text);
	suppression_file_print(entry, &text);
	stream = fmemopen(text.bytes + text.start, buffer_size(&text), "r");
	file = suppression_file_open(stream);
	if (suppression_file_next(file, &again) == SUPPRESSION_LINE) {
		HOLD(slice_equal(slice_trim_all(value_get_text(entry, names[0])),
			value_get_text(again, names[0])));
		HOLD(slice_equal(slice_trim_all(value_get_text(entry, names[1])),
			value_get_text(again, names[1])));
		value_release(&again);
	}
	suppression_file_close(&file);
	fclose(stream);
	buffer_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct suppression_file *file;
	enum suppression_line line;
	struct value *entry;
	FILE *stream;
	size_t count = 0;

	if (size == 0)
		return 0;
	stream = fmemopen((void *)(uintptr_t)data, size, "r");
	file = suppression_file_open(stream);
	while ((line = suppression_file_next(file, &entry)) != SUPPRESSION_LINE_END) {
		HOLD(count++ <= size && suppression_file_line(file) <= size);
		if (line == SUPPRESSION_LINE_WRONG) {
			HOLD(failure_kind_last() == FAILURE_DATA);
			continue;
		}
		check_again(entry);
		value_release(&entry);
	}
	HOLD(failure_kind_last() == FAILURE_NONE);
	suppression_file_close(&file);
	fclose(stream);
	return 0;
}
