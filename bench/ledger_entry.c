/* A line of a ledger, written and read. */
#include "bench/ledger_entry.h"

#include <string.h>

#include "base/encode.h"

#include "bench/amount.h"

static void append_text(struct buffer *buffer, struct slice text);
static void append_number(struct buffer *buffer, uint64_t number);
static bool read_time(struct slice text, int64_t *wall_ms_r);
static bool read_crc(struct slice text, uint32_t *crc_r);

void ledger_entry_write(struct buffer *buffer, const struct ledger_entry *entry)
{
	uint64_t part = (uint64_t)entry->wall_ms % 1000;
	uint8_t crc[4];
	char text[8] = {'.', (char)('0' + part / 100), (char)('0' + part / 10 % 10),
		(char)('0' + part % 10), ' '};

	append_number(buffer, (uint64_t)entry->wall_ms / 1000);
	buffer_append(buffer, slice_make(text, 5));
	append_text(buffer, entry->outcome);
	append_text(buffer, entry->id.size ? entry->id : SLICE("-"));
	append_number(buffer, entry->size);
	for (unsigned i = 0; i < 4; i++)
		crc[i] = (uint8_t)(entry->crc >> (24 - 8 * i));
	hex_encode(slice_make(crc, 4), text);
	buffer_append_byte(buffer, ' ');
	buffer_append(buffer, slice_make(text, 8));
	buffer_append_byte(buffer, ' ');
	append_number(buffer, entry->count);
	buffer_append_byte(buffer, ' ');
	append_text(buffer, entry->recipients.size ? entry->recipients : SLICE("-"));
	append_text(buffer, entry->rest.size ? entry->rest : SLICE("-"));
	buffer->bytes[buffer->end - 1] = '\n';
}

bool ledger_entry_read(struct slice line, struct ledger_entry *entry_r)
{
	struct ledger_entry entry = {0};
	struct slice time = slice_cut(&line, ' ');

	entry.outcome = slice_cut(&line, ' ');
	entry.id = slice_cut(&line, ' ');
	if (!read_time(time, &entry.wall_ms) || !entry.id.size ||
		!slice_to_u64(slice_cut(&line, ' '), &entry.size) ||
		!read_crc(slice_cut(&line, ' '), &entry.crc) ||
		!slice_to_u64(slice_cut(&line, ' '), &entry.count))
		return false;
	entry.recipients = slice_cut(&line, ' ');
	entry.rest = line;
	if (slice_equal(entry.id, SLICE("-")))
		entry.id = SLICE_EMPTY;
	if (slice_equal(entry.recipients, SLICE("-")))
		entry.recipients = SLICE_EMPTY;
	*entry_r = entry;
	return true;
}

void ledger_recipient_add(struct buffer *list, struct slice address)
{
	size_t plain = 0;
	char code[2];

	if (buffer_size(list))
		buffer_append_byte(list, ',');
	for (size_t i = 0; i < address.size; i++) {
		char c = address.at[i];

		if (c != ',' && c != '%' && (unsigned char)c > ' ' && c != 127)
			continue;
		buffer_append(list, slice_part(address, plain, i - plain));
		hex_encode(slice_make(&c, 1), code);
		buffer_append_byte(list, '%');
		buffer_append(list, slice_make(code, 2));
		plain = i + 1;
	}
	buffer_append(list, slice_from(address, plain));
}

struct slice ledger_id_of_local(struct slice local)
{
	size_t plus = slice_index_last(local, '+');

	return slice_from(local, plus < local.size ? plus + 1 : local.size);
}

/* A word or the rest, and a space behind it. */
static void append_text(struct buffer *buffer, struct slice text)
{
	char *at = buffer_reserve(buffer, text.size + 1);

	if (!at)
		return;
	memcpy(at, text.at, text.size);
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char)at[i] < ' ' || at[i] == 127)
			at[i] = '?';
	at[text.size] = ' ';
	buffer_advance(buffer, text.size + 1);
}

static void append_number(struct buffer *buffer, uint64_t number)
{
	char digits[AMOUNT_DIGITS];

	buffer_append(buffer, slice_make(digits, amount_print_number(number, digits)));
}

/* Seconds, a point, three digits. */
static bool read_time(struct slice text, int64_t *wall_ms_r)
{
	struct slice part = text, whole = slice_cut(&part, '.');
	uint64_t seconds, ms;

	if (part.size != 3 || !slice_to_u64(whole, &seconds) ||
		!slice_to_u64(part, &ms) || seconds > UINT32_MAX * 16ull)
		return false;
	*wall_ms_r = (int64_t)(seconds * 1000 + ms);
	return true;
}

static bool read_crc(struct slice text, uint32_t *crc_r)
{
	unsigned char bytes[4];

	if (text.size != 8 || !hex_decode(text, (char *)bytes))
		return false;
	*crc_r = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
		 (uint32_t)bytes[2] << 8 | bytes[3];
	return true;
}
