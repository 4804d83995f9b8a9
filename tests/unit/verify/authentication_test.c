/* Whole messages: forged, unaligned and good ones, in any pieces. */
#include "verify/authentication.h"

#include <arpa/inet.h>

#include "base/memory.h"
#include "check.h"
#include "dkim/arc_seal.h"
#include "dkim/sign.h"
#include "verify/authres.h"
#include "zone.h"

#define NOW 1700000000

/* RFC 8463 appendix A.1, A.2 */
#define PEM                                                                  \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" \
	"-----END PRIVATE KEY-----\n"
#define RECORD "TXT v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static const struct zone_record zone[] = {
	{"example.com", "TXT v=spf1 ip4:192.0.2.0/24 -all"},
	{"s._domainkey.example.com", RECORD},
	{"_dmarc.example.com", "TXT v=DMARC1; p=reject"},
	{"evil.example", "TXT v=spf1 ip4:192.0.2.0/24 -all"},
	{"s._domainkey.evil.example", RECORD},
	{"_dmarc.soft.example", "TXT v=DMARC1; p=quarantine"},
	{"mail.example.com", "TXT v=spf1 a -all"},
	{"mail.example.com", "A 192.0.2.1"},
	{NULL, NULL},
};

static struct dkim_signing key(const char *domain)
{
	static struct dkim_key *made;

	if (!made)
		made = dkim_key_create(SLICE("*"), SLICE("s"), SLICE(PEM));
	return (struct dkim_signing){.key = made, .domain = slice_of(domain)};
}

static struct slice cut_header(struct slice *message)
{
	size_t at = slice_find(*message, SLICE("\r\n\r\n")) + 2;
	struct slice block = slice_part(*message, 0, at);

	*message = slice_from(*message, at + 2);
	return block;
}

/* MESSAGE with DOMAIN's signature in front. */
static struct slice sign(struct arena *arena, struct slice message, const char *domain)
{
	struct dkim_signer *signer = dkim_signer_create();
	struct slice body = message, block = cut_header(&body), whole;
	struct dkim_signing signing = key(domain);
	struct buffer out = {0};
	struct header header;

	CHECK(header_scan(arena, block, 100, 10000, &header));
	dkim_signer_begin(signer, DKIM_CANON_RELAXED, DKIM_CANON_SIMPLE);
	dkim_signer_feed(signer, body);
	CHECK(dkim_signer_finish(signer,
		&(struct dkim_message){.fields = header.fields,
			.field_count = header.count,
			.signings = &signing,
			.signing_count = 1,
			.time_s = NOW},
		&out));
	buffer_append(&out, message);
	whole = arena_copy(arena, buffer_contents(&out));
	buffer_finish(&out);
	dkim_signer_destroy(&signer);
	return whole;
}

struct coming {
	const char *client, *helo, *mail_from;
	struct slice message;
	size_t piece; /* bytes fed at a time */
	bool spf_before;
};

static const struct authentication *take(
	struct authenticator *authenticator, const struct coming *coming)
{
	struct zone table = {.records = zone};
	struct verify_resolver resolver = zone_resolver(&table);
	struct authentication_facts facts = {
		.helo = slice_of(coming->helo),
		.mail_from = slice_of(coming->mail_from),
		.hostname = SLICE("mx.example.net"),
		.now_s = NOW,
	};
	const struct authentication *result = authenticator_result(authenticator);
	struct slice rest = coming->message;

	if (coming->client && inet_pton(AF_INET6, coming->client, &facts.client) != 1)
		abort();
	authenticator_begin(authenticator, &facts);
	if (coming->spf_before)
		CHECK(authenticator_check_spf(
			authenticator, &resolver, (struct deadline){0}));
	while (rest.size > 0) {
		size_t size = rest.size < coming->piece ? rest.size : coming->piece;
		char *exact = memory_allocate(size); /* ends where the piece does */

		memcpy(exact, rest.at, size);
		authenticator_feed(authenticator, slice_make(exact, size));
		memory_free(exact);
		rest = slice_from(rest, size);
	}
	CHECK(authenticator_finish(authenticator, &resolver, (struct deadline){0}));
	CHECK_NUMBER(table.asked, result->queries);
	return result;
}

/* The results with their folds undone, and without what of a signature is in
 * header.b: that is of each its own. */
static struct slice results(const struct authentication *result, struct arena *arena)
{
	struct buffer out = {0}, flat = {0};
	struct slice rest, text;

