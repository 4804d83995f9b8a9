/* Makes, packs and reads the facts of a message; see facts.h. */
#include "mime/facts.h"

#include "mail/date.h"
#include "mail/mime_decode.h"
#include "mime/addresses.h"
#include "mime/envelope.h"
#include "mime/ids.h"
#include "mime/parts.h"
#include "mime/preview.h"
#include "mime/structure.h"
#include "mime/subject.h"
#include "mime/tree.h"
#include "mime/varint.h"

enum { HAS_DATE = 1, IS_ANSWER = 2 };

struct maker {
	struct arena arena;
	const struct mime_entity *entity;
	struct facts facts;
};

/* Of the first address: its mailbox, and what is shown of it (RFC 5957 3). */
static void first_address(struct maker *maker, enum header_name name,
	struct slice *mailbox_r, struct slice *display_r)
{
	const struct header_field *field = header_find(&maker->entity->header, name);
	const struct mime_address *list;
	size_t count = 0;

	if (field)
		addresses_read(&maker->arena, field->value, &list, &count);
	if (!count)
		return;
	*mailbox_r = list[0].mailbox;
	if (!display_r)
		return;
	*display_r = mime_decode_words(&maker->arena, list[0].name);
	if (!display_r->size && list[0].kind == MIME_ADDRESS && list[0].host.size)
		*display_r = arena_format(&maker->arena, "%.*s@%.*s",
			SLICE_PRINT(list[0].mailbox), SLICE_PRINT(list[0].host));
	else if (!display_r->size)
		*display_r = list[0].mailbox;
}

static struct slice field_of(struct maker *maker, enum header_name name)
{
	return mime_field(maker->entity, &maker->arena, name);
}

static void set_references(struct maker *maker)
{
	struct slice value = field_of(maker, HEADER_REFERENCES), id;
	struct slice list[FACTS_REFERENCES];
	struct buffer joined = {0};
	size_t count = 0, first;

	while (ids_next(&maker->arena, &value, &id))
		list[count++ % FACTS_REFERENCES] = id;
	value = field_of(maker, HEADER_IN_REPLY_TO);
	if (!count && ids_next(&maker->arena, &value, &id))
		list[count++] = id;
	first = count > FACTS_REFERENCES ? count - FACTS_REFERENCES : 0;
	for (size_t i = first; i < count; i++) {
		buffer_append(&joined, list[i % FACTS_REFERENCES]);
		buffer_append_byte(&joined, '\n');
	}
	maker->facts.references = arena_copy(&maker->arena, buffer_contents(&joined));
	buffer_finish(&joined);
}

static void set_header_facts(struct maker *maker)
{
	struct facts *facts = &maker->facts;
	struct slice id = field_of(maker, HEADER_MESSAGE_ID);
	struct mail_date date;

	facts->subject = subject_base(
		&maker->arena, field_of(maker, HEADER_SUBJECT), &facts->is_answer);
	first_address(maker, HEADER_FROM, &facts->from, &facts->from_display);
	first_address(maker, HEADER_TO, &facts->to, &facts->to_display);
	first_address(maker, HEADER_CC, &facts->cc, NULL);
	if (!ids_next(&maker->arena, &id, &facts->message_id))
		facts->message_id = SLICE_EMPTY;
	set_references(maker);
	facts->has_date = date_parse(field_of(maker, HEADER_DATE), &date);
	facts->sent_ms = facts->has_date ? date.wall_ms : 0;
	facts->header_size = maker->entity->header_size;
}

/* All texts, in the order in which they are packed. */
#define TEXTS(facts)                                                           \
	{                                                                      \
		&(facts)->envelope, &(facts)->structure, &(facts)->body,       \
			&(facts)->parts, &(facts)->preview, &(facts)->subject, \
			&(facts)->from, &(facts)->to, &(facts)->cc,            \
			&(facts)->from_display, &(facts)->to_display,          \
			&(facts)->message_id, &(facts)->references,            \
	}

static void pack(struct facts *facts, struct buffer *out)
{
	const struct slice *const texts[] = TEXTS(facts);

	varint_put(out, FACTS_VERSION);
	varint_put(out, (facts->has_date ? HAS_DATE : 0u) |
				(facts->is_answer ? IS_ANSWER : 0u));
	varint_put(out, (uint64_t)facts->sent_ms);
	varint_put(out, facts->header_size);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		varint_put(out, texts[i]->size);
		buffer_append(out, *texts[i]);
	}
}

void facts_make(struct slice message, struct buffer *out)
{
	struct maker maker = {.facts = {.has_date = false}};
	struct buffer texts[4] = {0};

	maker.entity = mime_tree(&maker.arena, message);
	envelope_write(&maker.entity->header, &maker.arena, &texts[0]);
	structure_write(maker.entity, true, &maker.arena, &texts[1]);
	structure_write(maker.entity, false, &maker.arena, &texts[2]);
	parts_pack(maker.entity, &maker.arena, &texts[3]);
	maker.facts.envelope = buffer_contents(&texts[0]);
	maker.facts.structure = buffer_contents(&texts[1]);
	maker.facts.body = buffer_contents(&texts[2]);
	maker.facts.parts = buffer_contents(&texts[3]);
	maker.facts.preview = preview_of(&maker.arena, message, maker.entity);
	set_header_facts(&maker);
	pack(&maker.facts, out);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		buffer_finish(&texts[i]);
	arena_finish(&maker.arena);
}

bool facts_read(struct slice packed, struct facts *facts_r)
{
	struct slice *const texts[] = TEXTS(facts_r);
	uint64_t version, bits, sent, size;

	*facts_r = (struct facts){.has_date = false};
	if (!varint_take(&packed, &version) || version != FACTS_VERSION ||
		!varint_take(&packed, &bits) || !varint_take(&packed, &sent) ||
		!varint_take(&packed, &facts_r->header_size))
		return false;
	facts_r->has_date = bits & HAS_DATE;
	facts_r->is_answer = bits & IS_ANSWER;
	facts_r->sent_ms = (int64_t)sent;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!varint_take(&packed, &size) || size > packed.size)
			return false;
		*texts[i] = slice_part(packed, 0, (size_t)size);
		packed = slice_from(packed, (size_t)size);
	}
	return packed.size == 0;
}
