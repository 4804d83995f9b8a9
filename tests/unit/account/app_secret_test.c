/* App passwords that can be had back, and the digests they prove. */
#include "account/app_secret.h"

#include <string.h>

#include "base/failure.h"
#include "check.h"

#define STAMP SLICE("<1896.697170952@dbc.mtview.ca.us>")

CASE("RFC 1939 7: the example")
{
	char text[ACCOUNT_APP_TEXT] = "tanstaaf";

	CHECK(app_secret_proves(
		text, STAMP, SLICE("c4c9334bac560ecc979e58001b3e22fb")));
	CHECK(app_secret_proves(
		text, STAMP, SLICE("C4C9334BAC560ECC979E58001B3E22FB")));
	CHECK(!app_secret_proves(
		text, STAMP, SLICE("c4c9334bac560ecc979e58001b3e22fc")));
	CHECK(!app_secret_proves(
		text, STAMP, SLICE("c4c9334bac560ecc979e58001b3e22f")));
	CHECK(!app_secret_proves(
		text, SLICE("<1@x>"), SLICE("c4c9334bac560ecc979e58001b3e22fb")));
	CHECK(!app_secret_proves(text, STAMP, SLICE_EMPTY));
	text[0] = 'T';
	CHECK(!app_secret_proves(
		text, STAMP, SLICE("c4c9334bac560ecc979e58001b3e22fb")));
}

CASE("a seal opens with its secret, for its account and label, and as it is")
{
	const char text[ACCOUNT_APP_TEXT] = "abcde-fghjk-mnpqr-stvwx";
	const struct slice secret = SLICE("0123456789abcdef0123456789abcdef");
	struct slice ann = SLICE("ann"), phone = SLICE("phone");
	uint8_t sealed[ACCOUNT_APP_SEALED], again[ACCOUNT_APP_SEALED];
	char got[ACCOUNT_APP_TEXT] = "";

	CHECK(app_secret_seal(secret, ann, phone, text, sealed));
	CHECK(app_secret_seal(secret, ann, phone, text, again));
	CHECK(memcmp(sealed, again, sizeof(sealed)) != 0);
	CHECK(app_secret_open(secret, ann, phone, sealed, got));
	CHECK_SLICE(slice_of(got), text);
	CHECK(!app_secret_open(SLICE("another"), ann, phone, sealed, got));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	CHECK(!app_secret_open(secret, SLICE("bob"), phone, sealed, got));
	CHECK(!app_secret_open(secret, ann, SLICE("tablet"), sealed, got));
	CHECK(!app_secret_open(secret, SLICE("annp"), SLICE("hone"), sealed, got));
	CHECK_SLICE(slice_of(got), "");
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		CHECK(!app_secret_open(secret, ann, phone, sealed, got));
		sealed[i] ^= 1;
	}
}

CHECK_MAIN()
