/* Fuzzes a client's bytes: collected whole and in pieces they give the same
 * commands; what is no command has a reason. */
#include <stdlib.h>

#include "imap/collect.h"
#include "imap/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void parse(struct slice text, struct buffer *log)
{
	for (unsigned utf8 = 0; utf8 < 2; utf8++) {
		struct arena arena = {0};
		struct imap_command command;
		struct imap_error error;
		bool good = imap_parse(&arena, text, utf8, &command, &error);

		MUST(good == !error.text);
		buffer_append_format(
			log, "%d %s\n", command.verb, good ? "" : error.text);
		arena_finish(&arena);
	}
}

static void run(struct slice bytes, size_t piece, struct buffer *log)
{
	struct imap_collector collector;

	imap_collector_init(&collector);
	collector.streams = bytes.size & 1;
	while (bytes.size) {
		size_t used;
		enum imap_collected how = imap_collect(
			&collector, slice_part(bytes, 0, piece), &used);

		bytes = slice_from(bytes, used);
		if (how == IMAP_FATAL)
			break;
		MUST(how == IMAP_MORE ? used : true);
		if (how == IMAP_COMMAND || how == IMAP_STREAM)
			parse(buffer_contents(&collector.text), log);
	}
	imap_collector_finish(&collector);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = slice_make(data, size);
	struct buffer whole = {0}, pieces = {0};

	run(bytes, SIZE_MAX, &whole);
	run(bytes, 3, &pieces);
	MUST(slice_equal(buffer_contents(&whole), buffer_contents(&pieces)));
	buffer_finish(&whole);
	buffer_finish(&pieces);
	return 0;
}
