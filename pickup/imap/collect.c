/* Collects lines and literals; see collect.h. */
#include "imap/collect.h"

#include <string.h>

void imap_collector_init(struct imap_collector *collector)
{
	*collector = (struct imap_collector){
		.line_max = IMAP_LINE_MAX,
		.literal_max = IMAP_LITERAL_OPEN,
		.command_max = IMAP_LINE_MAX + IMAP_LITERAL_OPEN,
	};
}

void imap_collector_finish(struct imap_collector *collector)
{
	buffer_finish(&collector->text);
}

static void start(struct imap_collector *collector)
{
	buffer_clear(&collector->text);
	collector->complete = false;
	collector->streamed = false;
	collector->discards = false;
	collector->lines = collector->line_at = 0;
	collector->literal = 0;
	collector->why = NULL;
}

void imap_collector_drop(struct imap_collector *collector)
{
	start(collector);
	collector->raw = false;
}

void imap_collector_rest(struct imap_collector *collector)
{
	if (collector->complete || !buffer_size(&collector->text)) {
		start(collector);
		buffer_finish(&collector->text);
	}
}

uint64_t imap_collector_wants(const struct imap_collector *collector)
{
	return collector->literal ? collector->literal : 1;
}

static enum imap_collected end_with(
	struct imap_collector *collector, enum imap_collected how, const char *why)
{
	collector->complete = true;
	collector->raw = false;
	collector->why = why;
	return how;
}

/* "{12}" or "~{12+}" at the end of the line: a literal follows. */
static bool find_literal(struct slice line, uint64_t *size_r, bool *waits_r)
{
	size_t at, digits;

	if (!slice_ends(line, SLICE("}")))
		return false;
	at = slice_index_last(line, '{');
	if (at == line.size)
		return false;
	line = slice_part(line, at + 1, line.size - at - 2);
	*waits_r = !slice_ends(line, SLICE("+")) && !slice_ends(line, SLICE("-"));
	digits = *waits_r ? line.size : line.size - 1;
	if (!digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (!ascii_is_digit(line.at[i]))
			return false;
	}
	if (!slice_to_u64(slice_part(line, 0, digits), size_r))
		*size_r = UINT64_MAX; /* larger than anything that is allowed */
	return true;
}

/* Whether the text is an APPEND's or a REPLACE's up to the literal that is its message:
 * the mailbox, which may be a literal, too, stands before it. */
static bool is_message(const struct imap_collector *collector, struct slice before)
{
	struct slice word;

	if (collector->streamed)
		return true;
	(void)slice_cut(&before, ' ');
	word = slice_cut(&before, ' ');
	if (slice_equal_nocase(word, SLICE("UID")))
		word = slice_cut(&before, ' ');
	if (slice_equal_nocase(word, SLICE("REPLACE")))
		(void)slice_cut(&before, ' ');
	else if (!slice_equal_nocase(word, SLICE("APPEND")))
		return false;
	return slice_trim(before).size > 0;
}

static enum imap_collected begin_literal(struct imap_collector *collector,
	uint64_t size, bool waits, struct slice before)
{
	size_t used = buffer_size(&collector->text);
	bool fits = size <= collector->literal_max && used <= collector->command_max &&
		    size <= collector->command_max - used;

	if (collector->streams && !collector->discards &&
		is_message(collector, before)) {
		collector->stream_size = size;
		collector->stream_waits = waits;
		collector->complete = collector->streamed = true;
		return IMAP_STREAM;
	}
	if (!fits && waits)
		return end_with(collector, IMAP_REFUSED, "Literal too large");
	if (!fits && size > IMAP_DISCARD_MAX)
		return end_with(collector, IMAP_FATAL, "Literal too large");
	if (!fits)
		collector->discards = true;
	collector->literal = size;
	collector->line_at = buffer_size(&collector->text);
	if (waits && collector->discards) /* he would wait for ever */
		return end_with(collector, IMAP_REFUSED, "Literal too large");
	return waits ? IMAP_CONTINUE : IMAP_MORE;
}

/* A line has ended. */
static enum imap_collected end_line(struct imap_collector *collector)
{
	struct slice all = buffer_contents(&collector->text);
	struct slice line = slice_from(all, collector->line_at);
	uint64_t size;
	bool waits;

	line.size -= slice_ends(line, SLICE("\r\n")) ? 2 : 1;
	if (!collector->raw && find_literal(line, &size, &waits)) {
		size_t open = slice_index_last(line, '{');
		struct slice before = slice_part(all, 0, collector->line_at + open);

		if (slice_ends(before, SLICE("~")))
			before.size--;
		return begin_literal(collector, size, waits, before);
	}
	if (collector->discards)
		return end_with(collector, IMAP_REFUSED, "Literal too large");
	return end_with(collector, IMAP_COMMAND, NULL);
}

static void take_literal(struct imap_collector *collector, struct slice *bytes)
{
	struct slice part = slice_part(*bytes, 0,
		collector->literal < bytes->size ? (size_t)collector->literal
						 : bytes->size);

	if (!collector->discards)
		buffer_append(&collector->text, part);
	collector->literal -= part.size;
	*bytes = slice_from(*bytes, part.size);
	collector->line_at = buffer_size(&collector->text);
}

/* What was refused does not grow; its lines are kept while they last. */
static enum imap_collected take_line(
	struct imap_collector *collector, struct slice *bytes)
{
	size_t size = slice_index(*bytes, '\n');
	bool ended = size < bytes->size;

	size += ended;
	if (collector->lines + size > collector->line_max)
		return end_with(collector, IMAP_FATAL, "Command line too long");
	collector->lines += size;
	buffer_append(&collector->text, slice_part(*bytes, 0, size));
	*bytes = slice_from(*bytes, size);
	return ended ? end_line(collector) : IMAP_MORE;
}

enum imap_collected imap_collect(
	struct imap_collector *collector, struct slice bytes, size_t *used_r)
{
	struct slice rest = bytes;
	enum imap_collected how = IMAP_MORE;

	if (collector->complete) {
		bool streamed = collector->streamed;

		start(collector);
		collector->streamed = streamed;
	}
	while (rest.size && how == IMAP_MORE) {
		if (collector->literal)
			take_literal(collector, &rest);
		else
			how = take_line(collector, &rest);
	}
	if (how == IMAP_COMMAND || how == IMAP_REFUSED)
		collector->streamed = false;
	*used_r = bytes.size - rest.size;
	return how;
}