	CHECK(authres_write_results(result, &out));
	rest = buffer_contents(&out);
	while (rest.at) {
		struct slice word;

		buffer_append(&flat, slice_cut(&rest, '\r'));
		if (rest.at)
			rest = slice_from(rest, 2);
		if (rest.at)
			buffer_append_byte(&flat, ' ');
		word = buffer_contents(&flat);
		while (slice_find(word, SLICE(" header.b=")) < word.size) {
			size_t at = slice_find(word, SLICE(" header.b="));
			struct slice tail = slice_from(word, at + 1);
			size_t end = slice_index(tail, ';');
			struct slice kept = arena_copy(arena, slice_from(tail, end));

			buffer_truncate(&flat, at);
			buffer_append(&flat, kept);
			word = buffer_contents(&flat);
		}
	}
	text = arena_copy(arena, buffer_contents(&flat));
	buffer_finish(&flat);
	buffer_finish(&out);
	return text;
}

#define REST "To: b@example.net\r\nSubject: Hello\r\n\r\nHi.\r\n\r\nBye.\r\n"
#define GOOD "From: Joe <joe@example.com>\r\n" REST
#define KEYED(domain) \
	"(256-bit key) header.d=" domain " header.s=s header.a=ed25519-sha256"
#define ALL_PASS                                                                    \
	"mx.example.net; spf=pass smtp.mailfrom=joe@example.com; dkim=pass " KEYED( \
		"example.com") "; arc=none; dmarc=pass (p=reject dis=none) "        \
			       "header.from=example.com"

static void check_pieces(
	struct slice message, const char *from, const char *client, const char *want)
{
	struct authenticator *a = authenticator_create();
	size_t step = message.size / 50 + 1;

	for (size_t piece = 1; piece <= message.size + step; piece += step) {
		struct arena arena = {0};
		struct coming coming = {
			.client = client,
			.helo = "mail.example.com",
			.mail_from = from,
			.message = message,
			.piece = piece,
			.spf_before = piece / step % 2,
		};

		CHECK_SLICE(results(take(a, &coming), &arena), want);
		arena_finish(&arena);
	}
	authenticator_destroy(&a);
	CHECK(!a);
}

CASE("a good message, in pieces")
{
	struct arena arena = {0};

	check_pieces(sign(&arena, SLICE(GOOD), "example.com"), "joe@example.com",
		"::ffff:192.0.2.1", ALL_PASS);
	arena_finish(&arena);
}

CASE("unaligned, forged, tampered, of the null sender")
{
	struct arena arena = {0};
	struct slice good = sign(&arena, SLICE(GOOD), "example.com");

	check_pieces(sign(&arena, SLICE(GOOD), "evil.example"), "x@evil.example",
		"::ffff:192.0.2.1",
		"mx.example.net; spf=pass smtp.mailfrom=x@evil.example; "
		"dkim=pass " KEYED(
			"evil.example") "; arc=none; dmarc=fail (p=reject dis=reject) "
					"header.from=example.com");
	check_pieces(SLICE(GOOD), "joe@example.com", "::ffff:198.51.100.1",
		"mx.example.net; spf=fail smtp.mailfrom=joe@example.com; dkim=none; "
		"arc=none; dmarc=fail (p=reject dis=reject) header.from=example.com");
	check_pieces(arena_format(&arena, "%.*sP.S.\r\n", SLICE_PRINT(good)),
		"x@evil.example", "::ffff:192.0.2.1",
		"mx.example.net; spf=pass smtp.mailfrom=x@evil.example; dkim=fail "
		"(256-bit key) reason=\"the body is not the one signed\" "
		"header.d=example.com header.s=s header.a=ed25519-sha256; arc=none; "
		"dmarc=fail (p=reject dis=reject) header.from=example.com");
	check_pieces(SLICE(GOOD), "", "::ffff:192.0.2.1",
		"mx.example.net; spf=pass smtp.helo=mail.example.com; dkim=none; "
		"arc=none; dmarc=pass (p=reject dis=none) header.from=example.com");
	check_pieces(good, "joe@example.com", NULL,
		"mx.example.net; dkim=pass " KEYED(
			"example.com") "; arc=none; "
				       "dmarc=pass (p=reject dis=none) "
				       "header.from=example.com");
	arena_finish(&arena);
}

