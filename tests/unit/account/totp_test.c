/* RFC 6238 appendix B (SHA-1, its eight digits cut to six), and use once. */
#include "account/totp.h"

#include "base/memory.h"
#include "check.h"

static const uint8_t secret[TOTP_SECRET_SIZE] = "12345678901234567890";

CASE("RFC 6238 appendix B")
{
	static const struct {
		int64_t at_s;
		unsigned code;
	} rows[] = {{59, 287082}, {1111111109, 81804}, {1111111111, 50471},
		{1234567890, 5924}, {2000000000, 279037}, {20000000000, 353130}};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		CHECK_NUMBER(totp_code(secret, (uint64_t)rows[i].at_s / TOTP_PERIOD_S),
			rows[i].code);
}

CASE("a code is good in its period, the one before and the next, and once")
{
	const int64_t now = 1234567890; /* 005924 */
	uint64_t used;

	for (int64_t off = -60; off <= 60; off += 30) {
		used = 0;
		CHECK_NUMBER(
			totp_check(secret, SLICE("005924"), (now + off) * 1000, &used),
			off >= -30 && off <= 30);
	}
	used = 0;
	CHECK(totp_check(secret, SLICE("005924"), now * 1000, &used));
	CHECK_NUMBER(used, now / TOTP_PERIOD_S);
	CHECK(!totp_check(secret, SLICE("005924"), now * 1000, &used));
	CHECK(!totp_check(secret, SLICE("5924"), now * 1000, &used));
	used = 0;
	CHECK(!totp_check(secret, SLICE("005925"), now * 1000, &used));
	CHECK(!totp_check(secret, SLICE("0059240"), now * 1000, &used));
	CHECK(!totp_check(secret, SLICE("-05924"), now * 1000, &used));
	CHECK(!totp_check(secret, SLICE(""), now * 1000, &used));
	CHECK_NUMBER(used, 0);
}

CASE("what an authenticator is shown")
{
	struct buffer uri = {0};

	CHECK(totp_uri(
		secret, SLICE("mail.example.com"), SLICE("ann@example.com"), &uri));
	CHECK_SLICE(buffer_contents(&uri),
		"otpauth://totp/mail.example.com:ann%40example.com"
		"?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=mail.example.com\n");
	buffer_finish(&uri);
}

CHECK_MAIN()
