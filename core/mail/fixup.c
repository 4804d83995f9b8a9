/* Builds the header that a submitted message goes out with; see fixup.h. */
#include "mail/fixup.h"

#include "base/clock.h"
#include "mail/msgid.h"

static bool is_left_out(const struct header_field *field, bool passed_on);
static void add(struct fixup *fixup, struct slice *pieces, struct slice piece);
static void add_kept(struct fixup *fixup, struct slice *pieces,
	const struct header *header, bool passed_on);
static void add_missing(struct arena *arena, const struct header *header,
	const struct fixup_facts *facts, struct fixup *fixup, struct slice *pieces);
static struct slice date_field(struct arena *arena, int64_t wall_ms);

void fixup_build(struct arena *arena, const struct header *header,
	const struct fixup_facts *facts, struct fixup *fixup_r)
{
	/* Each field left out cuts the block once more; nine pieces are new. */
	size_t room = header->malformed + header->counts[HEADER_BCC] +
		      header->counts[HEADER_RESENT_BCC] +
		      header->counts[HEADER_RETURN_PATH] +
		      header->counts[HEADER_PRIVATE] + 10;
	struct slice *pieces = arena_take_array(arena, room, sizeof(*pieces));
	struct fixup fixup = {.pieces = pieces,
		.from_missing = !header->counts[HEADER_FROM],
		.duplicates = header_duplicates(header)};

	add(&fixup, pieces, fixup_received(arena, facts));
	add_kept(&fixup, pieces, header, facts->passed_on);
	add(&fixup, pieces, facts->added);
	if (!facts->passed_on)
		add_missing(arena, header, facts, &fixup, pieces);
	add(&fixup, pieces, SLICE("\r\n"));
	*fixup_r = fixup;
}

static void add_missing(struct arena *arena, const struct header *header,
	const struct fixup_facts *facts, struct fixup *fixup, struct slice *pieces)
{
	const struct header_field *id = header_find(header, HEADER_MESSAGE_ID);

	if (!header->counts[HEADER_DATE]) {
		add(fixup, pieces,
			date_field(arena, facts->release_ms ? facts->release_ms
							    : facts->date_ms));
		fixup->date_added = true;
	}
	if (facts->priority_field)
		add(fixup, pieces,
			arena_format(arena, "MT-Priority: %d\r\n", facts->priority));
	if (id) {
		fixup->message_id = msgid_parse(id->value);
		return;
	}
	fixup->message_id = msgid_make(arena, facts->queue_id, facts->hostname);
	add(fixup, pieces, SLICE("Message-ID: "));
	add(fixup, pieces, fixup->message_id);
	add(fixup, pieces, SLICE("\r\n"));
	fixup->message_id_added = true;
}

/* Neighbours that stay make one piece. */
static void add_kept(struct fixup *fixup, struct slice *pieces,
	const struct header *header, bool passed_on)
{
	struct slice run = SLICE_EMPTY;

	for (size_t i = 0; i < header->count; i++) {
		const struct header_field *field = &header->fields[i];

		if (is_left_out(field, passed_on)) {
			fixup->removed++;
			add(fixup, pieces, run);
			run = SLICE_EMPTY;
		} else if (run.size) {
			run.size += field->whole.size;
		} else {
			run = field->whole;
		}
	}
	add(fixup, pieces, run);
	/* A message that ended in its header may have no last line end. */
	if (run.size && run.at[run.size - 1] != '\n')
		add(fixup, pieces, SLICE("\r\n"));
}

static bool is_left_out(const struct header_field *field, bool passed_on)
{
	if (!field->name.size) {
		/* mbox's line, and a fold that would join the field before it */
		return slice_starts(field->whole, SLICE("From ")) ||
		       *field->whole.at == ' ' || *field->whole.at == '\t';
	}
	if (field->known == HEADER_BCC || field->known == HEADER_RESENT_BCC)
		return !passed_on;
	return field->known == HEADER_RETURN_PATH || field->known == HEADER_PRIVATE;
}

static void add(struct fixup *fixup, struct slice *pieces, struct slice piece)
{
	if (!piece.size)
		return;
	pieces[fixup->count++] = piece;
	fixup->size += piece.size;
}

static struct slice date_field(struct arena *arena, int64_t wall_ms)
{
	char date[CLOCK_TEXT_SIZE];

	return arena_format(
		arena, "Date: %.*s\r\n", SLICE_PRINT(clock_format_mail(wall_ms, date)));
}
