/* SHA-256, RSA and Ed25519 for DKIM, by OpenSSL 3: the only file that knows it. */
#include "dkim/crypto.h"

#include <assert.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>

#include "base/failure.h"
#include "base/memory.h"

struct dkim_hash {
	EVP_MD_CTX *context;
	bool failed;
};

struct dkim_private {
	EVP_PKEY *key;
	enum dkim_algorithm algorithm;
};

struct dkim_public {
	EVP_PKEY *key;
	enum dkim_algorithm algorithm;
};

static const EVP_MD *sha256(void);
static bool fail_openssl(enum failure_kind kind, const char *what);
static EVP_PKEY *read_pem(struct slice pem);
static bool key_facts(EVP_PKEY *key, struct dkim_private_facts *facts_r);
static EVP_PKEY *generate(enum dkim_algorithm algorithm, unsigned bits);
static bool sign_rsa(
	EVP_PKEY *key, const uint8_t *hash, uint8_t *signature, size_t *size);
static bool sign_ed25519(
	EVP_PKEY *key, const uint8_t *hash, uint8_t *signature, size_t *size);
static EVP_PKEY *read_rsa_public(struct slice der);
static bool verify_rsa(EVP_PKEY *key, const uint8_t *hash, struct slice signature);
static bool verify_ed25519(EVP_PKEY *key, const uint8_t *hash, struct slice signature);

struct dkim_hash *dkim_hash_create(void)
{
	struct dkim_hash *hash = NEW(struct dkim_hash);

	hash->context = EVP_MD_CTX_new();
	assert(hash->context);
	return hash;
}

void dkim_hash_destroy(struct dkim_hash **hash)
{
	if (!*hash)
		return;
	EVP_MD_CTX_free((*hash)->context);
	memory_free(*hash);
	*hash = NULL;
}

void dkim_hash_begin(struct dkim_hash *hash)
{
	ERR_clear_error();
	hash->failed = EVP_DigestInit_ex2(hash->context, sha256(), NULL) != 1;
	ERR_clear_error();
}

void dkim_hash_update(struct dkim_hash *hash, struct slice bytes)
{
	if (bytes.size > 0 && !hash->failed &&
		EVP_DigestUpdate(hash->context, bytes.at, bytes.size) != 1)
		hash->failed = true;
}

void dkim_hash_copy(struct dkim_hash *to, const struct dkim_hash *from)
{
	ERR_clear_error();
	to->failed = from->failed ||
		     EVP_MD_CTX_copy_ex(to->context, from->context) != 1;
	ERR_clear_error();
}

bool dkim_hash_end(struct dkim_hash *hash, uint8_t hash_r[DKIM_HASH_SIZE])
{
	ERR_clear_error();
	if (hash->failed || EVP_DigestFinal_ex(hash->context, hash_r, NULL) != 1)
		return fail_openssl(FAILURE_RESOURCE, "SHA-256 cannot be computed");
	return true;
}

struct dkim_private *dkim_private_read(
	struct slice pem, struct dkim_private_facts *facts_r)
{
	struct dkim_private_facts facts;
	struct dkim_private *private;
	EVP_PKEY *key = read_pem(pem);

	if (!key)
		return NULL;
	if (!key_facts(key, &facts)) {
		EVP_PKEY_free(key);
		return NULL;
	}
	private = NEW(struct dkim_private);
	private->key = key;
	private->algorithm = facts.algorithm;
	*facts_r = facts;
	return private;
}

void dkim_private_destroy(struct dkim_private **key)
{
	if (!*key)
		return;
	EVP_PKEY_free((*key)->key);
	memory_free(*key);
	*key = NULL;
}

bool dkim_private_generate(
	enum dkim_algorithm algorithm, unsigned bits, struct buffer *pem)
{
	EVP_PKEY *key;
	BIO *memory;
	char *text;
	long size;
	bool done;

