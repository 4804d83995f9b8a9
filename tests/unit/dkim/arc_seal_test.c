/* Sets of our own: their text, and when there is none. */
#include "check.h"

#include "arc_sample.h"
#include "base/failure.h"

#define RESULTS "mx.example.net;\r\n\tspf=pass smtp.mailfrom=joe@football.example.com"
#define MESSAGE SAMPLE_HEADER "\r\n" SAMPLE_BODY

static struct dkim_signing key(void)
{
	static struct dkim_key *made;

	if (!made)
		made = dkim_key_create(SLICE("football.example.com"), SLICE("brisbane"),
			SLICE(SAMPLE_ED25519_PEM));
	return (struct dkim_signing){
		.key = made, .domain = SLICE("Football.Example.COM")};
}

CASE("the three fields, as they stand in front of the header")
{
	struct arc_verdict verdict = {.status = ARC_NONE};
	struct buffer out = {0};
	struct slice rest, line;
	size_t fields = 0;

	CHECK(arc_sample_seal(SLICE(SAMPLE_ED25519_SIGNATURE MESSAGE), &verdict, key(),
		RESULTS, &out));
	rest = buffer_contents(&out);
	CHECK(slice_starts(rest,
		SLICE("ARC-Seal: i=1; cv=none; a=ed25519-sha256; "
		      "d=football.example.com;\r\n s=brisbane; t=1528637909;\r\n b=")));
	while (fields < 3) {
		line = slice_cut(&rest, '\n');
		fields += slice_starts(line, SLICE("ARC-"));
		CHECK(line.size > 1 && line.size <= 77);
	}
	CHECK_SLICE(line, "ARC-Authentication-Results: i=1; mx.example.net;\r");
	CHECK(slice_starts(
		rest, SLICE("\tspf=pass smtp.mailfrom=joe@football.example.com\r\n"
			    "DKIM-Signature:")));
	CHECK(slice_find(buffer_contents(&out), SLICE(":DKIM-Signature;\r\n bh=")) <
		buffer_size(&out));
	buffer_finish(&out);
}

CASE("RFC 8617 5.1.2: a broken chain is sealed as failed, over its own set")
{
	static const struct sample_record records[] = {
		{"brisbane._domainkey.football.example.com", SAMPLE_ED25519_RECORD},
		{NULL, NULL},
	};
	struct arc_verdict verdict = {.status = ARC_FAIL, .count = 7};
	struct buffer out = {0};
	struct arc_verifier *verifier;

	CHECK(arc_sample_seal(SLICE("ARC-Seal: i=7; whatever\r\n" MESSAGE), &verdict,
		key(), RESULTS, &out));
	CHECK(slice_starts(buffer_contents(&out), SLICE("ARC-Seal: i=8; cv=fail; ")));
	verifier = arc_sample_verify(buffer_contents(&out), records, SAMPLE_TIME);
	CHECK_NUMBER(arc_verify_result(verifier)->status, ARC_FAIL);
	CHECK(arc_verify_result(verifier)->ended);
	CHECK_NUMBER(arc_verify_result(verifier)->count, 8);
	CHECK_SLICE(slice_of(arc_verify_result(verifier)->reason),
		"seal 8 says that the chain has failed");
	arc_verify_destroy(&verifier);
	buffer_finish(&out);
}

CASE("what is not sealed, and why")
{
	static const struct {
		struct arc_verdict chain;
		const char *message, *results, *why;
	} table[] = {
		{{.status = ARC_FAIL, .count = 2, .ended = true}, MESSAGE, RESULTS,
			"the chain has ended"},
		{{.status = ARC_PASS, .count = 50}, MESSAGE, RESULTS,
			"the chain has 50 sets already"},
		{{.status = ARC_NONE}, "To: a@example.com\r\n\r\nHi.\r\n", RESULTS,
			"no From field to sign"},
		{{.status = ARC_NONE}, MESSAGE, "", "the results are no header text"},
		{{.status = ARC_NONE}, MESSAGE, "mx; none\r\nX-More: 1",
			"the results are no header text"},
		{{.status = ARC_NONE}, MESSAGE, "mx; none\n x",
			"the results are no header text"},
		{{.status = ARC_NONE}, MESSAGE, "mx; n\x01ne",
			"the results are no header text"},
		{{.status = ARC_NONE}, MESSAGE, "mx; none\r\n",
			"the results are no header text"},
		{{.status = ARC_PASS, .count = 1}, MESSAGE, RESULTS,
			"the chain is not the one that was verified"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct buffer out = {0};

		CHECK(!arc_sample_seal(slice_of(table[i].message), &table[i].chain,
			key(), table[i].results, &out));
		CHECK_SLICE(slice_of(failure_last()->text), table[i].why);
		CHECK_NUMBER(buffer_size(&out), 0);
		buffer_finish(&out);
	}
}

CASE("a set is signed once for each time it is prepared")
{
	struct arc_sealer *sealer = arc_sealer_create();
	struct buffer out = {0};

	CHECK(!arc_sealer_sign(sealer));
	arc_sealer_destroy(&sealer);
	CHECK(!sealer);
	arc_sealer_destroy(&sealer);
	buffer_finish(&out);
}

CHECK_MAIN()
