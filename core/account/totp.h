/*
 * One-time codes by the clock (TOTP, RFC 6238: HMAC-SHA-1, 30 seconds, six
 * digits), as every authenticator program knows them. Pure.
 */
#ifndef RINGPOST_ACCOUNT_TOTP_H
#define RINGPOST_ACCOUNT_TOTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

#define TOTP_SECRET_SIZE 20 /* RFC 4226 4, R6 */
#define TOTP_PERIOD_S	 30
#define TOTP_DIGITS	 6

/* The code of a period: seconds since 1970 / TOTP_PERIOD_S. */
unsigned totp_code(const uint8_t secret[TOTP_SECRET_SIZE], uint64_t period);

/*
 * Whether CODE is that of now, of the period before or the next (clocks differ),
 * and later than *USED, the period of the last code taken, which it becomes: no
 * code is good twice (RFC 6238 5.2).
 */
bool totp_check(const uint8_t secret[TOTP_SECRET_SIZE], struct slice code,
	int64_t now_ms, uint64_t *used);

/* "otpauth://totp/…" for an authenticator, shown to it as text or as a QR code. */
bool totp_uri(const uint8_t secret[TOTP_SECRET_SIZE], struct slice issuer,
	struct slice account, struct buffer *into);

#endif
