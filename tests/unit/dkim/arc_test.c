/* Chains verified: good ones, and each way to be none (RFC 8617 section 5.2). */
#include "check.h"

#include "arc_sample.h"

#define RESULTS "mx.example.net; spf=pass smtp.mailfrom=joe@football.example.com"
#define MESSAGE SAMPLE_HEADER "\r\n" SAMPLE_BODY

static const struct sample_record records[] = {
	{"brisbane._domainkey.football.example.com", SAMPLE_ED25519_RECORD},
	{"test._domainkey.football.example.com", SAMPLE_RSA_RECORD},
	{NULL, NULL},
};

static struct dkim_signing key(bool rsa)
{
	static struct dkim_key *keys[2];

	if (!keys[rsa])
		keys[rsa] = dkim_key_create(SLICE("football.example.com"),
			rsa ? SLICE("test") : SLICE("brisbane"),
			rsa ? SLICE(SAMPLE_RSA_PEM) : SLICE(SAMPLE_ED25519_PEM));
	return (struct dkim_signing){
		.key = keys[rsa], .domain = SLICE("football.example.com")};
}

/* MESSAGE behind COUNT sets, RSA's and Ed25519's by turns. */
static struct buffer chain(size_t count)
{
	struct buffer message = {0}, next = {0};

	buffer_append(&message, SLICE(MESSAGE));
	for (size_t i = 0; i < count; i++) {
		struct arc_verdict verdict = {
			.status = i ? ARC_PASS : ARC_NONE, .count = i};

		CHECK(arc_sample_seal(buffer_contents(&message), &verdict, key(i % 2),
			RESULTS, &next));
		buffer_finish(&message);
		message = next;
		next = (struct buffer){0};
	}
	return message;
}

static void check(struct slice message, const struct sample_record *dns,
	enum arc_status status, const char *reason)
{
	struct arc_verifier *verifier = arc_sample_verify(message, dns, SAMPLE_TIME);
	const struct arc_verdict *verdict = arc_verify_result(verifier);

	CHECK_SLICE(
		slice_of(arc_status_name(verdict->status)), arc_status_name(status));
	CHECK_SLICE(slice_of(verdict->reason), reason);
	arc_verify_destroy(&verifier);
	CHECK(!verifier);
}

CASE("no chain, and chains of one to fifty sets")
{
	for (size_t count = 0; count <= ARC_SETS_MAX; count += count < 4 ? 1 : 23) {
		struct buffer message = chain(count);
		struct arc_verifier *verifier = arc_sample_verify(
			buffer_contents(&message), records, SAMPLE_TIME);
		const struct arc_verdict *verdict = arc_verify_result(verifier);

		CHECK_NUMBER(verdict->status, count ? ARC_PASS : ARC_NONE);
		CHECK_SLICE(slice_of(verdict->reason), "");
		CHECK_NUMBER(verdict->count, count);
		CHECK(!verdict->ended);
		for (size_t i = 0; i < count; i++) {
			CHECK_SLICE(verdict->sets[i].domain, "football.example.com");
			CHECK_SLICE(
				verdict->sets[i].selector, i % 2 ? "test" : "brisbane");
			CHECK_SLICE(verdict->sets[i].results, RESULTS);
		}
		arc_verify_destroy(&verifier);
		buffer_finish(&message);
	}
}

/* The fields of set 1, then of set 2, without keys: what stands before DNS. */
#define AAR(i) "ARC-Authentication-Results: i=" i "; mx.example.net; none\r\n"
#define AMS(i) AMS_WITH(i, "")
#define AS(i, cv) \
	"ARC-Seal: i=" i "; a=rsa-sha256; cv=" cv "; d=a.example; s=x; b=AAAA\r\n"
#define AMS_WITH(i, more)                                                         \
	"ARC-Message-Signature: i=" i "; a=rsa-sha256; d=a.example; s=x; h=from;" \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA" more "\r\n"
#define SET1 AS("1", "none") AMS("1") AAR("1")
#define SET2 AS("2", "pass") AMS("2") AAR("2")

