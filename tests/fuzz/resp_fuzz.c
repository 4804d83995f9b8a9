/*
 * What calls itself a Redis says anything, in pieces of any size (the first
 * byte chooses): the replies are the same as from one piece, and bounded.
 */
#include "io/resp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static size_t weigh(const struct redis_reply *reply, unsigned depth)
{
	struct slice text = redis_reply_text(reply);
	size_t weight = 1 + (size_t)redis_reply_kind(reply) + text.size;

	HOLD(depth < 10);
	for (size_t i = 0; i < text.size; i++)
		weight += (unsigned char)text.at[i];
	for (size_t i = 0; i < redis_reply_count(reply); i++)
		weight = weight * 31 + weigh(redis_reply_at(reply, i), depth + 1);
	if (redis_reply_kind(reply) == REDIS_ERROR)
		HOLD(!redis_reply_fail(reply));
	return weight + (size_t)redis_reply_number(reply);
}

/* The weight of all replies in pieces of STEP bytes. */
static size_t read_all(struct slice input, size_t step)
{
	struct resp_reader *reader = resp_reader_create();
	size_t weight = 0;
	int got = 0;

	for (size_t at = 0; at < input.size && got >= 0; at += step) {
		struct redis_reply *reply;

		if (!resp_reader_feed(reader, slice_part(input, at, step)))
			break;
		while ((got = resp_reader_next(reader, &reply)) > 0) {
			weight = weight * 33 + weigh(reply, 0);
			redis_reply_free(&reply);
		}
	}
	resp_reader_destroy(&reader);
	return weight;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input;

	if (!size)
		return 0;
	input = slice_make(data + 1, size - 1);
	HOLD(read_all(input, 1 + data[0] % 16) == read_all(input, size));
	return 0;
}
