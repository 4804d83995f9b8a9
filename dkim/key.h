/*
 * Signing keys: made, read from PEM text, described as DNS records, and
 * compared with the record that DNS has.
 *
 * A key never changes once made and may be used by any number of threads.
 */
#ifndef RINGPOST_DKIM_KEY_H
#define RINGPOST_DKIM_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/slice.h"

/* RFC 8301 section 3.2 for the least, what verifiers must take for the most. */
#define DKIM_RSA_BITS_MIN     1024
#define DKIM_RSA_BITS_MAX     4096
#define DKIM_RSA_BITS_DEFAULT 2048
#define DKIM_KEY_PEM_MAX      16384 /* bytes of PEM text */

enum dkim_algorithm {
	DKIM_RSA_SHA256,     /* RFC 6376 3.3.2 */
	DKIM_ED25519_SHA256, /* RFC 8463 */
};

struct dkim_key;

/* "rsa-sha256", "ed25519-sha256": what a= says. */
const char *dkim_algorithm_name(enum dkim_algorithm algorithm);

/*
 * A key from PEM text (PKCS#8 or PKCS#1, not encrypted), for DOMAIN (or "*")
 * and SELECTOR, both copied, in lower case. NULL with FAILURE_CONFIG when the
 * text is no usable key or a name is no DNS name.
 */
struct dkim_key *dkim_key_create(
	struct slice domain, struct slice selector, struct slice pem);
/* The same from the file PATH, at configuration time: this blocks. NULL with
 * FAILURE_FILE when it cannot be read. */
struct dkim_key *dkim_key_read(
	struct slice domain, struct slice selector, const char *path);
void dkim_key_destroy(struct dkim_key **key);

/* Valid as long as the key. */
struct slice dkim_key_domain(const struct dkim_key *key);
struct slice dkim_key_selector(const struct dkim_key *key);
enum dkim_algorithm dkim_key_algorithm(const struct dkim_key *key);
unsigned dkim_key_bits(const struct dkim_key *key); /* RSA modulus; 256 */

/*
 * A new private key as PKCS#8 PEM text appended to PEM. BITS counts for RSA
 * only: 2048 … 4096, 0 for the default. Takes up to seconds of CPU: not on a
 * worker. False with FAILURE_CONFIG for a bad size. Wipe the text after use.
 */
bool dkim_key_generate(
	enum dkim_algorithm algorithm, unsigned bits, struct buffer *pem);

/*
 * Appends the TXT record's value, "v=DKIM1; k=rsa; p=…", as one string: what
 * most providers' web forms take.
 */
bool dkim_key_print_record(const struct dkim_key *key, struct buffer *out);
/*
 * Appends the record as a zone file has it, for DOMAIN (used where the key's
 * own is "*"), in quoted strings of at most 255 bytes, ending in a newline.
 */
bool dkim_key_print_zone(
	const struct dkim_key *key, struct slice domain, struct buffer *out);
/* Appends "selector._domainkey.domain". */
bool dkim_key_print_name(
	const struct dkim_key *key, struct slice domain, struct buffer *out);

/*
 * Does a TXT record (its strings joined) publish this key? When not, false
 * with FAILURE_DATA and the reason in words for the person who pasted it.
 */
bool dkim_key_matches_record(const struct dkim_key *key, struct slice record);

#endif
