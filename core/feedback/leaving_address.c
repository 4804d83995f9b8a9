/* Addresses to leave a list by, made and read; see leaving_address.h. */
#include "feedback/leaving_address.h"

#include <string.h>

#include "base/encode.h"

#define DAYS_DIGITS	 3
#define TAG_DIGITS	 8
#define STREAM_DIGITS	 4
#define SIGNATURE_DIGITS 12
#define DAYS_AT		 MESSAGE_ID_SIZE
#define RECIPIENT_AT	 (DAYS_AT + DAYS_DIGITS)
#define TENANT_AT	 (RECIPIENT_AT + TAG_DIGITS)
#define STREAM_AT	 (TENANT_AT + TAG_DIGITS)
#define SIGNATURE_AT	 (STREAM_AT + STREAM_DIGITS)

/* No envelope sender of ours begins so: one is never taken for the other. */
#define PURPOSE "leave a list, 1: "

_Static_assert(SIGNATURE_AT + SIGNATURE_DIGITS == LEAVING_DIGITS, "digits");

static uint64_t low_bits(uint64_t value, unsigned digits)
{
	return value & ((UINT64_C(1) << (5 * digits)) - 1);
}

static uint64_t tenant_tag(const struct verp_secret *secret, struct slice name)
{
	return name.size ? verp_name_tag(secret, SLICE("leaving tenant"), name) : 0;
}

static uint64_t stream_tag(const struct verp_secret *secret, struct slice name)
{
	uint64_t tag = name.size ? low_bits(verp_name_tag(secret,
						    SLICE("leaving stream"), name),
					   STREAM_DIGITS)
				 : 0;

	return tag || !name.size ? tag : 1;
}

static uint64_t sign(const struct verp_secret *secret, const char *digits)
{
	char bytes[sizeof(PURPOSE) - 1 + SIGNATURE_AT];

	memcpy(bytes, PURPOSE, sizeof(PURPOSE) - 1);
	memcpy(bytes + sizeof(PURPOSE) - 1, digits, SIGNATURE_AT);
	return low_bits(siphash_24(secret->sign, slice_make(bytes, sizeof(bytes))),
		SIGNATURE_DIGITS);
}

/* ---- Writing ---- */

/* RFC 6068 2: what stands in a URL as it is, and needs no quotes in an address. */
static bool is_plain(struct slice local)
{
	for (size_t i = 0; i < local.size; i++) {
		char c = local.at[i];

		if (!ascii_is_alnum(c) && c != '-' && c != '.' && c != '_' && c != '+')
			return false;
	}
	return local.size > 0;
}

static void write_digits(const struct verp_secret *secret,
	const struct leaving *leaving, char digits[LEAVING_DIGITS])
{
	memcpy(digits, leaving->id.text, MESSAGE_ID_SIZE);
	base32_encode(leaving->days, DAYS_DIGITS, digits + DAYS_AT);
	base32_encode(verp_recipient_tag(secret, &leaving->id, leaving->recipient),
		TAG_DIGITS, digits + RECIPIENT_AT);
	base32_encode(
		tenant_tag(secret, leaving->tenant), TAG_DIGITS, digits + TENANT_AT);
	base32_encode(
		stream_tag(secret, leaving->stream), STREAM_DIGITS, digits + STREAM_AT);
	base32_encode(sign(secret, digits), SIGNATURE_DIGITS, digits + SIGNATURE_AT);
}

struct slice leaving_address_write(const struct verp_secret *secret,
	const struct leaving *leaving, struct slice mailto, char text[ADDRESS_MAX + 1])
{
	size_t at = slice_index_last(mailto, '@'), size = at + 1 + LEAVING_DIGITS;
	struct slice domain = slice_from(mailto, at);

	if (!is_plain(slice_part(mailto, 0, at)) || size > ADDRESS_LOCAL_MAX ||
		size + domain.size > ADDRESS_MAX ||
		leaving->days >= 1 << (5 * DAYS_DIGITS))
		return mailto;
	memcpy(text, mailto.at, at);
	text[at] = '-';
	write_digits(secret, leaving, text + at + 1);
	memcpy(text + size, domain.at, domain.size);
	text[size + domain.size] = 0;
	return slice_make(text, size + domain.size);
}

/* ---- Reading ---- */

/* What ADDRESS has more than MAILTO, behind a hyphen; at=NULL: it is neither. */
static struct slice more(struct slice mailto, struct slice address)
{
	struct slice local = slice_part(mailto, 0, slice_index_last(mailto, '@'));
	size_t at = slice_index_last(address, '@');

	if (!local.size || at < local.size ||
		!slice_equal_nocase(slice_part(address, 0, local.size), local) ||
		!slice_equal_nocase(
			slice_from(address, at), slice_from(mailto, local.size)))
		return SLICE_EMPTY;
	address = slice_part(address, local.size, at - local.size);
	if (!address.size)
		return SLICE("");
	return address.size == 1 + LEAVING_DIGITS && *address.at == '-'
		       ? slice_from(address, 1)
		       : SLICE_EMPTY;
}

bool leaving_address_is(struct slice mailto, struct slice address)
{
	return more(mailto, address).at != NULL;
}

bool leaving_address_read(const struct verp_secret *secret, struct slice mailto,
	struct slice address, struct leaving_tag *tag_r)
{
	struct slice given = more(mailto, address), digits;
	struct leaving_tag tag = {.secret = secret};
	uint64_t days, signature;
	char text[LEAVING_DIGITS];

	if (given.size != LEAVING_DIGITS)
		return false;
	for (size_t i = 0; i < LEAVING_DIGITS; i++)
		text[i] = ascii_lower(given.at[i]);
	digits = slice_make(text, LEAVING_DIGITS);
	if (!base32_decode(slice_from(digits, SIGNATURE_AT), &signature) ||
		signature != sign(secret, text))
		return false;
	/* Signed by us: what follows could fail for our own mistake alone. */
	if (!message_id_parse(slice_part(digits, 0, MESSAGE_ID_SIZE), &tag.id) ||
		!base32_decode(slice_part(digits, DAYS_AT, DAYS_DIGITS), &days) ||
		!base32_decode(
			slice_part(digits, RECIPIENT_AT, TAG_DIGITS), &tag.recipient) ||
		!base32_decode(
			slice_part(digits, TENANT_AT, TAG_DIGITS), &tag.tenant) ||
		!base32_decode(
			slice_part(digits, STREAM_AT, STREAM_DIGITS), &tag.stream))
		return false;
	tag.days = (unsigned)days;
	*tag_r = tag;
	return true;
}

bool leaving_tag_is_about(const struct leaving_tag *tag, struct slice address)
{
	return address.size &&
	       tag->recipient == verp_recipient_tag(tag->secret, &tag->id, address);
}

bool leaving_tag_is_of_tenant(const struct leaving_tag *tag, struct slice tenant)
{
	return tag->tenant == tenant_tag(tag->secret, tenant);
}

bool leaving_tag_is_of_stream(const struct leaving_tag *tag, struct slice stream)
{
	return tag->stream == stream_tag(tag->secret, stream);
}
