/* What signs links to leave a list, by OpenSSL's libcrypto. */
#include "feedback/leaving.h"

#include <assert.h>
#include <endian.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/memory.h"

#define SHA256_SIZE 32

/* A key for nothing but this, of the secret that signs bounce addresses. */
#define PURPOSE "ringpost: links to leave a list, 1"

static void hmac(const void *key, size_t key_size, struct slice bytes,
	unsigned char mac[SHA256_SIZE])
{
	unsigned size = 0;
	const unsigned char *made = HMAC(EVP_sha256(), key, (int)key_size,
		(const unsigned char *)bytes.at, bytes.size, mac, &size);

	assert(made && size == SHA256_SIZE);
}

void leaving_mac(const struct verp_secret *secret, struct slice bytes,
	char mac[LEAVING_MAC_SIZE])
{
	uint64_t words[4] = {htole64(secret->sign.low), htole64(secret->sign.high),
		htole64(secret->tag.low), htole64(secret->tag.high)};
	unsigned char key[SHA256_SIZE], whole[SHA256_SIZE];

	hmac(words, sizeof(words), SLICE(PURPOSE), key);
	hmac(key, sizeof(key), bytes, whole);
	memcpy(mac, whole, LEAVING_MAC_SIZE);
	memory_wipe(words, sizeof(words));
	memory_wipe(key, sizeof(key));
}
