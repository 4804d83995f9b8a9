/* Reads DKIM-Signature fields and ARC's, strictly (RFC 6376 sections 3.5, 6.1.1,
 * RFC 8617 section 4.1). */
#include "dkim/signature.h"

#include <string.h>

#include "base/failure.h"
#include "dkim/crypto.h"
#include "dkim/key_use.h"
#include "dkim/tags.h"
#include "mail/domain.h"

static void read_texts(struct arena *arena, const struct dkim_tags *tags,
	enum dkim_field kind, struct dkim_signature *signature);
static void read_cut(struct slice raw, const struct dkim_tags *tags,
	struct dkim_signature *signature);
static enum dkim_result check_required(
	const struct dkim_tags *tags, enum dkim_field kind);
static enum dkim_result read_arc(const struct dkim_tags *tags, enum dkim_field kind,
	struct dkim_signature *signature);
static enum dkim_result read_algorithm(
	const struct dkim_tags *tags, struct dkim_signature *signature);
static enum dkim_result read_form(
	const struct dkim_tags *tags, struct dkim_signature *signature);
static enum dkim_result read_signature(struct arena *arena,
	const struct dkim_tags *tags, struct dkim_signature *signature);
static enum dkim_result read_body_hash(struct arena *arena,
	const struct dkim_tags *tags, struct dkim_signature *signature);
static enum dkim_result read_numbers(const struct dkim_tags *tags, enum dkim_field kind,
	struct dkim_signature *signature);
static enum dkim_result check_names(struct slice names, enum dkim_field kind);
static enum dkim_result check_domains(const struct dkim_signature *signature);
static struct slice decode_identity(struct arena *arena, struct slice text);

static enum dkim_result neutral(const char *why)
{
	fail(FAILURE_DATA, "%s", why);
	return DKIM_NEUTRAL;
}

static enum dkim_result permerror(const char *why)
{
	fail(FAILURE_DATA, "%s", why);
	return DKIM_PERMERROR;
}

/* What a signature over a body has, and a seal has not. */
static enum dkim_result read_message(struct arena *arena, const struct dkim_tags *tags,
	enum dkim_field kind, struct dkim_signature *signature)
{
	enum dkim_result result = read_form(tags, signature);

	if (result == DKIM_PASS)
		result = read_body_hash(arena, tags, signature);
	return result == DKIM_PASS ? check_names(signature->names, kind) : result;
}

enum dkim_result dkim_signature_parse(struct arena *arena, enum dkim_field kind,
	struct slice raw, struct dkim_signature *signature_r)
{
	struct dkim_tags *tags = ARENA_NEW(arena, struct dkim_tags);
	struct slice text = raw;
	enum dkim_result result;

	*signature_r = (struct dkim_signature){
		.header = DKIM_CANON_RELAXED, .time_s = -1, .expires_s = -1};
	if (raw.size > DKIM_SIGNATURE_SIZE)
		return neutral("the signature field is too long");
	if (slice_ends(text, SLICE("\r\n")))
		text.size -= 2;
	slice_cut(&text, ':');
	if (!dkim_tags_parse(text, tags))
		return DKIM_NEUTRAL;
	read_texts(arena, tags, kind, signature_r);
	read_cut(raw, tags, signature_r);
	result = check_required(tags, kind);
	if (result == DKIM_PASS && kind != DKIM_FIELD_SIGNATURE)
		result = read_arc(tags, kind, signature_r);
	if (result == DKIM_PASS)
		result = read_algorithm(tags, signature_r);
	if (result == DKIM_PASS)
		result = read_signature(arena, tags, signature_r);
	if (result == DKIM_PASS && kind != DKIM_FIELD_ARC_SEAL)
		result = read_message(arena, tags, kind, signature_r);
	if (result == DKIM_PASS)
		result = read_numbers(tags, kind, signature_r);
	if (result == DKIM_PASS)
		result = check_domains(signature_r);
	return result;
}

static void read_cut(struct slice raw, const struct dkim_tags *tags,
	struct dkim_signature *signature)
{
	const struct dkim_tag *b = dkim_tags_find(tags, SLICE("b"));

	signature->cut_at = b ? (size_t)(b->span.at - raw.at) : 0;
	signature->cut_size = b ? b->span.size : 0;
}

/* What a report says about the signature even if it is of no use. */
static void read_texts(struct arena *arena, const struct dkim_tags *tags,
	enum dkim_field kind, struct dkim_signature *signature)
{
	const struct dkim_tag *b = dkim_tags_find(tags, SLICE("b"));
	struct slice domain = dkim_tags_value(tags, "d"),
		     selector = dkim_tags_value(tags, "s");
	struct slice identity = dkim_tags_value(tags, "i");
	char text[DOMAIN_MAX + 1];