CASE("RFC 7489 6.6.1: From that has none, several, or authors of two domains")
{
	static const struct {
		const char *message, *dmarc;
		size_t fields, domains;
	} table[] = {
		{REST, "permerror reason=\"there is no From\"", 0, 0},
		{"From: a@example.com\r\nFROM : b@evil.example\r\n" REST,
			"permerror reason=\"there are several From fields\" "
			"header.from=example.com",
			2, 1},
		{"From: nobody\r\n" REST,
			"permerror reason=\"From has no address that can be read\"", 1,
			0},
		{"From: a@[192.0.2.1]\r\n" REST,
			"permerror reason=\"From has no address that can be read\"", 1,
			0},
		{"From: a@soft.example, b@example.com\r\n" REST,
			"fail (p=reject dis=reject) header.from=example.com", 1, 2},
		{"From: a@evil.example, b@soft.example\r\n" REST,
			"fail (p=quarantine dis=quarantine) header.from=soft.example",
			1, 2},
		{"From: a@evil.example, b@evil.example\r\n" REST,
			"none header.from=evil.example", 1, 1},
		{"From: a@a.example, b@b.example, c@c.example\r\n" REST,
			"permerror reason=\"From has authors of too many domains\" "
			"header.from=a.example",
			1, 3},
		{"From: a@b\xc3\xbc"
		 "cher.example\r\n" REST,
			"none header.from=xn--bcher-kva.example", 1, 1},
		{"not a header\r\n\r\nFrom: a@example.com\r\n",
			"permerror reason=\"there is no From\"", 0, 0},
		{"", "permerror reason=\"there is no From\"", 0, 0},
		{"From: a@example.com",
			"fail (p=reject dis=reject) "
			"header.from=example.com",
			1, 1},
	};
	struct authenticator *a = authenticator_create();

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct arena arena = {0};
		struct coming coming = {.helo = "x",
			.mail_from = "",
			.message = slice_of(table[i].message),
			.piece = 7};
		const struct authentication *result = take(a, &coming);
		struct slice text = results(result, &arena);

		CHECK_SLICE(slice_from(text, slice_find(text, SLICE("dmarc=")) + 6),
			table[i].dmarc);
		CHECK_NUMBER(result->from_fields, table[i].fields);
		CHECK_NUMBER(result->from_domains, table[i].domains);
		arena_finish(&arena);
	}
	authenticator_destroy(&a);
}

CASE("a header beyond the caps is not looked at, and takes no memory")
{
	struct authenticator *a = authenticator_create();
	struct buffer fields = {0}, bytes = {0};
	struct arena arena = {0};

	for (size_t i = 0; i < AUTHENTICATION_FIELDS_MAX; i++)
		buffer_append(&fields, SLICE("X-Field: x\r\n"));
	buffer_append(&fields, SLICE(GOOD));
	while (buffer_size(&bytes) < AUTHENTICATION_HEADER_MAX + 100000)
		buffer_append(
			&bytes, SLICE("X-Field: some bytes more than before\r\n"));
	buffer_append(&bytes, SLICE(GOOD));
	for (size_t i = 0; i < 2; i++) {
		struct coming coming = {.client = "::ffff:192.0.2.1",
			.helo = "x",
			.mail_from = "joe@example.com",
			.message = buffer_contents(i ? &bytes : &fields),
			.piece = 100000};
		const struct authentication *result = take(a, &coming);

		CHECK(result->oversize);
		CHECK_SLICE(results(result, &arena),
			"mx.example.net; spf=pass smtp.mailfrom=joe@example.com; "
			"dmarc=permerror reason=\"the header is too large to be looked "
			"at\"");
	}
	arena_finish(&arena);
	buffer_finish(&fields);
	buffer_finish(&bytes);
	authenticator_destroy(&a);
}

/* MESSAGE with COUNT sets of ours in front, each of a domain of its own. */
static struct slice seal(struct arena *arena, struct slice message, size_t count)
{
	struct arc_sealer *sealer = arc_sealer_create();

	for (size_t i = 0; i < count; i++) {
		struct slice body = message, block = cut_header(&body);
		struct slice domain = arena_format(arena, "hop%zu.example", i);
		struct arc_verdict chain = {
			.status = i ? ARC_PASS : ARC_NONE, .count = i};
		struct buffer out = {0};
		struct header header;

		CHECK(header_scan(arena, block, 1000, 100000, &header));
		arc_sealer_begin(sealer);
		arc_sealer_feed(sealer, body);
		CHECK(arc_sealer_prepare(
			sealer, &(struct arc_seal){.fields = header.fields,
					.field_count = header.count,
					.signing = {key("").key, domain},
					.chain = &chain,
					.results = SLICE("hop; none"),
					.time_s = NOW}));
		CHECK(arc_sealer_sign(sealer) && arc_sealer_format(sealer, &out));
		buffer_append(&out, message);
		message = arena_copy(arena, buffer_contents(&out));
		buffer_finish(&out);
	}
	arc_sealer_destroy(&sealer);
	return message;
}