CASE("fields that make no chain are refused before DNS is asked")
{
	static const struct {
		const char *fields, *reason;
	} table[] = {
		{AMS("1") AAR("1"), "set 1 has no ARC-Seal"},
		{AS("1", "none") AAR("1"), "set 1 has no ARC-Message-Signature"},
		{AS("1", "none") AMS("1"), "set 1 has no ARC-Authentication-Results"},
		{SET2, "set 1 has no ARC-Authentication-Results"},
		{AS("1", "none") SET1, "ARC-Seal of set 1 is there twice"},
		{SET1 AMS("1"), "ARC-Message-Signature of set 1 is there twice"},
		{SET1 AAR("1"), "ARC-Authentication-Results of set 1 is there twice"},
		{AS("1", "pass") AMS("1") AAR("1"), "seal 1 says cv=pass"},
		{AS("2", "none") AMS("2") AAR("2") SET1, "seal 2 says cv=none"},
		{SET2 AS("1", "fail") AMS("1") AAR("1"), "seal 1 says cv=fail"},
		{AS("2", "fail") AMS("2") AAR("2") SET1,
			"seal 2 says that the chain has failed"},
		{AS("2", "fail") AMS("2"), "seal 2 says that the chain has failed"},
		{AS("1", "PASS") AMS("1") AAR("1"),
			"ARC-Seal: cv= is not none, pass or fail"},
		{AS("1", "none; h=from") AMS("1") AAR("1"),
			"ARC-Seal: a seal has no h="},
		{AS("1", "none; d=b.example") AMS("1") AAR("1"),
			"ARC-Seal: the tag d= is there twice"},
		{AS("0", "none") SET1, "ARC-Seal: i= is no number from 1 to 50"},
		{AS("51", "pass") SET1, "ARC-Seal: i= is no number from 1 to 50"},
		{AS("1x", "none") SET1, "ARC-Seal: i= is no number from 1 to 50"},
		{AS("001", "none") SET1, "ARC-Seal: i= is no number from 1 to 50"},
		{AS("", "none") SET1, "ARC-Seal: i= is no number from 1 to 50"},
		{"ARC-Seal: nothing\r\n", "ARC-Seal: \"nothing\" is not tag=value"},
		{"ARC-Seal: i=1; a=rsa-sha256; d=a.example; s=x; b=AAAA\r\n",
			"ARC-Seal: the signature has no cv="},
		{"ARC-Seal: i=1; cv=none; a=rsa-sha1; d=a.example; s=x; b=AAAA\r\n",
			"ARC-Seal: rsa-sha1 signatures no longer count (RFC 8301)"},
		{SET1 AMS_WITH("2", "; i=2"),
			"ARC-Message-Signature: the tag i= is there twice"},
		{"ARC-Message-Signature: i=1; a=rsa-sha256; d=a.example; s=x;"
		 " h=from:arc-seal; "
		 "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA\r\n",
			"ARC-Message-Signature: h= names ARC-Seal"},
		{"ARC-Message-Signature: i=1; a=rsa-sha256; d=a.example; s=x;"
		 " h=to; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA\r\n",
			"ARC-Message-Signature: From is not signed"},
		{"ARC-Authentication-Results: mx.example.net; i=1; none\r\n",
			"ARC-Authentication-Results: it does not begin with i= and a "
			"number from 1 to 50"},
		{"ARC-Authentication-Results: i=1\r\n",
			"ARC-Authentication-Results: it does not begin with i= and a "
			"number from 1 to 50"},
		{"ARC-Authentication-Results:\r\n",
			"ARC-Authentication-Results: it does not begin with i= and a "
			"number from 1 to 50"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct arena arena = {0};
		struct slice message = arena_format(
			&arena, "%s" MESSAGE, table[i].fields);
		struct slice rest = message, block = sample_cut_header(&rest);
		struct header header = sample_fields(&arena, block);
		struct arc_verifier *verifier = arc_verify_begin(
			header.fields, header.count);

		CHECK_NUMBER(arc_verify_query_count(verifier), 0);
		CHECK_NUMBER(arc_verify_result(verifier)->status, ARC_FAIL);
		CHECK_SLICE(
			slice_of(arc_verify_result(verifier)->reason), table[i].reason);
		CHECK_NUMBER(arc_verify_result(verifier)->ended,
			strstr(table[i].reason, "has failed") != NULL);
		arc_verify_destroy(&verifier);
		arena_finish(&arena);
	}
}

CASE("what may stand in a seal and a message signature besides")
{
	static const char *const fields[] = {
		AS("1", "none; l=1; x=1; bh=x; c=simple; unknown=y") AMS("1") AAR("1"),
		AS("01", "none") AMS_WITH("1", "; v=7; unknown=z") AAR(" 1 "),
		"arc-seal : i = 1 ; a=rsa-sha256; cv =\r\n none; d=a.example; s=x; "
		"b=AAAA;\r\n" AMS("1") AAR("1"),
	};

	for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
		struct arena arena = {0};
		struct slice message = arena_format(&arena, "%s" MESSAGE, fields[i]);

		check(message, records, ARC_FAIL,
			i == 1 ? "message signature 1: no key at x._domainkey.a.example"
			       : "message signature 1: no key at "
				 "x._domainkey.a.example");
		arena_finish(&arena);
	}
}