	signature->algorithm_text = dkim_tags_value(tags, "a");
	signature->names = dkim_tags_value(tags, "h");
	signature->signature_text = b ? b->value : SLICE_EMPTY;
	if (domain_is_valid(domain, true) && domain_to_ascii(domain, text, &domain))
		signature->domain = arena_copy(arena, domain);
	if (selector.size <= DOMAIN_MAX)
		signature->selector = arena_copy(arena, domain_lower(selector, text));
	if (identity.at && kind == DKIM_FIELD_SIGNATURE)
		signature->identity = decode_identity(arena, identity);
	else
		signature->identity = arena_format(
			arena, "@%.*s", SLICE_PRINT(signature->domain));
}

static enum dkim_result check_required(
	const struct dkim_tags *tags, enum dkim_field kind)
{
	static const char *const names[3][8] = {
		[DKIM_FIELD_SIGNATURE] = {"v", "a", "b", "bh", "d", "h", "s"},
		[DKIM_FIELD_ARC_MESSAGE] = {"i", "a", "b", "bh", "d", "h", "s"},
		[DKIM_FIELD_ARC_SEAL] = {"i", "cv", "a", "b", "d", "s"},
	};

	for (const char *const *name = names[kind]; *name; name++)
		if (!dkim_tags_find(tags, slice_of(*name))) {
			fail(FAILURE_DATA, "the signature has no %s=", *name);
			return DKIM_NEUTRAL;
		}
	if (kind == DKIM_FIELD_SIGNATURE &&
		!slice_equal(dkim_tags_value(tags, "v"), SLICE("1")))
		return neutral("the signature's version is not 1");
	return DKIM_PASS;
}

bool arc_instance_parse(struct slice text, unsigned *instance_r)
{
	uint64_t number;

	if (text.size > 2 || !slice_to_u64(text, &number) || number == 0 ||
		number > ARC_INSTANCE_MAX)
		return false;
	*instance_r = (unsigned)number;
	return true;
}

static enum dkim_result read_arc(const struct dkim_tags *tags, enum dkim_field kind,
	struct dkim_signature *signature)
{
	if (!arc_instance_parse(dkim_tags_value(tags, "i"), &signature->instance))
		return neutral("i= is no number from 1 to 50");
	if (kind == DKIM_FIELD_ARC_MESSAGE)
		return DKIM_PASS;
	signature->chain = dkim_tags_value(tags, "cv");
	if (dkim_tags_find(tags, SLICE("h")))
		return neutral("a seal has no h=");
	if (!slice_equal(signature->chain, SLICE("none")) &&
		!slice_equal(signature->chain, SLICE("pass")) &&
		!slice_equal(signature->chain, SLICE("fail")))
		return neutral("cv= is not none, pass or fail");
	return DKIM_PASS;
}

static enum dkim_result read_algorithm(
	const struct dkim_tags *tags, struct dkim_signature *signature)
{
	struct slice name = dkim_tags_value(tags, "a");

	if (slice_equal(name, SLICE("rsa-sha1")))
		return permerror("rsa-sha1 signatures no longer count (RFC 8301)");
	if (slice_equal(name, SLICE("rsa-sha256"))) {
		signature->algorithm = DKIM_RSA_SHA256;
	} else if (slice_equal(name, SLICE("ed25519-sha256"))) {
		signature->algorithm = DKIM_ED25519_SHA256;
	} else {
		fail(FAILURE_DATA, "the algorithm %.*s is not known",
			SLICE_PRINT(slice_part(name, 0, 40)));
		return DKIM_NEUTRAL;
	}
	return DKIM_PASS;
}

static enum dkim_result read_form(
	const struct dkim_tags *tags, struct dkim_signature *signature)
{
	const struct dkim_tag *form = dkim_tags_find(tags, SLICE("c"));
	const struct dkim_tag *query = dkim_tags_find(tags, SLICE("q"));

	signature->header = signature->body = DKIM_CANON_SIMPLE;
	if (form &&
		!dkim_canon_parse(form->value, &signature->header, &signature->body))
		return neutral("the canonicalization in c= is not known");
	if (query && !dkim_list_has(query->value, ':', SLICE("dns/txt")))
		return neutral("the key is not to be found in DNS (q=)");
	return DKIM_PASS;
}

