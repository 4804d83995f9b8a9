/* Envelope senders of ours, made and read; see verp.h. */
#include "feedback/verp.h"

#include <endian.h>
#include <string.h>

#include "base/encode.h"
#include "base/memory.h"
#include "base/random.h"
#include "mail/domain.h"
#include "mail/text.h"

#define PREFIX		 "rp-"
#define DAYS_DIGITS	 2
#define TAG_DIGITS	 8
#define SIGNATURE_DIGITS 12
#define DAYS_AT		 (sizeof(PREFIX) - 1 + MESSAGE_ID_SIZE)
#define TAG_AT		 (DAYS_AT + DAYS_DIGITS)
#define SIGNATURE_AT	 (TAG_AT + TAG_DIGITS)
#define FIXED_SIZE	 (SIGNATURE_AT + SIGNATURE_DIGITS)
#define TENANT_MAX	 (VERP_LOCAL_MAX - FIXED_SIZE - 1)
#define TENANT_TAG_MARK	 '='
#define DAY_MS		 (24 * 3600 * INT64_C(1000))
#define SUBJECT_MAX	 400 /* an address and an id */

_Static_assert(FIXED_SIZE + 2 + TAG_DIGITS <= VERP_LOCAL_MAX, "a tag has room");

static uint64_t low_bits(uint64_t value, unsigned digits);
static uint64_t tag_of(struct siphash_key key, struct slice about, struct slice text);
static uint64_t recipient_tag(
	struct siphash_key key, const struct message_id *id, struct slice address);
static bool fits(struct slice tenant);
static uint64_t sign(const struct verp_secret *secret, struct slice local);
static bool read_tenant(struct verp_token *token, struct slice text);

/* ---- The secret ---- */

static struct siphash_key key_of(const char *bytes)
{
	uint64_t words[2];

	memcpy(words, bytes, sizeof(words));
	return (struct siphash_key){le64toh(words[0]), le64toh(words[1])};
}

bool verp_secret_parse(struct slice text, struct verp_secret *secret_r)
{
	char bytes[VERP_SECRET_SIZE / 2];

	if (text.size != VERP_SECRET_SIZE || !hex_decode(text, bytes))
		return false;
	secret_r->sign = key_of(bytes);
	secret_r->tag = key_of(bytes + sizeof(bytes) / 2);
	memory_wipe(bytes, sizeof(bytes));
	return true;
}

void verp_secret_make(char text[VERP_SECRET_SIZE + 1])
{
	char bytes[VERP_SECRET_SIZE / 2];

	random_fill(bytes, sizeof(bytes));
	hex_encode(slice_make(bytes, sizeof(bytes)), text);
	text[VERP_SECRET_SIZE] = 0;
	memory_wipe(bytes, sizeof(bytes));
}

/* ---- Writing ---- */

static size_t write_tenant(
	const struct verp_secret *secret, struct slice tenant, char *text)
{
	text[0] = '-';
	if (fits(tenant)) {
		memcpy(text + 1, tenant.at, tenant.size);
		return 1 + tenant.size;
	}
	text[1] = TENANT_TAG_MARK;
	base32_encode(
		tag_of(secret->tag, SLICE("tenant"), tenant), TAG_DIGITS, text + 2);
	return 2 + TAG_DIGITS;
}

struct slice verp_write(const struct verp_secret *secret,
	const struct verp_subject *subject, char text[VERP_ADDRESS_MAX + 1])
{
	unsigned days = subject->days < VERP_DAYS_MAX ? subject->days : VERP_DAYS_MAX;
	struct slice domain = slice_part(
		subject->domain, 0, VERP_ADDRESS_MAX - VERP_LOCAL_MAX - 1);
	size_t size = FIXED_SIZE;
	uint64_t tag = 0;

	memcpy(text, PREFIX, sizeof(PREFIX) - 1);
	memcpy(text + sizeof(PREFIX) - 1, subject->id->text, MESSAGE_ID_SIZE);
	base32_encode(days, DAYS_DIGITS, text + DAYS_AT);
	if (subject->recipient.size)
		tag = recipient_tag(secret->tag, subject->id, subject->recipient);
	base32_encode(tag, TAG_DIGITS, text + TAG_AT);
	if (subject->tenant.size)
		size += write_tenant(secret, subject->tenant, text + size);
	base32_encode(sign(secret, slice_make(text, size)), SIGNATURE_DIGITS,
		text + SIGNATURE_AT);
	text[size++] = '@';
	if (domain.size)
		memcpy(text + size, domain.at, domain.size);
	size += domain.size;
	text[size] = 0;
	return slice_make(text, size);
}

/* ---- Reading ---- */

bool verp_looks_like(struct slice local_part)
{
	return local_part.size >= FIXED_SIZE && local_part.size <= VERP_LOCAL_MAX &&
	       slice_starts_nocase(local_part, SLICE(PREFIX));
}

bool verp_id(struct slice local_part, struct message_id *id_r)
{
	char text[MESSAGE_ID_SIZE];

	if (!verp_looks_like(local_part))
		return false;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = ascii_lower(local_part.at[sizeof(PREFIX) - 1 + i]);
	return message_id_parse(slice_make(text, sizeof(text)), id_r);
}

bool verp_read(const struct verp_secret *secret, struct slice local_part,
	struct verp_token *token_r)
{
	struct verp_token token = {.tag = secret->tag};
	uint64_t days, signature;
	char text[VERP_LOCAL_MAX];
	struct slice local;