	ERR_clear_error();
	key = generate(algorithm, bits);
	if (!key)
		return fail_openssl(FAILURE_RESOURCE, "cannot make a key");
	memory = BIO_new(BIO_s_secmem());
	assert(memory);
	done = PEM_write_bio_PKCS8PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) ==
	       1;
	EVP_PKEY_free(key);
	if (done) {
		size = BIO_get_mem_data(memory, &text);
		done = buffer_append(pem, slice_make(text, (size_t)size));
		OPENSSL_cleanse(text, (size_t)size);
	} else {
		fail_openssl(FAILURE_RESOURCE, "cannot write the key");
	}
	BIO_free(memory);
	return done;
}

bool dkim_private_public(const struct dkim_private *key, struct buffer *bytes)
{
	unsigned char *out = NULL, raw[32];
	size_t raw_size = sizeof raw;
	bool done;
	int size;

	ERR_clear_error();
	if (key->algorithm == DKIM_ED25519_SHA256) {
		if (EVP_PKEY_get_raw_public_key(key->key, raw, &raw_size) != 1)
			return fail_openssl(
				FAILURE_RESOURCE, "cannot get the public key");
		return buffer_append(bytes, slice_make(raw, raw_size));
	}
	size = i2d_PUBKEY(key->key, &out);
	if (size <= 0)
		return fail_openssl(FAILURE_RESOURCE, "cannot get the public key");
	done = buffer_append(bytes, slice_make(out, (size_t)size));
	OPENSSL_free(out);
	return done;
}

bool dkim_private_sign(const struct dkim_private *key,
	const uint8_t hash[DKIM_HASH_SIZE],
	uint8_t signature_r[DKIM_SIGNATURE_SIZE_MAX], size_t *size_r)
{
	bool done;

	ERR_clear_error();
	*size_r = DKIM_SIGNATURE_SIZE_MAX;
	done = key->algorithm == DKIM_RSA_SHA256
		       ? sign_rsa(key->key, hash, signature_r, size_r)
		       : sign_ed25519(key->key, hash, signature_r, size_r);
	return done || fail_openssl(FAILURE_RESOURCE, "cannot sign");
}

struct dkim_public *dkim_public_read(
	enum dkim_algorithm algorithm, struct slice bytes, unsigned *bits_r)
{
	struct dkim_public *public;
	EVP_PKEY *key;

	ERR_clear_error();
	if (algorithm == DKIM_RSA_SHA256)
		key = read_rsa_public(bytes);
	else if (bytes.size == 32)
		key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL,
			(const unsigned char *)bytes.at, bytes.size);
	else
		key = NULL;
	ERR_clear_error();
	if (!key || EVP_PKEY_get_bits(key) > DKIM_PUBLIC_BITS_MAX) {
		EVP_PKEY_free(key);
		fail(FAILURE_DATA, "p= holds no usable public key");
		return NULL;
	}
	public = NEW(struct dkim_public);
	public->key = key;
	public->algorithm = algorithm;
	*bits_r = algorithm == DKIM_RSA_SHA256 ? (unsigned)EVP_PKEY_get_bits(key) : 256;
	return public;
}

void dkim_public_destroy(struct dkim_public **key)
{
	if (!*key)
		return;
	EVP_PKEY_free((*key)->key);
	memory_free(*key);
	*key = NULL;
}

bool dkim_public_verify(const struct dkim_public *key,
	const uint8_t hash[DKIM_HASH_SIZE], struct slice signature)
{
	bool good;

	ERR_clear_error();
	good = key->algorithm == DKIM_RSA_SHA256
		       ? verify_rsa(key->key, hash, signature)
		       : verify_ed25519(key->key, hash, signature);
	ERR_clear_error();
	return good;
}

static EVP_MD *sha256_fetched;

static void fetch_sha256(void)
{
	sha256_fetched = EVP_MD_fetch(NULL, "SHA2-256", NULL);
}

static const EVP_MD *sha256(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fetch_sha256);
	return sha256_fetched;
}

static bool fail_openssl(enum failure_kind kind, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	fail(kind, "%s: %s", what, reason ? reason : "no reason given");
	ERR_clear_error();
	return false;
}

/* Says that a key is encrypted, and never asks a terminal for its password. */
static int refuse_password(char *text, int size, int writing, void *context)
{
	(void)text, (void)size, (void)writing;
	*(bool *)context = true;
	return -1;
}

