/* One-time codes. The only user of OpenSSL's HMAC. */
#include "account/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/memory.h"

#define SHA1_SIZE 20
#define MODULUS	  1000000 /* ten to the TOTP_DIGITS */

unsigned totp_code(const uint8_t secret[TOTP_SECRET_SIZE], uint64_t period)
{
	uint8_t counter[8], hash[EVP_MAX_MD_SIZE];
	unsigned size = 0, at;
	uint32_t number;

	for (int i = 0; i < 8; i++)
		counter[i] = (uint8_t)(period >> (56 - 8 * i));
	HMAC(EVP_sha1(), secret, TOTP_SECRET_SIZE, counter, sizeof(counter), hash,
		&size);
	at = size == SHA1_SIZE ? hash[SHA1_SIZE - 1] & 15 : 0; /* RFC 4226 5.3 */
	number = (uint32_t)(hash[at] & 127) << 24 | (uint32_t)hash[at + 1] << 16 |
		 (uint32_t)hash[at + 2] << 8 | hash[at + 3];
	return number % MODULUS;
}

bool totp_check(const uint8_t secret[TOTP_SECRET_SIZE], struct slice code,
	int64_t now_ms, uint64_t *used)
{
	uint64_t now = (uint64_t)now_ms / 1000 / TOTP_PERIOD_S, said;

	if (code.size != TOTP_DIGITS || !slice_to_u64(code, &said))
		return false;
	for (uint64_t period = now ? now - 1 : 0; period <= now + 1; period++) {
		if (period <= *used || totp_code(secret, period) != said)
			continue;
		*used = period;
		return true;
	}
	return false;
}

/* RFC 4648 6, which authenticators want; the ids' base32 has other digits. */
static void put_base32(const uint8_t secret[TOTP_SECRET_SIZE], struct buffer *into)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t bits = 0;
	unsigned count = 0;

	for (size_t i = 0; i < TOTP_SECRET_SIZE; i++) {
		bits = bits << 8 | secret[i];
		for (count += 8; count >= 5; count -= 5)
			buffer_append_byte(into, digits[bits >> (count - 5) & 31]);
	}
}

static void put_escaped(struct slice text, struct buffer *into)
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (ascii_is_alnum((char)c) || c == '.' || c == '-' || c == '_')
			buffer_append_byte(into, (char)c);
		else
			buffer_append_format(into, "%%%02X", c);
	}
}

bool totp_uri(const uint8_t secret[TOTP_SECRET_SIZE], struct slice issuer,
	struct slice account, struct buffer *into)
{
	buffer_append(into, SLICE("otpauth://totp/"));
	put_escaped(issuer, into);
	buffer_append_byte(into, ':');
	put_escaped(account, into);
	buffer_append(into, SLICE("?secret="));
	put_base32(secret, into);
	buffer_append(into, SLICE("&issuer="));
	put_escaped(issuer, into);
	return buffer_append_byte(into, '\n');
}
