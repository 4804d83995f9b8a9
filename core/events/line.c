/* Lines of events, read again. */
#include "events/line.h"

/* The text whose opening quote AT begins with; false: it does not, or it does not
 * end. AT moves behind it. */
static bool take_text(struct slice *at, struct slice *text_r)
{
	size_t size = 1;

	if (!at->size || at->at[0] != '"')
		return false;
	while (size < at->size && at->at[size] != '"')
		size += at->at[size] == '\\' ? 2 : 1;
	if (size >= at->size)
		return false;
	*text_r = slice_part(*at, 1, size - 1);
	*at = slice_from(*at, size + 1);
	return true;
}

static bool take_byte(struct slice *at, char byte)
{
	if (!at->size || at->at[0] != byte)
		return false;
	*at = slice_from(*at, 1);
	return true;
}

/* Where the value of KEY goes; NULL: behind the last that is looked for. */
static struct slice *place_of(
	struct events_line *line, struct slice key, struct slice *unused)
{
	if (slice_equal(key, SLICE("id")))
		return &line->id;
	if (slice_equal(key, SLICE("event")))
		return &line->event;
	if (slice_equal(key, SLICE("at")))
		return unused;
	if (slice_equal(key, SLICE("message")))
		return &line->message;
	if (slice_equal(key, SLICE("tenant")))
		return &line->tenant;
	return NULL;
}

bool events_line_read(struct slice line, struct events_line *line_r)
{
	struct events_line found = {.known = false};
	struct slice key, unused;

	if (!take_byte(&line, '{'))
		return false;
	do {
		struct slice *place;

		if (!take_text(&line, &key) || !take_byte(&line, ':'))
			return false;
		place = place_of(&found, key, &unused);
		if (!place)
			break;
		if (!take_text(&line, place))
			return false;
	} while (take_byte(&line, ','));
	if (!found.id.size || !found.event.size)
		return false;
	found.known = events_kind_parse(found.event, &found.kind);
	*line_r = found;
	return true;
}
