/* Verifying: the RFCs' own messages, and each reason to say no. */
#include "check.h"

#include "sample.h"
#include "base/encode.h"
#include "base/failure.h"
#include "dkim/crypto.h"

static const struct sample_record rfc8463[] = {
	{"brisbane._domainkey.football.example.com", SAMPLE_ED25519_RECORD},
	{"test._domainkey.football.example.com", SAMPLE_RSA_RECORD},
	{NULL, NULL},
};

static void check_result(const struct dkim_verifier *verifier, size_t index,
	enum dkim_result want, const char *reason)
{
	const struct dkim_verdict *verdict;

	if (!CHECK(index < dkim_verify_result_count(verifier)))
		return;
	verdict = dkim_verify_result(verifier, index);
	CHECK_SLICE(
		slice_of(dkim_result_name(verdict->result)), dkim_result_name(want));
	CHECK_SLICE(slice_of(verdict->reason), reason);
}

CASE("RFC 8463 appendix A.3: both signatures")
{
	struct dkim_verifier *verifier = sample_verify(
		SLICE(SAMPLE_ED25519_SIGNATURE SAMPLE_RSA_SIGNATURE SAMPLE_HEADER
			"\r\n" SAMPLE_BODY),
		rfc8463, "football.example.com", SAMPLE_TIME);
	const struct dkim_verdict *verdict;

	CHECK_NUMBER(dkim_verify_query_count(verifier), 2);
	CHECK_NUMBER(dkim_verify_result_count(verifier), 2);
	check_result(verifier, 0, DKIM_PASS, "");
	check_result(verifier, 1, DKIM_PASS, "");
	verdict = dkim_verify_result(verifier, 1);
	CHECK_SLICE(verdict->domain, "football.example.com");
	CHECK_SLICE(verdict->selector, "test");
	CHECK_SLICE(verdict->identity, "@football.example.com");
	CHECK_SLICE(verdict->algorithm, "rsa-sha256");
	CHECK_SLICE(verdict->signature, "F45dVWDf");
	CHECK_NUMBER(verdict->key_bits, 1024);
	CHECK_NUMBER(verdict->alignment, DKIM_ALIGN_EXACT);
	CHECK(!verdict->testing && !verdict->partial);
	dkim_verify_destroy(&verifier);
	CHECK(!verifier);
}

CASE("RFC 6376 appendix A.2: simple/simple, as the errata print it")
{
	static const struct sample_record records[] = {
		{"brisbane._domainkey.example.com",
			"v=DKIM1; "
			"p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmG"
			"qZ9ZJW3/DkMoGeLnQg1fWn7/"
			"zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uB"
			"ItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/"
			"NMqJ0fzfVjH4OuKhitdY9tf6mc"
			"wGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"},
		{NULL, NULL},
	};
	struct dkim_verifier *verifier = sample_verify(
		SLICE("DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; "
		      "d=example.com;\r\n"
		      "      c=simple/simple; q=dns/txt; "
		      "i=joe@football.example.com;\r\n"
		      "      h=Received : From : To : Subject : Date : Message-ID;\r\n"
		      "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
		      "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"
		      "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"
		      "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"
		      "      4bmp/YzhwvcubU4=;\r\n"
		      "Received: from client1.football.example.com  [192.0.2.1]\r\n"
		      "      by submitserver.example.com with SUBMISSION;\r\n"
		      "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n"
		      "From: Joe SixPack <joe@football.example.com>\r\n"
		      "To: Suzie Q <suzie@shopping.example.net>\r\n"
		      "Subject: Is dinner ready?\r\n"
		      "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
		      "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
		      "\r\n"
		      "Hi.\r\n\r\nWe lost the game. Are you hungry "
		      "yet?\r\n\r\nJoe.\r\n"),
		records, "football.example.com", SAMPLE_TIME);

	check_result(verifier, 0, DKIM_PASS, "");
	CHECK_NUMBER(dkim_verify_result(verifier, 0)->alignment, DKIM_ALIGN_RELATED);
	CHECK_SLICE(
		dkim_verify_result(verifier, 0)->identity, "joe@football.example.com");
	dkim_verify_destroy(&verifier);
}