	if (!verp_looks_like(local_part))
		return false;
	for (size_t i = 0; i < local_part.size; i++)
		text[i] = ascii_lower(local_part.at[i]);
	local = slice_make(text, local_part.size);
	if (!base32_decode(
		    slice_part(local, SIGNATURE_AT, SIGNATURE_DIGITS), &signature) ||
		signature != sign(secret, local))
		return false;
	/* Signed by us: what follows could fail for our own mistake alone. */
	if (!message_id_parse(slice_part(local, sizeof(PREFIX) - 1, MESSAGE_ID_SIZE),
		    &token.id) ||
		!base32_decode(slice_part(local, DAYS_AT, DAYS_DIGITS), &days) ||
		!base32_decode(
			slice_part(local, TAG_AT, TAG_DIGITS), &token.recipient_tag) ||
		!read_tenant(&token, slice_from(local, FIXED_SIZE)))
		return false;
	token.expires_ms = message_id_time_ms(&token.id) + (int64_t)days * DAY_MS;
	*token_r = token;
	return true;
}

static bool read_tenant(struct verp_token *token, struct slice text)
{
	if (text.size == 0)
		return true;
	if (text.size < 2 || *text.at != '-')
		return false;
	text = slice_from(text, 1);
	if (*text.at == TENANT_TAG_MARK)
		return text.size == 1 + TAG_DIGITS &&
		       base32_decode(slice_from(text, 1), &token->tenant_tag);
	return flow_name_is_valid(text, TENANT_SIZE_MAX) &&
	       slice_to_text(text, token->tenant, sizeof(token->tenant));
}

bool verp_is_expired(const struct verp_token *token, int64_t now_ms)
{
	return now_ms >= token->expires_ms;
}

bool verp_is_about(const struct verp_token *token, struct slice address)
{
	return token->recipient_tag && address.size &&
	       token->recipient_tag == recipient_tag(token->tag, &token->id, address);
}

bool verp_is_of_tenant(const struct verp_token *token, struct slice name)
{
	if (token->tenant_tag)
		return name.size &&
		       token->tenant_tag == tag_of(token->tag, SLICE("tenant"), name);
	return slice_equal(slice_of(token->tenant), name);
}

/* ---- Tags and signatures ---- */

static uint64_t low_bits(uint64_t value, unsigned digits)
{
	return value & ((UINT64_C(1) << (5 * digits)) - 1);
}

/* Never 0, which stands for none. ABOUT has the same size for all of a kind. */
static uint64_t tag_of(struct siphash_key key, struct slice about, struct slice text)
{
	char bytes[SUBJECT_MAX];
	size_t size = about.size;
	uint64_t tag;

	text = slice_part(text, 0, sizeof(bytes) - size);
	memcpy(bytes, about.at, size);
	if (text.size)
		memcpy(bytes + size, text.at, text.size);
	tag = low_bits(
		siphash_24(key, slice_make(bytes, size + text.size)), TAG_DIGITS);
	return tag ? tag : 1;
}

uint64_t verp_name_tag(
	const struct verp_secret *secret, struct slice kind, struct slice name)
{
	return tag_of(secret->tag, kind, name);
}

uint64_t verp_recipient_tag(const struct verp_secret *secret,
	const struct message_id *id, struct slice address)
{
	return recipient_tag(secret->tag, id, address);
}

/* However it is written later: in any case, its domain as A- or U-labels. */
static uint64_t recipient_tag(
	struct siphash_key key, const struct message_id *id, struct slice address)
{
	size_t at = slice_index_last(address, '@');
	char text[SUBJECT_MAX], ascii[DOMAIN_MAX + 1];
	struct slice domain = slice_from(address, at + 1), name;
	size_t size = 0;

	address = slice_part(address, 0, sizeof(text));
	if (!text_is_ascii(domain) && domain_to_ascii(domain, ascii, &name) &&
		at < sizeof(text) - 1 - DOMAIN_MAX) {
		memcpy(text, address.at, at + 1);
		memcpy(text + at + 1, name.at, name.size);
		size = at + 1 + name.size;
	} else if (address.size) {
		memcpy(text, address.at, address.size);
		size = address.size;
	}
	for (size_t i = 0; i < size; i++)
		text[i] = ascii_lower(text[i]);
	return tag_of(key, message_id_slice(id), slice_make(text, size));
}

/* As it is written, and a local part with it: no capitals, no empty atom. */
static bool fits(struct slice tenant)
{
	if (tenant.size > TENANT_MAX || tenant.at[tenant.size - 1] == '.')
		return false;
	for (size_t i = 0; i < tenant.size; i++)
		if (ascii_lower(tenant.at[i]) != tenant.at[i] ||
			(tenant.at[i] == '.' && i && tenant.at[i - 1] == '.'))
			return false;
	return flow_name_is_valid(tenant, TENANT_SIZE_MAX);
}

/* Of all but itself. */
static uint64_t sign(const struct verp_secret *secret, struct slice local)
{
	char bytes[VERP_LOCAL_MAX];
	struct slice rest = slice_from(local, FIXED_SIZE);

	memcpy(bytes, local.at, SIGNATURE_AT);
	if (rest.size)
		memcpy(bytes + SIGNATURE_AT, rest.at, rest.size);
	return low_bits(
		siphash_24(secret->sign, slice_make(bytes, SIGNATURE_AT + rest.size)),
		SIGNATURE_DIGITS);
}