/* Every name has our key, and nothing else. */
static bool query_key(void *context, struct slice name, enum dns_type type,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline)
{
	unsigned *asked = context;

	++*asked;
	*answer_r = (struct dns_answer){.status = DNS_NO_NAME, .canonical = name};
	if (type != DNS_TXT || slice_find(name, SLICE("._domainkey.")) == name.size)
		return true;
	answer_r->status = DNS_FOUND;
	answer_r->count = 1;
	answer_r->records = ARENA_NEW(arena, struct dns_record);
	answer_r->records[0].name = slice_from(SLICE(RECORD), 4);
	return true;
}

CASE("a chain as long as may be asked for, and one more")
{
	struct authentication_facts facts = {
		.hostname = SLICE("mx.example.net"), .now_s = NOW};
	struct authenticator *a = authenticator_create();
	size_t most = VERIFY_QUERIES_MAX -
		      DMARC_QUERIES_MAX * AUTHENTICATION_AUTHORS_MAX;

	for (size_t count = 0; count <= ARC_SETS_MAX; count += 25) {
		struct arena arena = {0};
		struct slice message = seal(
			&arena, sign(&arena, SLICE(GOOD), "example.com"), count);
		unsigned asked = 0;
		struct verify_resolver resolver = {query_key, &asked};

		authenticator_begin(a, &facts);
		authenticator_feed(a, message);
		CHECK(authenticator_finish(a, &resolver, (struct deadline){0}));
		CHECK_NUMBER(asked, authenticator_result(a)->queries);
		CHECK_NUMBER(asked, count + 2);
		CHECK(asked <= most);
		CHECK_NUMBER(authenticator_result(a)->arc->status,
			count ? ARC_PASS : ARC_NONE);
		CHECK_NUMBER(authenticator_result(a)->dkim[0]->result, DKIM_PASS);
		arena_finish(&arena);
	}
	authenticator_destroy(&a);
}

/* Names of slow.example answer when the deadline has passed, others at once. */
struct slowness {
	int64_t now_us;
	const struct zone_record *records;
};

static bool query_slow(void *context, struct slice name, enum dns_type type,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline)
{
	struct slowness *slowness = context;
	struct zone table = {.records = slowness->records};
	struct verify_resolver resolver = zone_resolver(&table);

	if (slice_ends(name, SLICE("slow.example")) &&
		slowness->now_us < deadline.at_us)
		slowness->now_us = deadline.at_us;
	if (slowness->now_us < deadline.at_us)
		return verify_query(&resolver, name, type, arena, answer_r, deadline);
	*answer_r = (struct dns_answer){.status = DNS_TEMPORARY};
	return true;
}

CASE("a sender whose own DNS is slow does not keep DMARC from being asked")
{
	static const char *const messages[] = {
		"DKIM-Signature: v=1; a=rsa-sha256; d=slow.example; s=a; h=from;"
		" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA\r\n" GOOD,
		"From: x@slow.example, joe@example.com\r\n" REST,
		"From: joe@example.com, x@slow.example\r\n" REST,
	};

	for (size_t i = 0; i < 3; i++) {
		struct slowness slowness = {deadline_after_ms(0).at_us, zone};
		struct verify_resolver resolver = {query_slow, &slowness};
		struct authentication_facts facts = {
			.hostname = SLICE("mx.example.net"),
			.helo = SLICE("x"),
			.mail_from = SLICE("x@slow.example"),
			.now_s = NOW};
		struct authenticator *a = authenticator_create();

		inet_pton(AF_INET6, "::ffff:198.51.100.1", &facts.client);
		authenticator_begin(a, &facts);
		authenticator_feed(a, slice_of(messages[i]));
		CHECK(authenticator_finish(a, &resolver, deadline_after_ms(30000)));
		CHECK_NUMBER(authenticator_result(a)->spf.result, SPF_TEMPERROR);
		CHECK_SLICE(slice_of(dmarc_result_name(
				    authenticator_result(a)->dmarc.result)),
			"fail");
		CHECK_NUMBER(
			authenticator_result(a)->dmarc.policy, DMARC_POLICY_REJECT);
		authenticator_destroy(&a);
	}
}

CASE("objects that were never used")
{
	struct authenticator *a = authenticator_create();

	authenticator_destroy(&a);
	authenticator_destroy(&a);
}

CHECK_MAIN()