CASE("a message that changed on the way")
{
	static const struct {
		struct slice message;
		enum dkim_result result;
		const char *reason;
	} table[] = {
#define TABLE(body, result, reason)                                                  \
	{{SAMPLE_RSA_SIGNATURE body, sizeof(SAMPLE_RSA_SIGNATURE body) - 1}, result, \
		reason}
		TABLE(SAMPLE_HEADER "\r\n" SAMPLE_BODY "P.S.\r\n", DKIM_FAIL,
			"the body is not the one signed"),
		TABLE(SAMPLE_HEADER "\r\n", DKIM_FAIL,
			"the body is not the one signed"),
		TABLE("Subject: another\r\n" SAMPLE_HEADER "\r\n" SAMPLE_BODY,
			DKIM_FAIL, "the header is not the one signed"),
		TABLE("\r\n" SAMPLE_BODY, DKIM_FAIL,
			"the header is not the one signed"),
		TABLE("X-Added: yes\r\n" SAMPLE_HEADER "\r\n" SAMPLE_BODY "\r\n\r\n",
			DKIM_PASS, ""),
#undef TABLE
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct dkim_verifier *verifier = sample_verify(
			table[i].message, rfc8463, "", SAMPLE_TIME);

		check_result(verifier, 0, table[i].result, table[i].reason);
		CHECK_NUMBER(
			dkim_verify_result(verifier, 0)->alignment, DKIM_ALIGN_NONE);
		dkim_verify_destroy(&verifier);
	}
}

/* Every bit of a short message with its signature, turned over. */
CASE("a signed message with any of its signed bytes changed does not pass")
{
	static const char message[] = SAMPLE_ED25519_SIGNATURE SAMPLE_HEADER
		"\r\n" SAMPLE_BODY;
	char text[sizeof message];
	unsigned passed = 0;

	for (size_t i = 0; i < sizeof message - 1; i++) {
		struct dkim_verifier *verifier;

		memcpy(text, message, sizeof message);
		text[i] = (char)(text[i] == 'x' ? 'y' : 'x');
		verifier = sample_verify(
			slice_make(text, sizeof message - 1), rfc8463, "", SAMPLE_TIME);
		for (size_t k = 0; k < dkim_verify_result_count(verifier); k++)
			passed += dkim_verify_result(verifier, k)->result == DKIM_PASS;
		dkim_verify_destroy(&verifier);
	}
	CHECK_NUMBER(passed, 0);
}

static void put_base64(struct buffer *out, struct slice bytes)
{
	char text[BASE64_SIZE(1024)];

	buffer_append(out, slice_make(text, base64_encode(bytes, text)));
}

static void hash_piece(void *context, struct slice bytes)
{
	dkim_hash_update(context, bytes);
}

/* A valid signature whose tags before bh= are TAGS, made by hand: relaxed
 * header, simple body cut at LIMIT, signed by the RSA sample key. */
static void forge(const char *tags, size_t limit, const char *body, struct buffer *out)
{
	struct dkim_body *form = NEW(struct dkim_body);
	struct dkim_hash *hash = dkim_hash_create();
	struct dkim_private_facts facts;
	struct dkim_private *key = dkim_private_read(SLICE(SAMPLE_RSA_PEM), &facts);
	uint8_t sum[DKIM_HASH_SIZE], signature[DKIM_SIGNATURE_SIZE_MAX];
	struct buffer field = {0}, canon = {0};
	size_t size;

	dkim_hash_begin(hash);
	dkim_body_init(form, DKIM_CANON_SIMPLE, hash_piece, hash);
	if (limit == SIZE_MAX) {
		dkim_body_feed(form, slice_of(body));
		dkim_body_end(form);
	} else {
		dkim_hash_update(hash, slice_part(slice_of(body), 0, limit));
	}
	CHECK(dkim_hash_end(hash, sum));
	buffer_append_format(&field, "DKIM-Signature: %s bh=", tags);
	put_base64(&field, slice_make(sum, sizeof sum));
	buffer_append(&field, SLICE("; b="));
	dkim_canon_field(DKIM_CANON_RELAXED, SLICE("From: a@example.com\r\n"), &canon);
	dkim_canon_field(DKIM_CANON_RELAXED, buffer_contents(&field), &canon);
	dkim_hash_begin(hash);
	dkim_hash_update(
		hash, slice_part(buffer_contents(&canon), 0, buffer_size(&canon) - 2));
	CHECK(dkim_hash_end(hash, sum));
	CHECK(dkim_private_sign(key, sum, signature, &size));
	put_base64(&field, slice_make(signature, size));
	buffer_append_format(out, "%.*s\r\nFrom: a@example.com\r\n\r\n%s",
		SLICE_PRINT(buffer_contents(&field)), body);
	buffer_finish(&field), buffer_finish(&canon);
	dkim_private_destroy(&key);
	dkim_hash_destroy(&hash);
	memory_free(form);
}

