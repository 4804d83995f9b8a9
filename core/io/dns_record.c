/*
 * Reads the data of resource records into struct dns_record.
 */
#include "io/dns_record.h"

#include <string.h>

#include "io/dns_name.h"

static bool read_address(struct slice data, struct dns_record *record, bool mapped);
static bool read_text(
	struct slice data, struct arena *arena, struct dns_record *record);
static bool read_tlsa(
	struct slice data, struct arena *arena, struct dns_record *record);

bool dns_record_read(struct slice message, const struct dns_place *place,
	struct arena *arena, struct dns_record *record, bool *usable_r)
{
	struct slice data = slice_part(message, place->data, place->size);
	const unsigned char *bytes = (const unsigned char *)data.at;
	size_t from = 0;

	*usable_r = true;
	switch (place->type) {
	case DNS_A:
	case DNS_AAAA:
		return read_address(data, record, place->type == DNS_A);
	case DNS_TXT:
		*usable_r = data.size > 0;
		return read_text(data, arena, record);
	case DNS_TLSA:
		return read_tlsa(data, arena, record);
	case DNS_MX:
		if (data.size < 2)
			return false;
		record->preference = (uint16_t)(bytes[0] << 8 | bytes[1]);
		from = 2;
		break;
	default: /* CNAME, PTR */
		break;
	}
	if (!dns_record_read_name(message, place, from, arena, &record->name))
		return false;
	*usable_r = record->name.at;
	return true;
}

bool dns_record_read_name(struct slice message, const struct dns_place *place,
	size_t from, struct arena *arena, struct slice *name_r)
{
	size_t at = place->data + from;
	char text[DNS_NAME_SIZE];
	struct slice name;

	if (!dns_name_read(message, &at, text, &name) ||
		at != place->data + place->size)
		return false;
	if (slice_index(name, ' ') < name.size)
		name = SLICE_EMPTY;
	*name_r = name.at ? arena_copy(arena, name) : SLICE_EMPTY;
	return true;
}

static bool read_address(struct slice data, struct dns_record *record, bool mapped)
{
	if (data.size != (mapped ? 4 : 16))
		return false;
	if (mapped)
		memset(record->address.s6_addr + 10, 0xff, 2);
	memcpy(record->address.s6_addr + (mapped ? 12 : 0), data.at, data.size);
	return true;
}

static bool read_text(struct slice data, struct arena *arena, struct dns_record *record)
{
	char *text = arena_take(arena, data.size + 1);
	size_t size = 0, at = 0;

	while (at < data.size) {
		size_t length = (unsigned char)data.at[at++];

		if (length > data.size - at)
			return false;
		memcpy(text + size, data.at + at, length);
		size += length;
		at += length;
	}
	record->name = slice_make(text, size);
	return true;
}

static bool read_tlsa(struct slice data, struct arena *arena, struct dns_record *record)
{
	if (data.size < 3)
		return false;
	record->usage = (uint8_t)data.at[0];
	record->selector = (uint8_t)data.at[1];
	record->matching = (uint8_t)data.at[2];
	record->data = arena_copy(arena, slice_from(data, 3));
	return true;
}
