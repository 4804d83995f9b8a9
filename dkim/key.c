/* Signing keys: from PEM text, and against the record DNS has for them. */
#include "dkim/key.h"

#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "dkim/crypto.h"
#include "dkim/key_use.h"
#include "dkim/record.h"
#include "mail/domain.h"

struct dkim_key {
	struct dkim_private *private;
	struct dkim_private_facts facts;
	char domain[DOMAIN_MAX + 1], selector[DOMAIN_MAX + 1];
	struct slice domain_slice, selector_slice;
};

static bool check_names(struct slice domain, struct slice selector);
static bool compare(const struct dkim_key *key, const struct dkim_record *record,
	struct slice public);
static bool proves(const struct dkim_key *key, const struct dkim_record *record);
static size_t dense_prefix(struct slice text, struct slice of);

const char *dkim_algorithm_name(enum dkim_algorithm algorithm)
{
	return algorithm == DKIM_RSA_SHA256 ? "rsa-sha256" : "ed25519-sha256";
}

struct dkim_key *dkim_key_create(
	struct slice domain, struct slice selector, struct slice pem)
{
	struct dkim_private_facts facts;
	struct dkim_private *private;
	struct dkim_key *key;

	if (!check_names(domain, selector))
		return NULL;
	private = dkim_private_read(pem, &facts);
	if (!private)
		return NULL;
	key = NEW(struct dkim_key);
	key->private = private;
	key->facts = facts;
	key->domain_slice = domain_lower(domain, key->domain);
	key->selector_slice = domain_lower(selector, key->selector);
	return key;
}

void dkim_key_destroy(struct dkim_key **key)
{
	if (!*key)
		return;
	dkim_private_destroy(&(*key)->private);
	memory_free(*key);
	*key = NULL;
}

struct slice dkim_key_domain(const struct dkim_key *key)
{
	return key->domain_slice;
}

struct slice dkim_key_selector(const struct dkim_key *key)
{
	return key->selector_slice;
}

enum dkim_algorithm dkim_key_algorithm(const struct dkim_key *key)
{
	return key->facts.algorithm;
}

unsigned dkim_key_bits(const struct dkim_key *key)
{
	return key->facts.bits;
}

const struct dkim_private *dkim_key_private(const struct dkim_key *key)
{
	return key->private;
}

bool dkim_name_print(struct slice domain, struct slice selector, struct buffer *out)
{
	return buffer_append_format(out, "%.*s._domainkey.%.*s", SLICE_PRINT(selector),
		SLICE_PRINT(domain));
}

bool dkim_name_is_valid(struct slice domain, struct slice selector)
{
	static const struct slice between = {"._domainkey.", 12};
	char name[DKIM_NAME_MAX];
	size_t size;

	if (domain.size > DKIM_NAME_MAX || selector.size > DKIM_NAME_MAX ||
		slice_index(domain, '.') == domain.size || selector.size == 0)
		return false;
	size = selector.size + between.size + domain.size;
	if (size > DKIM_NAME_MAX)
		return false;
	memcpy(name, selector.at, selector.size);
	memcpy(name + selector.size, between.at, between.size);
	memcpy(name + selector.size + between.size, domain.at, domain.size);
	return domain_is_valid(domain, false) &&
	       domain_is_valid(slice_make(name, size), false);
}

bool dkim_key_matches_record(const struct dkim_key *key, struct slice text)
{
	struct dkim_record record;
	struct buffer public = {0};
	struct arena arena = {0};
	bool match = false;

	if (slice_index(text, '"') < text.size || slice_index(text, '\\') < text.size)
		fail(FAILURE_DATA,
			"the record has quotation marks or backslashes in it: "
			"they belong to zone files, not into the value");
	else if (dkim_record_parse(&arena, text, &record) &&
		 dkim_private_public(key->private, &public))
		match = compare(key, &record, buffer_contents(&public));
	buffer_finish(&public);
	arena_finish(&arena);
	return match;
}

static bool check_names(struct slice domain, struct slice selector)
{
	bool any = slice_equal(domain, SLICE("*"));

	if (!dkim_name_is_valid(any ? SLICE("a.example") : domain, SLICE("a")))
		return fail(FAILURE_CONFIG, "\"%.*s\" is no domain to sign for",
			SLICE_PRINT(slice_part(domain, 0, 80)));
	if (!dkim_name_is_valid(any ? SLICE("a.example") : domain, selector))
		return fail(FAILURE_CONFIG, "\"%.*s\" is no selector",
			SLICE_PRINT(slice_part(selector, 0, 80)));
	return true;
}

/* The commonest mistakes of pasting each get their words. */
static bool compare(const struct dkim_key *key, const struct dkim_record *record,
	struct slice public)
{
	char *base64 = memory_allocate(BASE64_SIZE(public.size) + 1);
	size_t size = base64_encode(public, base64);
	size_t same = dense_prefix(record->text, slice_make(base64, size));

	memory_free(base64);
	if (record->revoked)
		return fail(FAILURE_DATA, "the record is revoked (p= is empty)");
	if (record->algorithm != key->facts.algorithm)
		return fail(FAILURE_DATA, "the record is for k=%s, the key is %s",
			record->algorithm == DKIM_RSA_SHA256 ? "rsa" : "ed25519",
			key->facts.algorithm == DKIM_RSA_SHA256 ? "RSA" : "Ed25519");
	if (same == size || proves(key, record))
		return true;
	if (same > 0)
		return fail(FAILURE_DATA, "p= is cut off after %zu of %zu characters",
			same, size);
	return fail(FAILURE_DATA, "p= is the public key of another private key");
}

/* Whatever form the record has its key in: what the one signs, does the other
 * verify? */
static bool proves(const struct dkim_key *key, const struct dkim_record *record)
{
	uint8_t hash[DKIM_HASH_SIZE] = "a hash to sign";
	uint8_t signature[DKIM_SIGNATURE_SIZE_MAX];
	struct dkim_public *public;
	size_t size;
	bool good;
	unsigned bits;

	public = dkim_public_read(record->algorithm, record->key, &bits);
	if (!public)
		return false;
	good = dkim_private_sign(key->private, hash, signature, &size) &&
	       dkim_public_verify(public, hash, slice_make(signature, size));
	dkim_public_destroy(&public);
	return good;
}

/* How many characters of OF the text has, all of its own; 0 if it has others. */
static size_t dense_prefix(struct slice text, struct slice of)
{
	size_t same = 0;

	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (same == of.size || of.at[same] != c)
			return 0;
		same++;
	}
	return same;
}
