/*
 * The only user of cjose: key sets and signatures.
 *
 * What a token says of its own algorithm decides nothing but which kind of key
 * is tried: "none" and shared secrets (HS256: a public key is no secret) are
 * refused before that, and a key only verifies what its own kind can sign.
 */
#include "account/token_jws.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#define RSA_BITS_LEAST 2048

struct jws_keys {
	cjose_jwk_t *list[JWS_KEYS_MAX];
	size_t count;
};

struct jws {
	cjose_jws_t *jws;
	cjose_jwk_kty_t kind; /* of a key that can have signed it */
	const char *key_id;   /* or NULL */
	struct slice payload;
};

/* "use" may say that a key is for encryption (RFC 7517 4.2). */
static bool is_for_signatures(json_t *key)
{
	const char *use = json_string_value(json_object_get(key, "use"));

	return !use || strcmp(use, "sig") == 0;
}

static bool is_strong(const cjose_jwk_t *key)
{
	cjose_err error;
	cjose_jwk_kty_t kind = cjose_jwk_get_kty(key, &error);

	if (kind == CJOSE_JWK_KTY_EC)
		return true;
	return kind == CJOSE_JWK_KTY_RSA &&
	       cjose_jwk_get_keysize(key, &error) >= RSA_BITS_LEAST;
}

static void take_key(struct jws_keys *keys, json_t *from)
{
	char *text = is_for_signatures(from) ? json_dumps(from, JSON_COMPACT) : NULL;
	cjose_err error;
	cjose_jwk_t *key = text ? cjose_jwk_import(text, strlen(text), &error) : NULL;

	free(text);
	if (key && is_strong(key))
		keys->list[keys->count++] = key;
	else if (key)
		cjose_jwk_release(key);
}

struct jws_keys *jws_keys_read(struct slice json)
{
	struct jws_keys *keys = NULL;
	json_t *root = json_loadb(json.at ? json.at : "", json.size, 0, NULL);
	json_t *list = json_object_get(root, "keys");

	if (json_is_array(list)) {
		keys = NEW(struct jws_keys);
		for (size_t i = 0; i < json_array_size(list) && i < JWS_KEYS_MAX; i++)
			take_key(keys, json_array_get(list, i));
	}
	json_decref(root);
	if (!keys)
		fail(FAILURE_DATA, "not a set of keys (RFC 7517)");
	else if (keys->count == 0) {
		fail(FAILURE_DATA, "no key among them that signs: RSA of %d bits, EC",
			RSA_BITS_LEAST);
		jws_keys_free(&keys);
	}
	return keys;
}

void jws_keys_free(struct jws_keys **keys)
{
	struct jws_keys *old = *keys;

	*keys = NULL;
	for (size_t i = 0; old && i < old->count; i++)
		cjose_jwk_release(old->list[i]);
	memory_free(old);
}

static bool kind_of(const char *algorithm, cjose_jwk_kty_t *kind_r)
{
	static const struct {
		const char *name;
		cjose_jwk_kty_t kind;
	} known[] = {
		{"RS256", CJOSE_JWK_KTY_RSA},
		{"RS384", CJOSE_JWK_KTY_RSA},
		{"RS512", CJOSE_JWK_KTY_RSA},
		{"PS256", CJOSE_JWK_KTY_RSA},
		{"PS384", CJOSE_JWK_KTY_RSA},
		{"PS512", CJOSE_JWK_KTY_RSA},
		{"ES256", CJOSE_JWK_KTY_EC},
		{"ES384", CJOSE_JWK_KTY_EC},
		{"ES512", CJOSE_JWK_KTY_EC},
	};

	for (size_t i = 0; algorithm && i < ARRAY_COUNT(known); i++) {
		*kind_r = known[i].kind;
		if (strcmp(algorithm, known[i].name) == 0)
			return true;
	}
	return false;
}

struct jws *jws_open(struct slice token)
{
	struct jws *jws = NEW(struct jws);
	uint8_t *payload = NULL;
	size_t size = 0;
	cjose_header_t *header;
	cjose_err error;

	jws->jws = cjose_jws_import(token.at ? token.at : "", token.size, &error);
	if (!jws->jws) {
		jws_close(&jws);
		fail(FAILURE_DATA, "not a signed token");
		return NULL;
	}
	header = cjose_jws_get_protected(jws->jws);
	jws->key_id = cjose_header_get(header, CJOSE_HDR_KID, &error);
	if (!kind_of(cjose_header_get(header, CJOSE_HDR_ALG, &error), &jws->kind) ||
		!cjose_jws_get_plaintext(jws->jws, &payload, &size, &error)) {
		jws_close(&jws);
		fail(FAILURE_DATA, "signed with an algorithm that is not taken");
		return NULL;
	}
	jws->payload = slice_make((const char *)payload, size);
	return jws;
}

void jws_close(struct jws **jws)
{
	struct jws *old = *jws;

	*jws = NULL;
	if (!old)
		return;
	if (old->jws)
		cjose_jws_release(old->jws);
	memory_free(old);
}

struct slice jws_payload(const struct jws *jws)
{
	return jws->payload;
}

enum jws_verdict jws_verify(struct jws *jws, const struct jws_keys *keys)
{
	enum jws_verdict verdict = JWS_UNKNOWN_KEY;
	cjose_err error;

	for (size_t i = 0; i < keys->count; i++) {
		const char *id = cjose_jwk_get_kid(keys->list[i], &error);

		if (cjose_jwk_get_kty(keys->list[i], &error) != jws->kind ||
			(jws->key_id && id && strcmp(id, jws->key_id) != 0))
			continue;
		if (cjose_jws_verify(jws->jws, keys->list[i], &error))
			return JWS_GOOD;
		if (jws->key_id && id)
			verdict = JWS_BAD;
	}
	return verdict;
}
