/* The stream, read from a cursor on. */
#include "events/reader.h"

#include <stdio.h>

#include "base/failure.h"
#include "events/call.h"
#include "events/events.h"
#include "events/packed.h"
#include "events/stream_size.h"
#include "run/fiber.h"

#define TEXT_OF(number)	 TEXT_OF2(number)
#define TEXT_OF2(number) #number

static struct slice field_of(const struct redis_reply *entry, struct slice name)
{
	const struct redis_reply *fields = redis_reply_at(entry, 1);

	for (size_t i = 0; i + 1 < redis_reply_count(fields); i += 2)
		if (slice_equal(redis_reply_text(redis_reply_at(fields, i)), name))
			return redis_reply_text(redis_reply_at(fields, i + 1));
	return SLICE_EMPTY;
}

/* Valid until the next entry's. Of one that is damaged there are none. */
static struct slice lines_of(
	const struct redis_reply *entry, struct unpacker **unpacker)
{
	struct slice packed = field_of(entry, SLICE(EVENTS_PACKED));

	if (!packed.size)
		return field_of(entry, SLICE(EVENTS_LINES));
	if (!*unpacker)
		*unpacker = unpacker_create(EVENTS_BATCH_BYTES + EVENTS_LINE_MAX);
	return unpacker_lines(*unpacker, packed);
}

/* False: a line was not taken. */
static bool visit_entry(struct reader *reader, const struct cursor *id,
	struct slice lines, uint64_t skip)
{
	struct cursor before = reader->cursor;

	for (uint64_t number = 1; lines.size; number++) {
		struct slice line = slice_cut(&lines, '\n');

		if (number <= skip)
			continue;
		reader->cursor = *id;
		if (lines.size)
			reader->cursor.lines = number;
		if (!reader->visit(reader->context, line)) {
			reader->cursor = before;
			return false;
		}
		before = reader->cursor;
	}
	reader->cursor = *id;
	return true;
}

bool reader_read(struct reader *reader, bool *more_r, struct deadline deadline)
{
	char begin[CURSOR_SIZE];
	struct slice argv[] = {SLICE("XRANGE"), SLICE(EVENTS_STREAM),
		cursor_begin(&reader->cursor, begin), SLICE("+"), SLICE("COUNT"),
		SLICE(TEXT_OF(READER_ENTRIES))};
	struct unpacker *unpacker = NULL;
	struct redis_reply *reply = NULL;
	size_t count;
	bool goes_on = true;

	if (!events_call(reader->redis, ARRAY_COUNT(argv), argv, &reply, deadline))
		return false;
	count = redis_reply_count(reply);
	for (size_t i = 0; goes_on && i < count; i++) {
		const struct redis_reply *entry = redis_reply_at(reply, i);
		struct cursor id;
		uint64_t skip;

		if (!cursor_parse(redis_reply_text(redis_reply_at(entry, 0)), &id))
			continue;
		skip = id.ms == reader->cursor.ms &&
				       id.sequence == reader->cursor.sequence
			       ? reader->cursor.lines
			       : 0;
		goes_on = visit_entry(reader, &id, lines_of(entry, &unpacker), skip);
		if (i + 1 < count)
			fiber_yield(deadline);
	}
	unpacker_destroy(&unpacker);
	redis_reply_free(&reply);
	*more_r = count > 0;
	return true;
}

bool reader_seek_end(struct reader *reader, struct deadline deadline)
{
	struct slice argv[] = {SLICE("XREVRANGE"), SLICE(EVENTS_STREAM), SLICE("+"),
		SLICE("-"), SLICE("COUNT"), SLICE("1")};
	struct redis_reply *reply = NULL;
	struct cursor gone;
	struct slice id;
	bool good, cut;

	if (!events_call(reader->redis, ARRAY_COUNT(argv), argv, &reply, deadline))
		return false;
	id = redis_reply_text(redis_reply_at(redis_reply_at(reply, 0), 0));
	good = id.size == 0 || cursor_parse(id, &reader->cursor);
	if (id.size == 0) {
		reader->cursor = (struct cursor){0};
		good = reader_check(reader, &cut, &gone, deadline);
		if (good && cut)
			reader->cursor = gone;
	}
	redis_reply_free(&reply);
	return good;
}

bool reader_check(struct reader *reader, bool *missed_r, struct cursor *gone_r,
	struct deadline deadline)
{
	struct slice argv[] = {SLICE("GET"), SLICE(EVENTS_TRIMMED)};
	struct redis_reply *reply = NULL;
	struct slice id;
	bool good;

	if (!events_call(reader->redis, ARRAY_COUNT(argv), argv, &reply, deadline))
		return false;
	id = redis_reply_text(reply);
	good = id.size == 0 || cursor_parse(id, gone_r);
	*missed_r = good && id.size && cursor_is_behind(&reader->cursor, gone_r);
	redis_reply_free(&reply);
	return good;
}
