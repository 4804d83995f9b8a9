/* FETCH's items that are bytes of a message (RFC 9051 6.4.5.1, RFC 3516): found in
 * what is known of its parts, read piece by piece into what goes out. */
#include "imap_server/fetching.h"
#include "mail/mime_decode.h"

#define PIECE	     ((size_t)64 << 10)
#define HEADER_MOST  ((uint64_t)1 << 20) /* of which fields are looked for */
#define DECODED_MOST ((uint64_t)64 << 20)

struct range {
	uint64_t at, size;
};

bool fetching_needs_file(const struct imap_item *item)
{
	return item->kind >= IMAP_ITEM_SECTION;
}

bool fetching_needs_facts(const struct imap_item *item)
{
	const struct imap_section *section = &item->section;

	return item->kind >= IMAP_ITEM_ENVELOPE &&
	       (item->kind < IMAP_ITEM_SECTION || section->number_count ||
		       section->text != IMAP_SECTION_ALL);
}

/* False: there is no such part. */
static bool find(struct fetching *fetching, const struct imap_section *section,
	struct range *range_r, enum mime_encoding *encoding_r)
{
	const struct mime_place *place;
	bool inner = section->text != IMAP_SECTION_ALL &&
		     section->text != IMAP_SECTION_MIME;

	*encoding_r = MIME_IDENTITY;
	if (!section->number_count && section->text == IMAP_SECTION_ALL) {
		*range_r = (struct range){0, fetching->file.size};
		return true;
	}
	if (!fetching->place)
		fetching->place = parts_unpack(&fetching->arena, fetching->facts.parts);
	place = fetching->place ? parts_find(&fetching->section, fetching->place,
					  section->numbers, section->number_count)
				: NULL;
	if (place && inner && section->number_count)
		place = place->shape == MIME_SHAPE_MESSAGE ? place->first : NULL;
	if (!place)
		return false;
	*encoding_r = place->encoding;
	if (section->text == IMAP_SECTION_ALL || section->text == IMAP_SECTION_TEXT)
		*range_r = (struct range){place->body_at, place->body_size};
	else
		*range_r = (struct range){place->header_at, place->header_size};
	return range_r->at <= fetching->file.size &&
	       range_r->size <= fetching->file.size - range_r->at;
}

static void cut(const struct imap_item *item, struct range *range)
{
	uint64_t from = item->from < range->size ? item->from : range->size;

	if (!item->partial)
		return;
	range->at += from;
	range->size -= from;
	if (range->size > item->size)
		range->size = item->size;
}

/* A literal straight from the file. */
static bool write_range(struct fetching *fetching, const struct imap_item *item,
	struct range range, struct deadline deadline)
{
	struct buffer *out = &fetching->dialogue->out;

	fetch_literal(&fetching->writer, item->label, range.size, false);
	while (range.size) {
		size_t size = range.size < PIECE ? (size_t)range.size : PIECE;
		char *to = buffer_reserve(out, size);

		if (!to || !message_read(&fetching->file, range.at, to, size, deadline))
			return false;
		buffer_advance(out, size);
		range.at += size;
		range.size -= size;
		if (!imap_flush_some(fetching->dialogue, deadline))
			return false;
		if (!buffer_size(out))
			fetching->sent = true;
	}
	return true;
}

/* RANGE in memory, of the item's arena. */
static bool read_range(struct fetching *fetching, struct range range,
	struct slice *bytes_r, struct deadline deadline)
{
	char *at = arena_take(&fetching->section, (size_t)range.size + 1);

	if (range.size && !message_read(&fetching->file, range.at, at,
				  (size_t)range.size, deadline))
		return false;
	*bytes_r = slice_make(at, (size_t)range.size);
	return true;
}

static void write_text(
	struct fetching *fetching, const struct imap_item *item, struct slice text)
{
	struct range range = {0, text.size};