#define GOOD_TAGS "v=1; a=rsa-sha256; c=relaxed/simple; d=example.com; s=s; h=From;"
#define NOW	  1700000000

static const struct {
	const char *tags;
	size_t limit;
	const char *record; /* NULL: the good one */
	enum dkim_result result;
	const char *reason;
} forged[] = {
	{GOOD_TAGS, SIZE_MAX, NULL, DKIM_PASS, ""},
	{"v=1; a=rsa-sha256; c=relaxed; d=Example.COM; s=S; h=from", SIZE_MAX, NULL,
		DKIM_NEUTRAL, "the signature has no bh="},
	{"v=1; a=rsa-sha256; c=relaxed; d=Example.COM; s=S; h=from;", SIZE_MAX, NULL,
		DKIM_PASS, ""},
	/* l= (3.5, 8.2) */
	{GOOD_TAGS " l=3;", 3, NULL, DKIM_PASS,
		"6 bytes of the body are not signed (l=)"},
	{GOOD_TAGS " l=9;", 9, NULL, DKIM_PASS, ""},
	{GOOD_TAGS " l=0;", 0, NULL, DKIM_PASS,
		"9 bytes of the body are not signed (l=)"},
	{GOOD_TAGS " l=10;", 9, NULL, DKIM_PERMERROR, "l= is more than the body has"},
	{GOOD_TAGS " l=99999999999999999999999999;", 9, NULL, DKIM_PERMERROR,
		"l= is more than the body has"},
	{GOOD_TAGS " l=-1;", 9, NULL, DKIM_NEUTRAL, "l= is no number"},
	/* t=, x= */
	{GOOD_TAGS " t=1699999999; x=1700000000;", SIZE_MAX, NULL, DKIM_PASS, ""},
	{GOOD_TAGS " t=1700000300;", SIZE_MAX, NULL, DKIM_PASS, ""},
	{GOOD_TAGS " t=1700000301;", SIZE_MAX, NULL, DKIM_PERMERROR,
		"the signature was made in the future (t=)"},
	{GOOD_TAGS " x=1699999999;", SIZE_MAX, NULL, DKIM_PERMERROR,
		"the signature has expired (x=)"},
	{GOOD_TAGS " x=999999999999999999999999;", SIZE_MAX, NULL, DKIM_PASS, ""},
	{GOOD_TAGS " t=5; x=5;", SIZE_MAX, NULL, DKIM_PERMERROR,
		"the signature expires before it was made"},
	{GOOD_TAGS " t=soon;", SIZE_MAX, NULL, DKIM_NEUTRAL, "t= is no number"},
	{GOOD_TAGS " x=;", SIZE_MAX, NULL, DKIM_NEUTRAL, "x= is no number"},
	/* i= and t=s */
	{GOOD_TAGS " i=a=3Bb@mail.example.com;", SIZE_MAX, NULL, DKIM_PASS, ""},
	{GOOD_TAGS " i=a@badexample.com;", SIZE_MAX, NULL, DKIM_PERMERROR,
		"i= is not at or below d="},
	{GOOD_TAGS " i=a;", SIZE_MAX, NULL, DKIM_PERMERROR, "i= is not at or below d="},
	{GOOD_TAGS " i=a@mail.example.com;", SIZE_MAX, "t=s; p=" SAMPLE_RSA_PUBLIC,
		DKIM_PERMERROR, "the key does not allow i= below d= (t=s)"},
	{GOOD_TAGS " i=a@EXAMPLE.com;", SIZE_MAX, "t=s; p=" SAMPLE_RSA_PUBLIC,
		DKIM_PASS, ""},
	/* form */
	{"v=2; a=rsa-sha256; d=example.com; s=s; h=From;", SIZE_MAX, NULL, DKIM_NEUTRAL,
		"the signature's version is not 1"},
	{"a=rsa-sha256; d=example.com; s=s; h=From;", SIZE_MAX, NULL, DKIM_NEUTRAL,
		"the signature has no v="},
	{"v=1; a=rsa-sha1; d=example.com; s=s; h=From;", SIZE_MAX, NULL, DKIM_PERMERROR,
		"rsa-sha1 signatures no longer count (RFC 8301)"},
	{"v=1; a=rsa-sha512; d=example.com; s=s; h=From;", SIZE_MAX, NULL, DKIM_NEUTRAL,
		"the algorithm rsa-sha512 is not known"},
	{"v=1; a=rsa-sha256; d=example.com; s=s; h=To;", SIZE_MAX, NULL, DKIM_PERMERROR,
		"From is not signed"},
	{"v=1; a=rsa-sha256; d=example.com; s=s; h=From::To;", SIZE_MAX, NULL,
		DKIM_NEUTRAL, "h= has an empty name"},
	{"v=1; a=rsa-sha256; d=example.com; s=s; h=From:To Cc;", SIZE_MAX, NULL,
		DKIM_NEUTRAL, "h= is no list of field names"},
	{"v=1; a=rsa-sha256; d=example.com; s=s; h=From; c=nofws;", SIZE_MAX, NULL,
		DKIM_NEUTRAL, "the canonicalization in c= is not known"},
	{GOOD_TAGS " q=carrier/pigeon;", SIZE_MAX, NULL, DKIM_NEUTRAL,
		"the key is not to be found in DNS (q=)"},
	{GOOD_TAGS " q=dns/cert : dns/txt;", SIZE_MAX, NULL, DKIM_PASS, ""},
	{GOOD_TAGS " zz9_=anything at all;", SIZE_MAX, NULL, DKIM_PASS, ""},
	{GOOD_TAGS " d=example.com;", SIZE_MAX, NULL, DKIM_NEUTRAL,
		"the tag d= is there twice"},
	{GOOD_TAGS ";", SIZE_MAX, NULL, DKIM_NEUTRAL, "\"\" is not tag=value"},
	{GOOD_TAGS " 9=x;", SIZE_MAX, NULL, DKIM_NEUTRAL, "\"9=x\" is not tag=value"},
	{GOOD_TAGS " n=a\001;", SIZE_MAX, NULL, DKIM_NEUTRAL,
		"control characters in n="},
	{"v=1; a=rsa-sha256; d=com; s=s; h=From;", SIZE_MAX, NULL, DKIM_NEUTRAL,
		"d= and s= make no DNS name"},
	{"v=1; a=rsa-sha256; d=exa mple.com; s=s; h=From;", SIZE_MAX, NULL,
		DKIM_NEUTRAL, "d= and s= make no DNS name"},
	{"v=1; a=rsa-sha256; d=example.com; s=; h=From;", SIZE_MAX, NULL, DKIM_NEUTRAL,
		"d= and s= make no DNS name"},
	/* the key */
	{GOOD_TAGS, SIZE_MAX, "p=", DKIM_PERMERROR, "the key was revoked"},
	{GOOD_TAGS, SIZE_MAX, "v=DKIM1; t=y; p=" SAMPLE_RSA_PUBLIC, DKIM_PASS, ""},
	{GOOD_TAGS, SIZE_MAX, SAMPLE_ED25519_RECORD, DKIM_PERMERROR,
		"the key is not for rsa-sha256"},
	{GOOD_TAGS, SIZE_MAX, "p=AAAA", DKIM_PERMERROR,
		"p= holds no usable public key"},
	{GOOD_TAGS, SIZE_MAX, "v=spf1 -all", DKIM_PERMERROR,
		"not a key record: it does not begin with v=DKIM1"},
	{GOOD_TAGS, SIZE_MAX,
		"p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAN6+Ceo2c+iqRRnr9N92oJPGJWRRh0i/"
		"rBVHw2Qw"
		"ahAGXNcwSuJ9wPhCnNsrHSOvUP2/7eeZuVfdooGwaT+nrQ8CAwEAAQ==",
		DKIM_PERMERROR, "an RSA key of 512 bits is too short (RFC 8301)"},
};

