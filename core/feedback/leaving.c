/* Links to leave a list: their tokens made and read; see leaving.h. */
#include "feedback/leaving.h"

#include <string.h>

#include "base/encode.h"

#define VERSION	    1
#define HALF_DIGITS 8 /* of an id: 40 bits */
#define HALF_BYTES  5
#define DAYS_AT	    (1 + 2 * HALF_BYTES)
#define FIXED_SIZE  (DAYS_AT + 2)
#define LEAST_SIZE  (FIXED_SIZE + 2 + 1 + LEAVING_MAC_SIZE)
#define DAY_MS	    (24 * 3600 * INT64_C(1000))

/* ---- Writing ---- */

static void put_number(char *at, uint64_t value, unsigned bytes)
{
	while (bytes) {
		at[--bytes] = (char)(value & 0xff);
		value >>= 8;
	}
}

static void put_id(const struct message_id *id, char *at)
{
	uint64_t half;

	for (size_t i = 0; i < 2; i++) {
		half = 0;
		base32_decode(
			slice_make(id->text + i * HALF_DIGITS, HALF_DIGITS), &half);
		put_number(at + i * HALF_BYTES, half, HALF_BYTES);
	}
}

static size_t put_text(char *at, struct slice text)
{
	if (text.size)
		memcpy(at, text.at, text.size);
	return text.size;
}

/* Its size and itself. */
static size_t put_name(char *at, struct slice name)
{
	at[0] = (char)name.size;
	return 1 + put_text(at + 1, name);
}

/* RFC 4648 5, without padding. */
static size_t make_url_safe(char *text, size_t size)
{
	while (size && text[size - 1] == '=')
		size--;
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '+')
			text[i] = '-';
		else if (text[i] == '/')
			text[i] = '_';
	}
	return size;
}

struct slice leaving_write(const struct verp_secret *secret,
	const struct leaving *leaving, char text[LEAVING_TOKEN_MAX])
{
	char bytes[LEAVING_BYTES_MAX];
	size_t size = FIXED_SIZE;

	if (leaving->tenant.size > TENANT_SIZE_MAX ||
		leaving->stream.size > STREAM_SIZE_MAX || !leaving->recipient.size ||
		leaving->recipient.size > ADDRESS_MAX)
		return SLICE_EMPTY;
	bytes[0] = VERSION;
	put_id(&leaving->id, bytes + 1);
	put_number(bytes + DAYS_AT,
		leaving->days < LEAVING_DAYS_MAX ? leaving->days : LEAVING_DAYS_MAX, 2);
	size += put_name(bytes + size, leaving->tenant);
	size += put_name(bytes + size, leaving->stream);
	size += put_text(bytes + size, leaving->recipient);
	leaving_mac(secret, slice_make(bytes, size), bytes + size);
	size = base64_encode(slice_make(bytes, size + LEAVING_MAC_SIZE), text);
	return slice_make(text, make_url_safe(text, size));
}

/* ---- Reading ---- */

static uint64_t get_number(const char *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | (unsigned char)at[i];
	return value;
}

/* Undone into BYTES; its size, or 0. */
static size_t undo(struct slice token, char bytes[LEAVING_TOKEN_MAX])
{
	char text[LEAVING_TOKEN_MAX];
	size_t size = 0;

	/* One length has one form: no padding of theirs, no stray bits. */
	if (token.size > LEAVING_TOKEN_MAX || token.size % 4 == 1)
		return 0;
	for (size_t i = 0; i < token.size; i++) {
		char c = token.at[i];

		if (!ascii_is_alnum(c) && c != '-' && c != '_')
			return 0;
		text[size++] = c;
		if (c == '-')
			text[size - 1] = '+';
		else if (c == '_')
			text[size - 1] = '/';
	}
	while (size % 4)
		text[size++] = '=';
	return base64_decode(slice_make(text, size), bytes, &size) ? size : 0;
}

/* In the same time whatever differs, and where. */
static bool is_equal(const char *a, const char *b, size_t size)
{
	volatile unsigned char difference = 0;

	for (size_t i = 0; i < size; i++)
		difference = (unsigned char)(difference | (a[i] ^ b[i]));
	return difference == 0;
}

static bool get_name(struct slice *rest, size_t most, struct slice *name_r)
{
	size_t size = rest->size ? (unsigned char)rest->at[0] : 0;

	if (!rest->size || size > most || size > rest->size - 1)
		return false;
	*name_r = slice_part(*rest, 1, size);
	*rest = slice_from(*rest, 1 + size);
	return true;
}

bool leaving_read(const struct verp_secret *secret, struct slice token,
	struct arena *arena, struct leaving *leaving_r)
{
	struct leaving leaving = {.days = 0};
	char bytes[LEAVING_TOKEN_MAX], mac[LEAVING_MAC_SIZE];
	size_t size = undo(token, bytes);
	struct slice rest;

	if (size < LEAST_SIZE || size > LEAVING_BYTES_MAX)
		return false;
	size -= LEAVING_MAC_SIZE;
	leaving_mac(secret, slice_make(bytes, size), mac);
	if (!is_equal(mac, bytes + size, sizeof(mac)) || bytes[0] != VERSION)
		return false;
	/* Signed by us: what follows could fail for our own mistake alone. */
	rest = slice_from(arena_copy(arena, slice_make(bytes, size)), FIXED_SIZE);
	for (size_t i = 0; i < 2; i++)
		base32_encode(get_number(bytes + 1 + i * HALF_BYTES, HALF_BYTES),
			HALF_DIGITS, leaving.id.text + i * HALF_DIGITS);
	leaving.days = (unsigned)get_number(bytes + DAYS_AT, 2);
	if (!get_name(&rest, TENANT_SIZE_MAX, &leaving.tenant) ||
		!get_name(&rest, STREAM_SIZE_MAX, &leaving.stream) || !rest.size)
		return false;
	leaving.recipient = rest;
	*leaving_r = leaving;
	return true;
}

bool leaving_is_expired(const struct leaving *leaving, int64_t now_ms)
{
	return leaving->days && now_ms >= message_id_time_ms(&leaving->id) +
						  (int64_t)leaving->days * DAY_MS;
}