CASE("more ARC fields than there can be sets end the reading")
{
	struct buffer message = {0};

	for (size_t i = 0; i < 400; i++)
		buffer_append(&message, SLICE("ARC-Seal: i=1; nothing\r\n"));
	buffer_append(&message, SLICE(MESSAGE));
	check(buffer_contents(&message), records, ARC_FAIL, "more than 50 ARC sets");
	buffer_finish(&message);
}

CASE("keys: none, DNS silent, another's; of the newest message signature first")
{
	static const struct sample_record silent[] = {
		{"test._domainkey.football.example.com", NULL},
		{"brisbane._domainkey.football.example.com", SAMPLE_ED25519_RECORD},
		{NULL, NULL},
	};
	static const struct sample_record none[] = {{NULL, NULL}};
	static const struct sample_record other[] = {
		{"test._domainkey.football.example.com", SAMPLE_RSA_RECORD},
		{"brisbane._domainkey.football.example.com",
			"v=DKIM1; k=ed25519; "
			"p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
		{NULL, NULL},
	};
	struct buffer message = chain(2);

	check(buffer_contents(&message), silent, ARC_FAIL,
		"message signature 2: DNS does not answer for "
		"test._domainkey.football.example.com");
	check(buffer_contents(&message), none, ARC_FAIL,
		"message signature 2: no key at test._domainkey.football.example.com");
	check(buffer_contents(&message), other, ARC_FAIL,
		"seal 1: the header is not the one signed");
	buffer_finish(&message);
}

CASE("a chain with any of its bytes or the message's changed does not pass")
{
	struct buffer message = chain(2);
	size_t size = buffer_size(&message), passed = 0;

	for (size_t i = 0; i < size; i++) {
		char *byte = message.bytes + message.start + i, kept = *byte;
		struct arc_verifier *verifier;

		*byte = kept == 'x' ? 'y' : 'x';
		verifier = arc_sample_verify(
			buffer_contents(&message), records, SAMPLE_TIME);
		passed += arc_verify_result(verifier)->status == ARC_PASS;
		arc_verify_destroy(&verifier);
		*byte = kept;
	}
	CHECK_NUMBER(passed, 0);
	buffer_finish(&message);
}

CASE("a message changed by a hop that sealed it again passes")
{
	struct buffer first = chain(1), changed = {0}, second = {0};
	struct arc_verdict verdict = {.status = ARC_PASS, .count = 1};

	buffer_append(&changed, buffer_contents(&first));
	buffer_append(&changed, SLICE("-- \r\nthe list\r\n"));
	check(buffer_contents(&changed), records, ARC_FAIL,
		"message signature 1: the body is not the one signed");
	CHECK(arc_sample_seal(
		buffer_contents(&changed), &verdict, key(true), RESULTS, &second));
	check(buffer_contents(&second), records, ARC_PASS, "");
	buffer_finish(&first);
	buffer_finish(&changed);
	buffer_finish(&second);
}

CHECK_MAIN()