CASE("RFC 6376 3.5, 6.1, RFC 8301: every reason to say no")
{
	for (size_t i = 0; i < ARRAY_COUNT(forged); i++) {
		struct sample_record records[] = {
			{"s._domainkey.example.com", forged[i].record
							     ? forged[i].record
							     : SAMPLE_RSA_RECORD},
			{NULL, NULL},
		};
		struct buffer message = {0};
		struct dkim_verifier *verifier;
		unsigned before = check_failures;

		forge(forged[i].tags, forged[i].limit, "a\r\nb c \r\n", &message);
		verifier = sample_verify(buffer_contents(&message), records, "", NOW);
		check_result(verifier, 0, forged[i].result, forged[i].reason);
		if (check_failures != before)
			fprintf(stderr, "in: %s\n", forged[i].tags);
		dkim_verify_destroy(&verifier);
		buffer_finish(&message);
	}
}

CASE("what DNS says")
{
	struct sample_record records[] = {
		{"s._domainkey.example.com", NULL},
		{NULL, NULL},
		{NULL, NULL},
	};
	struct buffer message = {0};
	struct dkim_verifier *verifier;

	forge(GOOD_TAGS, SIZE_MAX, "x\r\n", &message);
	verifier = sample_verify(buffer_contents(&message), records, "", NOW);
	check_result(verifier, 0, DKIM_TEMPERROR,
		"DNS does not answer for s._domainkey.example.com");
	dkim_verify_destroy(&verifier);
	verifier = sample_verify(buffer_contents(&message), records + 1, "", NOW);
	check_result(verifier, 0, DKIM_PERMERROR, "no key at s._domainkey.example.com");
	dkim_verify_destroy(&verifier);
	/* another TXT record beside the key's does no harm */
	records[0].text = "v=spf1 -all";
	records[1] = (struct sample_record){
		"s._domainkey.example.com", SAMPLE_RSA_RECORD};
	verifier = sample_verify(buffer_contents(&message), records, "", NOW);
	check_result(verifier, 0, DKIM_PASS, "");
	CHECK(!dkim_verify_result(verifier, 0)->testing);
	dkim_verify_destroy(&verifier);
	records[1].text = "t=y; p=" SAMPLE_RSA_PUBLIC;
	verifier = sample_verify(buffer_contents(&message), records + 1, "", NOW);
	CHECK(dkim_verify_result(verifier, 0)->testing);
	dkim_verify_destroy(&verifier);
	buffer_finish(&message);
}