static EVP_PKEY *read_pem(struct slice pem)
{
	bool encrypted = false;
	EVP_PKEY *key;
	BIO *memory;

	if (pem.size > DKIM_KEY_PEM_MAX) {
		fail(FAILURE_CONFIG, "more than %d bytes, that is no key",
			DKIM_KEY_PEM_MAX);
		return NULL;
	}
	ERR_clear_error();
	memory = BIO_new_mem_buf(pem.at ? pem.at : "", (int)pem.size);
	assert(memory);
	key = PEM_read_bio_PrivateKey(memory, NULL, refuse_password, &encrypted);
	BIO_free(memory);
	ERR_clear_error();
	if (!key)
		fail(FAILURE_CONFIG, "%s",
			encrypted ? "the key is encrypted, store it without a password"
				  : "no private key in PEM form (BEGIN PRIVATE KEY)");
	return key;
}

static bool key_facts(EVP_PKEY *key, struct dkim_private_facts *facts_r)
{
	int bits = EVP_PKEY_get_bits(key);

	if (EVP_PKEY_is_a(key, "ED25519")) {
		facts_r->algorithm = DKIM_ED25519_SHA256;
		facts_r->bits = 256;
		return true;
	}
	if (!EVP_PKEY_is_a(key, "RSA"))
		return fail(FAILURE_CONFIG, "the key is neither RSA nor Ed25519");
	if (bits < DKIM_RSA_BITS_MIN || bits > DKIM_RSA_BITS_MAX)
		return fail(FAILURE_CONFIG,
			"the RSA key has %d bits, allowed are %d to %d", bits,
			DKIM_RSA_BITS_MIN, DKIM_RSA_BITS_MAX);
	facts_r->algorithm = DKIM_RSA_SHA256;
	facts_r->bits = (unsigned)bits;
	return true;
}

static EVP_PKEY *generate(enum dkim_algorithm algorithm, unsigned bits)
{
	if (algorithm == DKIM_RSA_SHA256)
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static bool sign_rsa(
	EVP_PKEY *key, const uint8_t *hash, uint8_t *signature, size_t *size)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool done = context && EVP_PKEY_sign_init(context) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(context, sha256()) == 1 &&
		    EVP_PKEY_sign(context, signature, size, hash, DKIM_HASH_SIZE) == 1;

	EVP_PKEY_CTX_free(context);
	return done;
}

static bool sign_ed25519(
	EVP_PKEY *key, const uint8_t *hash, uint8_t *signature, size_t *size)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool done = context &&
		    EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, key, NULL) ==
			    1 &&
		    EVP_DigestSign(context, signature, size, hash, DKIM_HASH_SIZE) == 1;

	EVP_MD_CTX_free(context);
	return done;
}

/* RFC 6376 section 3.6.1 says RSAPublicKey, its examples and the world put
 * SubjectPublicKeyInfo there: both are read. */
static EVP_PKEY *read_rsa_public(struct slice der)
{
	const unsigned char *at = (const unsigned char *)der.at, *end = at + der.size;
	EVP_PKEY *key;

	if (der.size == 0 || der.size > 4096)
		return NULL;
	key = d2i_PUBKEY(NULL, &at, (long)der.size);
	if (!key) {
		at = (const unsigned char *)der.at;
		key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)der.size);
	}
	if (key && at == end && EVP_PKEY_is_a(key, "RSA"))
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static bool verify_rsa(EVP_PKEY *key, const uint8_t *hash, struct slice signature)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool good = context && EVP_PKEY_verify_init(context) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(context, sha256()) == 1 &&
		    EVP_PKEY_verify(context, (const unsigned char *)signature.at,
			    signature.size, hash, DKIM_HASH_SIZE) == 1;

	EVP_PKEY_CTX_free(context);
	return good;
}

static bool verify_ed25519(EVP_PKEY *key, const uint8_t *hash, struct slice signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context &&
		    EVP_DigestVerifyInit_ex(
			    context, NULL, NULL, NULL, NULL, key, NULL) == 1 &&
		    EVP_DigestVerify(context, (const unsigned char *)signature.at,
			    signature.size, hash, DKIM_HASH_SIZE) == 1;

	EVP_MD_CTX_free(context);
	return good;
}
