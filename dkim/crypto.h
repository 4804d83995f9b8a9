/*
 * What DKIM needs of a cryptographic library: SHA-256, and RSA and Ed25519
 * keys that sign and verify one.
 *
 * The library's error state is cleared before and drained within each call.
 */
#ifndef RINGPOST_DKIM_CRYPTO_H
#define RINGPOST_DKIM_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"
#include "dkim/key.h"

#define DKIM_HASH_SIZE		32
#define DKIM_PUBLIC_BITS_MAX	8192 /* of an RSA key that we verify with */
#define DKIM_SIGNATURE_SIZE_MAX (DKIM_RSA_BITS_MAX / 8)

/* SHA-256. A failure inside shows when the hash is ended. */
struct dkim_hash;

struct dkim_hash *dkim_hash_create(void);
void dkim_hash_destroy(struct dkim_hash **hash);
void dkim_hash_begin(struct dkim_hash *hash);
void dkim_hash_update(struct dkim_hash *hash, struct slice bytes);
/* TO becomes what FROM is now. */
void dkim_hash_copy(struct dkim_hash *to, const struct dkim_hash *from);
/* False with FAILURE_RESOURCE. Begin again before the next use. */
bool dkim_hash_end(struct dkim_hash *hash, uint8_t hash_r[DKIM_HASH_SIZE]);

/* A private key; any number of threads may sign with it. */
struct dkim_private;

struct dkim_private_facts {
	enum dkim_algorithm algorithm;
	unsigned bits;
};

/* NULL with FAILURE_CONFIG: no key, encrypted, of another kind, too small. */
struct dkim_private *dkim_private_read(
	struct slice pem, struct dkim_private_facts *facts_r);
void dkim_private_destroy(struct dkim_private **key);
/* Appends PKCS#8 PEM text of a new key. Slow for RSA. */
bool dkim_private_generate(
	enum dkim_algorithm algorithm, unsigned bits, struct buffer *pem);
/* Appends what p= has in base64: DER SubjectPublicKeyInfo of an RSA key, the
 * 32 bytes of an Ed25519 key. */
bool dkim_private_public(const struct dkim_private *key, struct buffer *bytes);
/*
 * Signs a SHA-256: PKCS#1 v1.5, or PureEdDSA of the hash (RFC 8463 section 3).
 * False with FAILURE_RESOURCE.
 */
bool dkim_private_sign(const struct dkim_private *key,
	const uint8_t hash[DKIM_HASH_SIZE],
	uint8_t signature_r[DKIM_SIGNATURE_SIZE_MAX], size_t *size_r);

/* A public key from a key record. */
struct dkim_public;

/*
 * RSA: DER SubjectPublicKeyInfo or RSAPublicKey, up to DKIM_PUBLIC_BITS_MAX.
 * Ed25519: 32 bytes. NULL with FAILURE_DATA when it is not.
 */
struct dkim_public *dkim_public_read(
	enum dkim_algorithm algorithm, struct slice bytes, unsigned *bits_r);
void dkim_public_destroy(struct dkim_public **key);
bool dkim_public_verify(const struct dkim_public *key,
	const uint8_t hash[DKIM_HASH_SIZE], struct slice signature);

#endif
