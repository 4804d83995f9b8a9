/* What is asked of a token's claims: RFC 7519 4.1, RFC 7662 2.2. */
#include "account/token_claims.h"

#include "base/failure.h"
#include "base/memory.h"
#include "check.h"

#define NOW  1000000000000
#define GOOD "\"iss\":\"i\",\"aud\":\"us\",\"exp\":1000000600,\"email\":\"a@x.test\""

static struct arena arena;

static const struct row {
	const char *claims;
	bool introspected;
	const char *wrong; /* NULL: good */
} rows[] = {
	{"{" GOOD "}", false, NULL},
	{"{" GOOD ",\"email_verified\":true}", false, NULL},
	{"{" GOOD ",\"nbf\":1000000059}", false, NULL},
	{"{" GOOD ",\"nbf\":1000000061}", false, "token not valid yet"},
	{"{" GOOD ",\"email_verified\":\"false\"}", false,
		"token with an email that is not verified"},
	{"{" GOOD "}", true, "token not active"},
	{"{" GOOD ",\"active\":true}", true, NULL},
	{"{" GOOD ",\"active\":\"true\"}", true, "token not active"},
	{"{\"active\":true,\"aud\":[\"x\",\"us\"],\"email\":\"a@x.test\"}", true, NULL},
	{"{\"iss\":\"i\",\"aud\":\"us\",\"email\":\"a@x.test\"}", false,
		"token that never expires"},
	{"{\"iss\":\"i\",\"aud\":\"us\",\"exp\":999999941,\"email\":\"a@x.test\"}",
		false, NULL},
	{"{\"iss\":\"i\",\"aud\":\"us\",\"exp\":999999940,\"email\":\"a@x.test\"}",
		false, "token expired"},
	{"{\"iss\":\"i\",\"aud\":\"us\",\"exp\":1e300,\"email\":\"a@x.test\"}", false,
		"token with times that make no sense"},
	{"{\"iss\":\"i\",\"aud\":\"us\",\"exp\":-1,\"email\":\"a@x.test\"}", false,
		"token with times that make no sense"},
	{"{\"iss\":\"I\",\"aud\":\"us\",\"exp\":1000000600,\"email\":\"a@x.test\"}",
		false, "token of another issuer"},
	{"{\"iss\":\"i\",\"aud\":\"them\",\"exp\":1000000600,\"email\":\"a@x.test\"}",
		false, "token for another audience"},
	{"{\"iss\":\"i\",\"aud\":\"us\",\"exp\":1000000600,\"email\":[\"a@x.test\"]}",
		false, "token without the claim email"},
	{"{" GOOD ",\"iss\":\"i\"}", false, "token without claims"}, /* twice */
	{"[]", false, "token without claims"},
	{"", false, "token without claims"},
	{"{", false, "token without claims"},
};

CASE("each claim is held against what is asked of the issuer")
{
	const struct config_oauth oauth = {
		.issuer = "i", .audience = "us", .account_claim = "email"};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct token_facts facts = {.account = SLICE_EMPTY};
		bool good = token_claims_check(&oauth, slice_of(rows[i].claims),
			rows[i].introspected, NOW, &arena, &facts);

		CHECK_NUMBER(good, rows[i].wrong == NULL);
		if (good)
			CHECK_SLICE(facts.account, "a@x.test");
		else if (rows[i].wrong)
			CHECK_SLICE(slice_of(failure_last()->text), rows[i].wrong);
	}
	arena_finish(&arena);
}

CASE("the issuer of a token")
{
	CHECK_SLICE(
		token_issuer(SLICE("{\"iss\":\"https://x\"}"), &arena), "https://x");
	CHECK_SLICE(token_issuer(SLICE("{\"iss\":1}"), &arena), "");
	CHECK_SLICE(token_issuer(SLICE("nothing"), &arena), "");
	arena_finish(&arena);
}

CHECK_MAIN()
