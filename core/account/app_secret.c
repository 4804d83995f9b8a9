/*
 * App passwords that can be had back, sealed: the only user of OpenSSL's ciphers
 * and of MD5 among the accounts.
 *
 * AES-256-GCM under a key made of the accounts' secret, bound to the account and
 * the label: a seal that was moved to another does not open.
 */
#include "account/app_secret.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"

#define KEY_SIZE   32
#define NONCE_SIZE 12
#define TAG_SIZE   16
#define TEXT_SIZE  (ACCOUNT_APP_TEXT - 1)

_Static_assert(NONCE_SIZE + TEXT_SIZE + TAG_SIZE == ACCOUNT_APP_SEALED,
	"a seal has its nonce, what it seals, its tag");

static bool make_key(struct slice secret, uint8_t key[KEY_SIZE]);
static bool begin(EVP_CIPHER_CTX *context, bool seals, const uint8_t key[KEY_SIZE],
	const uint8_t *nonce, const struct slice bound[2]);
static bool seal(EVP_CIPHER_CTX *context, const char *text, uint8_t *sealed);
static bool open(EVP_CIPHER_CTX *context, const uint8_t *sealed, char *text);

bool app_secret_seal(struct slice secret, struct slice account, struct slice label,
	const char text[ACCOUNT_APP_TEXT], uint8_t sealed[ACCOUNT_APP_SEALED])
{
	struct slice bound[] = {account, label};
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t key[KEY_SIZE];
	bool good;

	random_fill(sealed, NONCE_SIZE);
	good = context && make_key(secret, key) &&
	       begin(context, true, key, sealed, bound) && seal(context, text, sealed);
	memory_wipe(key, sizeof(key));
	EVP_CIPHER_CTX_free(context);
	return good || fail(FAILURE_RESOURCE, "the app password could not be sealed");
}

bool app_secret_open(struct slice secret, struct slice account, struct slice label,
	const uint8_t sealed[ACCOUNT_APP_SEALED], char text[ACCOUNT_APP_TEXT])
{
	struct slice bound[] = {account, label};
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t key[KEY_SIZE];
	bool good = context && make_key(secret, key) &&
		    begin(context, false, key, sealed, bound) &&
		    open(context, sealed, text);

	memory_wipe(key, sizeof(key));
	EVP_CIPHER_CTX_free(context);
	if (!good)
		memory_wipe(text, ACCOUNT_APP_TEXT);
	return good ||
	       fail(FAILURE_DATA, "the app password was sealed with another secret");
}

/* Takes as long wherever the difference is. */
bool app_secret_proves(
	const char text[ACCOUNT_APP_TEXT], struct slice stamp, struct slice digest)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hash[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned size = 0;
	unsigned char difference = 0;
	bool made = context && EVP_DigestInit_ex(context, EVP_md5(), NULL) &&
		    EVP_DigestUpdate(context, stamp.at, stamp.size) &&
		    EVP_DigestUpdate(context, text, strlen(text)) &&
		    EVP_DigestFinal_ex(context, hash, &size);

	EVP_MD_CTX_free(context);
	if (!made || digest.size != 2 * (size_t)size)
		return false;
	for (size_t i = 0; i < digest.size; i++) {
		char want = digits[hash[i / 2] >> (i % 2 ? 0 : 4) & 15];

		difference |= (unsigned char)(want ^
					      tolower((unsigned char)digest.at[i]));
	}
	memory_wipe(hash, sizeof(hash));
	return difference == 0;
}

static bool make_key(struct slice secret, uint8_t key[KEY_SIZE])
{
	static const char use[] = "ringpost app passwords";
	unsigned size = 0;

	return HMAC(EVP_sha256(), secret.at, (int)secret.size, (const uint8_t *)use,
		       sizeof(use) - 1, key, &size) &&
	       size == KEY_SIZE;
}

/* No name has a NUL in it, so that one keeps account and label apart. */
static bool begin(EVP_CIPHER_CTX *context, bool seals, const uint8_t key[KEY_SIZE],
	const uint8_t *nonce, const struct slice bound[2])
{
	int size;

	return EVP_CipherInit_ex(
		       context, EVP_aes_256_gcm(), NULL, key, nonce, seals ? 1 : 0) &&
	       EVP_CipherUpdate(context, NULL, &size, (const uint8_t *)bound[0].at,
		       (int)bound[0].size) &&
	       EVP_CipherUpdate(context, NULL, &size, (const uint8_t *)"", 1) &&
	       EVP_CipherUpdate(context, NULL, &size, (const uint8_t *)bound[1].at,
		       (int)bound[1].size);
}

static bool seal(EVP_CIPHER_CTX *context, const char *text, uint8_t *sealed)
{
	uint8_t *into = sealed + NONCE_SIZE;
	int size;

	return EVP_CipherUpdate(
		       context, into, &size, (const uint8_t *)text, TEXT_SIZE) &&
	       size == TEXT_SIZE &&
	       EVP_CipherFinal_ex(context, into + TEXT_SIZE, &size) && size == 0 &&
	       EVP_CIPHER_CTX_ctrl(
		       context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, into + TEXT_SIZE);
}

static bool open(EVP_CIPHER_CTX *context, const uint8_t *sealed, char *text)
{
	const uint8_t *from = sealed + NONCE_SIZE;
	uint8_t tag[TAG_SIZE];
	int size;

	memcpy(tag, from + TEXT_SIZE, sizeof(tag));
	text[TEXT_SIZE] = '\0';
	return EVP_CipherUpdate(context, (uint8_t *)text, &size, from, TEXT_SIZE) &&
	       size == TEXT_SIZE &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, sizeof(tag), tag) &&
	       EVP_CipherFinal_ex(context, (uint8_t *)text + TEXT_SIZE, &size) &&
	       size == 0;
}