CASE("one query for signatures under one name, and eight signatures at most")
{
	struct buffer text = {0};
	struct dkim_verifier *verifier;

	for (int i = 0; i < 20; i++)
		buffer_append(&text, SLICE(SAMPLE_RSA_SIGNATURE));
	buffer_append(&text, SLICE(SAMPLE_HEADER "\r\n" SAMPLE_BODY));
	verifier = sample_verify(buffer_contents(&text), rfc8463, "", SAMPLE_TIME);
	CHECK_NUMBER(dkim_verify_query_count(verifier), 1);
	CHECK_NUMBER(dkim_verify_result_count(verifier), DKIM_VERIFY_MAX);
	check_result(verifier, 7, DKIM_PASS, "");
	dkim_verify_destroy(&verifier);
	buffer_finish(&text);
}

CASE("no signature, an empty one, one that is too long")
{
	struct buffer text = {0};
	struct dkim_verifier *verifier = sample_verify(
		SLICE("From: a@b.c\r\n\r\nx"), rfc8463, "", 0);

	CHECK_NUMBER(dkim_verify_result_count(verifier), 0);
	dkim_verify_destroy(&verifier);
	verifier = sample_verify(SLICE("DKIM-Signature:\r\n\r\n"), rfc8463, "", 0);
	check_result(verifier, 0, DKIM_NEUTRAL, "no tags");
	dkim_verify_destroy(&verifier);
	buffer_append(&text, SLICE("DKIM-Signature: v=1; n="));
	for (int i = 0; i < 17000; i++)
		buffer_append_byte(&text, 'x');
	buffer_append(&text, SLICE("\r\n\r\n"));
	verifier = sample_verify(buffer_contents(&text), rfc8463, "", 0);
	check_result(verifier, 0, DKIM_NEUTRAL, "the signature field is too long");
	CHECK_NUMBER(dkim_verify_query_count(verifier), 0);
	dkim_verify_destroy(&verifier);
	buffer_finish(&text);
}

CHECK_MAIN()
