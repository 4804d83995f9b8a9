/*
 * What is read of events: a line that was written from anything is read as what
 * was meant; lines, cursors and webhooks of anything are read within bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "events/cursor.h"
#include "events/encode.h"
#include "events/line.h"
#include "events/packed.h"
#include "events/webhook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PACKED_MAX 4096

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static bool is_inside(struct slice part, struct slice whole)
{
	return part.size == 0 ||
	       (part.at >= whole.at && part.at + part.size <= whole.at + whole.size);
}

static void read_line(struct slice text)
{
	struct events_line line;

	if (!events_line_read(text, &line))
		return;
	HOLD(line.id.size && line.event.size);
	HOLD(is_inside(line.id, text) && is_inside(line.event, text) &&
		is_inside(line.message, text) && is_inside(line.tenant, text));
}

static void write_line(struct slice text)
{
	static char line[EVENTS_LINE_MAX];
	struct events_fact fact = {.kind = EVENTS_BOUNCED,
		.message = SLICE("m1"),
		.tenant = SLICE("shop"),
		.sender = true};
	struct events_line read;
	size_t written;

	fact.from = slice_part(text, 0, text.size / 3);
	fact.rcpt = slice_part(text, text.size / 3, text.size / 3);
	fact.reply = text;
	fact.tags = text;
	written = events_encode(&fact, SLICE("1-1"), SLICE("now"), line);
	HOLD(written <= EVENTS_LINE_MAX && line[written - 1] == '\n');
	HOLD(!memchr(line, '\n', written - 1));
	HOLD(events_line_read(slice_make(line, written), &read));
	HOLD(read.known && read.kind == EVENTS_BOUNCED);
	HOLD(slice_equal(read.message, SLICE("m1")));
	HOLD(slice_equal(read.tenant, SLICE("shop")));
}

static void read_cursor(struct slice text)
{
	struct cursor cursor, again;
	char printed[CURSOR_SIZE];

	if (!cursor_parse(text, &cursor))
		return;
	HOLD(cursor_parse(cursor_print(&cursor, printed), &again));
	HOLD(cursor.ms == again.ms && cursor.sequence == again.sequence &&
		cursor.lines == again.lines);
}

static void read_webhook(struct slice text)
{
	struct arena arena = {0};
	struct webhook webhook, again;

	if (webhook_unpack(SLICE("hook"), text, &arena, &webhook)) {
		HOLD(webhook_check(&webhook));
		HOLD(webhook_unpack(
			SLICE("hook"), webhook_pack(&webhook, &arena), &arena, &again));
		HOLD(webhook_equal(&webhook, &again));
	}
	arena_finish(&arena);
}

/* Until it is long enough to be packed, each time with another byte changed. */
static void pack_lines(struct slice text)
{
	static struct packer *packer;
	static struct unpacker *unpacker;
	static char lines[PACKED_MAX];
	size_t size = 0;
	struct slice packed;

	if (!text.size || text.size > PACKED_MAX / 4)
		return;
	if (!packer) {
		packer = packer_create(PACKED_MAX);
		unpacker = unpacker_create(PACKED_MAX);
	}
	for (size_t i = 0; size + text.size <= PACKED_MAX; i++) {
		memcpy(lines + size, text.at, text.size);
		lines[size + i * 7 % text.size] ^= (char)(i & 1);
		size += text.size;
	}
	packed = packer_pack(packer, slice_make(lines, size));
	HOLD(packed.size < size);
	HOLD(!packed.size ||
		slice_equal(unpacker_lines(unpacker, packed), slice_make(lines, size)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make(data, size);

	read_line(text);
	write_line(text);
	read_cursor(text);
	read_webhook(text);
	pack_lines(text);
	return 0;
}
