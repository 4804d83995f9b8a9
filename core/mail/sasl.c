/*
 * SASL mechanisms by name, and the secrets an account keeps for them.
 */
#include "mail/sasl.h"

#include <assert.h>
#include <string.h>

#include "base/encode.h"
#include "base/memory.h"
#include "mail/sasl_gsasl.h"
#include "mail/text.h"

static const char *const names[SASL_MECHANISMS] = {
	[SASL_PLAIN] = "PLAIN",
	[SASL_LOGIN] = "LOGIN",
	[SASL_CRAM_MD5] = "CRAM-MD5",
	[SASL_SCRAM_SHA_256] = "SCRAM-SHA-256",
	[SASL_SCRAM_SHA_256_PLUS] = "SCRAM-SHA-256-PLUS",
	[SASL_OAUTHBEARER] = "OAUTHBEARER",
	[SASL_XOAUTH2] = "XOAUTH2",
};

static void fake_keys(const char *secret, char kind, struct slice username,
	uint8_t one[SASL_KEY_SIZE], uint8_t two[SASL_KEY_SIZE]);

const char *sasl_mechanism_name(enum sasl_mechanism mechanism)
{
	assert(mechanism < SASL_MECHANISMS);
	return names[mechanism];
}

bool sasl_mechanism_find(struct slice name, enum sasl_mechanism *mechanism_r)
{
	for (unsigned i = 0; i < SASL_MECHANISMS; i++) {
		if (!slice_equal_nocase(name, slice_of(names[i])))
			continue;
		*mechanism_r = (enum sasl_mechanism)i;
		return true;
	}
	return false;
}

bool sasl_scram_keys(struct slice password, const uint8_t salt[SASL_SALT_SIZE],
	unsigned iterations, struct sasl_scram_keys *keys_r)
{
	struct sasl_scram_keys keys = {.iterations = iterations};
	bool derived;
	char *text;

	assert(iterations > 0);
	if (password.size == 0 || password.size > SASL_PASSWORD_MAX ||
		memchr(password.at, '\0', password.size))
		return false;
	text = memory_copy_text(password);
	memcpy(keys.salt, salt, SASL_SALT_SIZE);
	derived = sasl_engine_derive(text, slice_make(salt, SASL_SALT_SIZE), iterations,
		keys.stored_key, keys.server_key);
	if (derived)
		*keys_r = keys;
	memory_wipe(text, password.size);
	memory_free(text);
	memory_wipe(&keys, sizeof(keys));
	return derived;
}

bool sasl_prepare(
	struct slice password, char *text, size_t size, struct slice *prepared_r)
{
	char *copy;
	bool prepared;

	if (password.size > SASL_PASSWORD_MAX ||
		(password.size > 0 && memchr(password.at, '\0', password.size)))
		return false;
	copy = memory_copy_text(password);
	prepared = sasl_engine_prepare(copy, text, size, prepared_r);
	memory_wipe(copy, password.size);
	memory_free(copy);
	return prepared;
}

bool sasl_identity(
	struct slice name, struct slice authzid, char username[SASL_NAME_MAX + 1])
{
	char other[SASL_NAME_MAX + 1];
	struct slice prepared;

	if (!sasl_prepare(name, username, SASL_NAME_MAX + 1, &prepared) ||
		prepared.size == 0 || !text_is_utf8(prepared)) {
		username[0] = '\0';
		return false;
	}
	return authzid.size == 0 ||
	       (sasl_prepare(authzid, other, sizeof(other), &prepared) &&
		       slice_equal(prepared, slice_of(username)));
}

void sasl_fake_account(
	struct slice secret, struct slice username, struct sasl_account *account_r)
{
	struct sasl_account account = {.fake = true};
	uint8_t salt[SASL_KEY_SIZE], unused[SASL_KEY_SIZE];
	char *key = memory_allocate(2 * secret.size + 1);

	assert(secret.size > 0);
	hex_encode(secret, key);
	fake_keys(key, 's', username, salt, unused);
	fake_keys(
		key, 'k', username, account.scram.stored_key, account.scram.server_key);
	account.scram.iterations = SASL_ITERATIONS;
	memcpy(account.scram.salt, salt, SASL_SALT_SIZE);
	memory_wipe(key, 2 * secret.size);
	memory_free(key);
	*account_r = account;
}

/* One iteration: a keyed hash of the name, no more is needed here. */
static void fake_keys(const char *secret, char kind, struct slice username,
	uint8_t one[SASL_KEY_SIZE], uint8_t two[SASL_KEY_SIZE])
{
	char salt[1 + SASL_NAME_MAX];
	struct slice name = slice_part(username, 0, SASL_NAME_MAX);
	bool derived;

	salt[0] = kind;
	if (name.size > 0)
		memcpy(salt + 1, name.at, name.size);
	derived = sasl_engine_derive(
		secret, slice_make(salt, 1 + name.size), 1, one, two);
	assert(derived);
}
