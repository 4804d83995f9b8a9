/* The signature of webhooks, by OpenSSL's libcrypto. */
#include "events/signature.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "base/encode.h"

#define SHA256_SIZE 32

static void make(struct slice secret, struct slice time, struct slice body,
	char mac[SHA256_SIZE])
{
	static const unsigned char none[1];
	EVP_MAC *kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = kind ? EVP_MAC_CTX_new(kind) : NULL;
	OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(
					   OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_end()};
	const void *key = secret.size ? secret.at : (const char *)none;
	size_t size = 0;
	int good;

	good = context && EVP_MAC_init(context, key, secret.size, parameters) == 1 &&
	       EVP_MAC_update(context, (const void *)time.at, time.size) == 1 &&
	       EVP_MAC_update(context, (const void *)".", 1) == 1 &&
	       EVP_MAC_update(context, (const void *)body.at, body.size) == 1 &&
	       EVP_MAC_final(context, (unsigned char *)mac, &size, SHA256_SIZE) == 1;
	assert(good && size == SHA256_SIZE);
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(kind);
}

struct slice signature_print(struct slice secret, int64_t seconds, struct slice body,
	char text[SIGNATURE_SIZE])
{
	char time[24], mac[SHA256_SIZE], hex[2 * SHA256_SIZE + 1];
	int size = snprintf(time, sizeof(time), "%lld", (long long)seconds);

	make(secret, slice_make(time, (size_t)size), body, mac);
	hex_encode(slice_make(mac, sizeof(mac)), hex);
	hex[2 * SHA256_SIZE] = '\0';
	size = snprintf(text, SIGNATURE_SIZE, "t=%s,v1=%s", time, hex);
	return slice_make(text, (size_t)size);
}
