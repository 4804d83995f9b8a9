/*
 * Fuzzes headers: the end is found at the same place whatever the cuts, the
 * fields together are the header, and what fixup makes of it is a header.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "mail/fixup.h"
#include "mail/header.h"
#include "mail/mime_part.h"
#include "mail/msgid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static struct header_end find_end(struct slice message, uint8_t cuts)
{
	struct header_end end = {0};

	while (message.size && !end.found) {
		struct slice chunk = slice_part(
			message, 0, cuts ? 1u + cuts % 50 : SIZE_MAX);

		header_end_find(&end, chunk);
		message = slice_from(message, chunk.size);
		cuts = cuts ? (uint8_t)(cuts * 5 + 1) : 0;
	}
	header_end_finish(&end);
	return end;
}

static void read_fields(struct arena *arena, const struct header *header)
{
	size_t sum = 0, known = 0;

	for (size_t i = 0; i < header->count; i++) {
		const struct header_field *field = &header->fields[i];
		struct slice value = header_unfold(arena, field->value);
		struct mime_type type;

		MUST(field->whole.at == header->block.at + sum);
		MUST(value.size <= field->value.size);
		sum += field->whole.size;
		msgid_parse(field->value);
		mime_type_parse(field->value, &type);
		mime_encoding_parse(field->value);
	}
	MUST(sum == header->block.size);
	for (size_t i = 0; i < HEADER_NAME_COUNT; i++)
		known += header->counts[i];
	MUST(known == header->count);
	header_hops_by(header, SLICE("a.example"));
	header_was_delivered_to(header, SLICE("a@a.example"));
}

static void fix(struct arena *arena, const struct header *header, struct slice fact)
{
	struct fixup_facts facts = {.hostname = SLICE("mail.example.com"),
		.helo = fact,
		.client_name = fact,
		.client_address = fact,
		.account = fact,
		.recipient = fact,
		.queue_id = SLICE("1"),
		.utf8 = fact.size % 2};
	struct fixup fixup;
	struct buffer out = {0};
	struct header again;
	struct header_end end = {0};

	fixup_build(arena, header, &facts, &fixup);
	for (size_t i = 0; i < fixup.count; i++)
		buffer_append(&out, fixup.pieces[i]);
	MUST(buffer_size(&out) == fixup.size);
	header_end_find(&end, buffer_contents(&out));
	MUST(end.found && end.size > 0);
	if (slice_find(header->block, SLICE("\r\n\r\n")) == header->block.size)
		MUST(end.body_at == fixup.size);
	MUST(header_scan(
		arena, slice_part(buffer_contents(&out), 0, end.size), 0, 0, &again));
	MUST(!again.counts[HEADER_BCC] && !again.counts[HEADER_RETURN_PATH]);
	MUST(again.fields[0].known == HEADER_RECEIVED);
	buffer_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct slice message;
	struct header_end end, cut;
	struct header header;

	if (!size)
		return 0;
	message = slice_make(data + 1, size - 1);
	end = find_end(message, 0);
	cut = find_end(message, data[0]);
	MUST(end.found && cut.found && end.size == cut.size &&
		end.body_at == cut.body_at);
	MUST(end.size <= end.body_at && end.body_at <= message.size);
	MUST(header_scan(&arena, slice_part(message, 0, end.size), 0, 0, &header));
	read_fields(&arena, &header);
	fix(&arena, &header, slice_part(message, 0, data[0]));
	header_scan(&arena, message, 100, 10000, &header);
	arena_finish(&arena);
	return 0;
}