static enum dkim_result read_signature(struct arena *arena,
	const struct dkim_tags *tags, struct dkim_signature *signature)
{
	if (!dkim_base64_decode(
		    arena, dkim_tags_value(tags, "b"), &signature->signature))
		return neutral("b= is not base64");
	return DKIM_PASS;
}

static enum dkim_result read_body_hash(struct arena *arena,
	const struct dkim_tags *tags, struct dkim_signature *signature)
{
	if (!dkim_base64_decode(
		    arena, dkim_tags_value(tags, "bh"), &signature->body_hash) ||
		signature->body_hash.size != DKIM_HASH_SIZE)
		return neutral("bh= is not the base64 of a SHA-256");
	return DKIM_PASS;
}

/* Longer than any time or size there is: as good as never, or as much. */
static bool read_number(struct slice text, uint64_t *number_r)
{
	for (size_t i = 0; i < text.size; i++)
		if (!ascii_is_digit(text.at[i]))
			return false;
	if (text.size == 0 || text.size > 76)
		return false;
	if (!slice_to_u64(text, number_r) || *number_r > INT64_MAX)
		*number_r = INT64_MAX;
	return true;
}

static enum dkim_result read_numbers(const struct dkim_tags *tags, enum dkim_field kind,
	struct dkim_signature *signature)
{
	bool seal = kind == DKIM_FIELD_ARC_SEAL; /* has neither l= nor x= */
	const struct dkim_tag *length = seal ? NULL : dkim_tags_find(tags, SLICE("l"));
	const struct dkim_tag *time = dkim_tags_find(tags, SLICE("t"));
	const struct dkim_tag *expires = seal ? NULL : dkim_tags_find(tags, SLICE("x"));
	uint64_t number;

	if (length) {
		if (!read_number(length->value, &signature->length))
			return neutral("l= is no number");
		signature->limited = true;
	}
	if (time) {
		if (!read_number(time->value, &number))
			return neutral("t= is no number");
		signature->time_s = (int64_t)number;
	}
	if (expires) {
		if (!read_number(expires->value, &number))
			return neutral("x= is no number");
		signature->expires_s = (int64_t)number;
	}
	if (time && expires && signature->expires_s <= signature->time_s)
		return permerror("the signature expires before it was made");
	return DKIM_PASS;
}

static enum dkim_result check_names(struct slice names, enum dkim_field kind)
{
	bool from = false;

	for (size_t count = 0; names.at; count++) {
		struct slice name = dkim_list_cut(&names, ':');

		if (count == DKIM_NAMES_MAX)
			return neutral("h= has too many names");
		for (size_t i = 0; i < name.size; i++)
			if (name.at[i] <= ' ' || name.at[i] == 0x7f)
				return neutral("h= is no list of field names");
		if (name.size == 0)
			return neutral("h= has an empty name");
		if (kind == DKIM_FIELD_ARC_MESSAGE &&
			slice_equal_nocase(name, SLICE("ARC-Seal")))
			return permerror("h= names ARC-Seal");
		from = from || slice_equal_nocase(name, SLICE("From"));
	}
	return from ? DKIM_PASS : permerror("From is not signed");
}

static enum dkim_result check_domains(const struct dkim_signature *signature)
{
	size_t at = slice_index_last(signature->identity, '@');

	if (!dkim_name_is_valid(signature->domain, signature->selector))
		return neutral("d= and s= make no DNS name");
	if (at == signature->identity.size ||
		!domain_is_within(
			slice_from(signature->identity, at + 1), signature->domain))
		return permerror("i= is not at or below d=");
	return DKIM_PASS;
}

static bool is_hex(char c)
{
	return ascii_is_digit(c) || (c >= 'A' && c <= 'F');
}

static unsigned hex_value(char c)
{
	return (unsigned)(ascii_is_digit(c) ? c - '0' : c - 'A' + 10);
}

/* dkim-quoted-printable (RFC 6376 section 2.11); what is not stays as it is,
 * white space goes. */
static struct slice decode_identity(struct arena *arena, struct slice text)
{
	char *out = arena_take(arena, text.size + 1);
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];

		if (c == '=' && i + 2 < text.size && is_hex(text.at[i + 1]) &&
			is_hex(text.at[i + 2])) {
			out[size++] = (char)(hex_value(text.at[i + 1]) << 4 |
					     hex_value(text.at[i + 2]));
			i += 2;
		} else if (!memchr(" \t\r\n", c, 4)) {
			out[size++] = c;
		}
	}
	return slice_make(out, size);
}
