/* How far a reader of the stream has come. */
#include "events/cursor.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/failure.h"

bool cursor_parse(struct slice text, struct cursor *cursor_r)
{
	struct slice rest = text, id = slice_cut(&rest, '.'), ms = slice_cut(&id, '-');
	struct cursor cursor = {0};

	if (!slice_to_u64(ms, &cursor.ms) ||
		(id.at && !slice_to_u64(id, &cursor.sequence)) ||
		(rest.at && (!slice_to_u64(rest, &cursor.lines) || !cursor.lines)))
		return fail(FAILURE_DATA,
			"\"%.*s\" is no cursor; one is written like 1763758138113-0",
			SLICE_PRINT(slice_part(text, 0, CURSOR_SIZE)));
	*cursor_r = cursor;
	return true;
}

static struct slice print(
	const struct cursor *cursor, const char *before, char text[CURSOR_SIZE])
{
	int size = snprintf(text, CURSOR_SIZE, "%s%" PRIu64 "-%" PRIu64, before,
		cursor->ms, cursor->sequence);

	return slice_make(text, (size_t)size);
}

struct slice cursor_print(const struct cursor *cursor, char text[CURSOR_SIZE])
{
	struct slice id = print(cursor, "", text);
	int more = 0;

	if (cursor->lines)
		more = snprintf(text + id.size, CURSOR_SIZE - id.size, ".%" PRIu64,
			cursor->lines);
	return slice_make(text, id.size + (size_t)more);
}

struct slice cursor_begin(const struct cursor *cursor, char text[CURSOR_SIZE])
{
	return print(cursor, cursor->lines ? "" : "(", text);
}

bool cursor_is_behind(const struct cursor *cursor, const struct cursor *gone)
{
	if (cursor->ms != gone->ms)
		return cursor->ms < gone->ms;
	if (cursor->sequence != gone->sequence)
		return cursor->sequence < gone->sequence;
	return cursor->lines > 0;
}