	cut(item, &range);
	text = slice_part(text, (size_t)range.at, (size_t)range.size);
	fetch_literal(&fetching->writer, item->label, text.size,
		item->kind == IMAP_ITEM_BINARY && slice_index(text, '\0') < text.size);
	buffer_append(&fetching->dialogue->out, text);
}

static bool is_wanted(const struct imap_section *section, struct slice field)
{
	struct slice name = slice_trim(slice_part(field, 0, slice_index(field, ':')));
	bool named = false;

	for (size_t i = 0; i < section->name_count && !named; i++)
		named = slice_equal_nocase(section->names[i], name);
	return named == (section->text == IMAP_SECTION_FIELDS);
}

/* The fields that are wanted, as they are, and the blank line, if there is one (RFC
 * 9051 6.4.5.1). */
static struct slice pick_fields(
	struct arena *arena, const struct imap_section *section, struct slice header)
{
	char *text = arena_take(arena, header.size + 2), *at = text;
	bool wanted = false, blank = false;

	while (header.size && !blank) {
		size_t size = slice_index(header, '\n');
		struct slice line = slice_part(header, 0, size + 1);

		header = slice_from(header, line.size);
		blank = slice_equal(line, SLICE("\r\n")) ||
			slice_equal(line, SLICE("\n"));
		if (blank)
			break;
		if (line.at[0] != ' ' && line.at[0] != '\t')
			wanted = is_wanted(section, line);
		for (size_t i = 0; wanted && i < line.size; i++)
			*at++ = line.at[i];
	}
	if (blank) {
		*at++ = '\r';
		*at++ = '\n';
	}
	return slice_make(text, (size_t)(at - text));
}

static bool write_fields(struct fetching *fetching, const struct imap_item *item,
	struct range range, struct deadline deadline)
{
	struct slice header;

	if (range.size > HEADER_MOST)
		range.size = HEADER_MOST;
	if (!read_range(fetching, range, &header, deadline))
		return false;
	write_text(fetching, item,
		pick_fields(&fetching->section, &item->section, header));
	return true;
}

/* Without its Content-Transfer-Encoding. */
static bool write_decoded(struct fetching *fetching, const struct imap_item *item,
	struct range range, enum mime_encoding encoding, struct deadline deadline)
{
	bool base64 = encoding == MIME_BASE64;
	struct slice bytes;

	if (encoding == MIME_UNKNOWN_ENCODING || range.size > DECODED_MOST) {
		fetching->any_unknown = true;
		fetch_text(&fetching->writer, item->label, SLICE_EMPTY);
		return true;
	}
	if (!read_range(fetching, range, &bytes, deadline))
		return false;
	if (encoding != MIME_IDENTITY)
		bytes = mime_decode(&fetching->section,
			base64 ? SLICE("base64") : SLICE("quoted-printable"), bytes,
			bytes.size);
	if (item->kind == IMAP_ITEM_BINARY_SIZE)
		fetch_size(&fetching->writer, item->label, bytes.size);
	else
		write_text(fetching, item, bytes);
	return true;
}

bool fetching_write_section(struct fetching *fetching, const struct imap_item *item,
	struct deadline deadline)
{
	enum imap_section_text text = item->section.text;
	enum mime_encoding encoding;
	struct range range;
	bool found;

	arena_reset(&fetching->section);
	found = find(fetching, &item->section, &range, &encoding);
	if (!found && item->kind == IMAP_ITEM_BINARY_SIZE)
		fetch_size(&fetching->writer, item->label, 0);
	else if (!found)
		fetch_text(&fetching->writer, item->label, SLICE_EMPTY);
	if (!found)
		return true;
	if (item->kind != IMAP_ITEM_SECTION)
		return write_decoded(fetching, item, range, encoding, deadline);
	if (text == IMAP_SECTION_FIELDS || text == IMAP_SECTION_FIELDS_NOT)
		return write_fields(fetching, item, range, deadline);
	cut(item, &range);
	return write_range(fetching, item, range, deadline);
}
