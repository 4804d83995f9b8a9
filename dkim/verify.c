/* Verifies a message's signatures in two steps around the DNS queries. */
#include "dkim/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "dkim/crypto.h"
#include "dkim/key_use.h"
#include "dkim/record.h"
#include "dkim/signature.h"
#include "dkim/verify_header.h"
#include "mail/domain.h"

/* A canonical form of the body, hashed up to a length. */
struct body_sum {
	struct dkim_body body;
	struct dkim_hash *hash;
	enum dkim_canon canon;
	bool limited;
	uint64_t length; /* l= */
	uint64_t seen;	 /* canonical bytes */
	bool failed;
	uint8_t sum[DKIM_HASH_SIZE];
};

/* A signature under examination; no body: its verdict is already known. */
struct check {
	struct dkim_signature signature;
	struct dkim_verdict verdict;
	struct body_sum *body;
	size_t query;
	uint8_t header_sum[DKIM_HASH_SIZE];
};

struct dkim_verifier {
	struct arena arena;
	struct slice from_domain;
	struct dkim_hash *header_hash;
	struct body_sum *bodies[DKIM_VERIFY_MAX];
	size_t body_count;
	char *queries[DKIM_VERIFY_MAX];
	size_t query_count;
	struct check checks[DKIM_VERIFY_MAX];
	size_t check_count;
};

static void begin_check(
	struct dkim_verifier *verifier, struct dkim_fields *fields, size_t own);
static void describe(struct dkim_verifier *verifier, struct check *check);
static struct body_sum *find_body(
	struct dkim_verifier *verifier, const struct dkim_signature *signature);
static size_t find_query(
	struct dkim_verifier *verifier, const struct dkim_signature *signature);
static bool check_times(struct check *check, int64_t now_s);
static void check_answer(struct dkim_verifier *verifier, struct check *check,
	const struct dkim_answer *answer);
static void check_record(
	struct dkim_verifier *verifier, struct check *check, struct slice text);
static void check_key(struct check *check, const struct dkim_record *record);
static void check_sums(struct check *check, const struct dkim_public *public);

__attribute__((format(printf, 3, 4))) static void decide(
	struct check *check, enum dkim_result result, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	check->verdict.result = result;
	vsnprintf(check->verdict.reason, sizeof check->verdict.reason, format, list);
	va_end(list);
}

struct dkim_verifier *dkim_verify_begin(
	const struct header_field *fields, size_t count, struct slice from_domain)
{
	struct dkim_verifier *verifier = NEW(struct dkim_verifier);
	struct arena scratch = {0};
	struct dkim_fields list;
	char text[DOMAIN_MAX + 1];

	verifier->header_hash = dkim_hash_create();
	if (domain_is_valid(from_domain, true) &&
		domain_to_ascii(from_domain, text, &from_domain))
		verifier->from_domain = arena_copy(&verifier->arena, from_domain);
	dkim_fields_init(&list, &scratch, fields, count);
	for (size_t i = 0; i < count && verifier->check_count < DKIM_VERIFY_MAX; i++)
		if (slice_equal_nocase(
			    slice_trim(fields[i].name), SLICE("DKIM-Signature")))
			begin_check(verifier, &list, i);
	arena_finish(&scratch);
	return verifier;
}

void dkim_verify_destroy(struct dkim_verifier **verifier)
{
	struct dkim_verifier *gone = *verifier;

	if (!gone)
		return;
	for (size_t i = 0; i < gone->body_count; i++) {
		dkim_hash_destroy(&gone->bodies[i]->hash);
		memory_free(gone->bodies[i]);
	}
	dkim_hash_destroy(&gone->header_hash);
	arena_finish(&gone->arena);
	memory_free(gone);
	*verifier = NULL;
}

size_t dkim_verify_query_count(const struct dkim_verifier *verifier)
{
	return verifier->query_count;
}

const char *dkim_verify_query(const struct dkim_verifier *verifier, size_t index)
{
	return verifier->queries[index];
}

void dkim_verify_feed(struct dkim_verifier *verifier, struct slice chunk)
{
	for (size_t i = 0; i < verifier->body_count; i++)
		dkim_body_feed(&verifier->bodies[i]->body, chunk);
}

void dkim_verify_finish(struct dkim_verifier *verifier,
	const struct dkim_answer *answers, int64_t now_s)
{
	for (size_t i = 0; i < verifier->body_count; i++) {
		struct body_sum *body = verifier->bodies[i];

		dkim_body_end(&body->body);
		body->failed = !dkim_hash_end(body->hash, body->sum);
	}
	for (size_t i = 0; i < verifier->check_count; i++) {
		struct check *check = &verifier->checks[i];

		if (check->body && check_times(check, now_s))
			check_answer(verifier, check, &answers[check->query]);
	}
}

size_t dkim_verify_result_count(const struct dkim_verifier *verifier)
{
	return verifier->check_count;
}

const struct dkim_verdict *dkim_verify_result(
	const struct dkim_verifier *verifier, size_t index)
{
	return &verifier->checks[index].verdict;
}

const char *dkim_result_name(enum dkim_result result)
{
	static const char *const names[] = {
		"none", "pass", "fail", "neutral", "temperror", "permerror"};

	return names[result];
}

/* All of the header is here: what of it was signed can be hashed at once. */
static void begin_check(
	struct dkim_verifier *verifier, struct dkim_fields *fields, size_t own)
{
	struct check *check = &verifier->checks[verifier->check_count++];
	struct slice raw = fields->at[own].whole;
	struct dkim_signature *signature = &check->signature;
	enum dkim_result result;
	struct slice kept = raw.size > DKIM_SIGNATURE_SIZE
				    ? slice_part(raw, 0, DKIM_SIGNATURE_SIZE + 1)
				    : raw;

	kept = arena_copy(&verifier->arena, kept);
	result = dkim_signature_parse(&verifier->arena, kept, signature);
	describe(verifier, check);
	if (result != DKIM_PASS) {
		decide(check, result, "%s", failure_last()->text);
		return;
	}
	if (!dkim_hash_header(
		    fields, own, signature, verifier->header_hash, check->header_sum)) {
		decide(check, DKIM_NEUTRAL, "%s", failure_last()->text);
		return;
	}
	check->body = find_body(verifier, signature);
	check->query = find_query(verifier, signature);
}

static void describe(struct dkim_verifier *verifier, struct check *check)
{
	const struct dkim_signature *signature = &check->signature;
	struct dkim_verdict *verdict = &check->verdict;
	struct slice from = verifier->from_domain, domain = signature->domain;

	verdict->result = DKIM_NEUTRAL;
	verdict->domain = domain;
	verdict->selector = signature->selector;
	verdict->identity = signature->identity;
	verdict->algorithm = signature->algorithm_text;
	verdict->signature = slice_part(signature->signature_text, 0, 8);
	if (from.size == 0 || domain.size == 0)
		verdict->alignment = DKIM_ALIGN_NONE;
	else if (slice_equal(from, domain))
		verdict->alignment = DKIM_ALIGN_EXACT;
	else if (domain_is_within(from, domain) || domain_is_within(domain, from))
		verdict->alignment = DKIM_ALIGN_RELATED;
}

static void hash_body(void *context, struct slice bytes)
{
	struct body_sum *body = context;
	uint64_t room = UINT64_MAX;

	if (body->limited)
		room = body->seen < body->length ? body->length - body->seen : 0;
	body->seen += bytes.size;
	dkim_hash_update(
		body->hash, room < bytes.size ? slice_part(bytes, 0, room) : bytes);
}

static struct body_sum *find_body(
	struct dkim_verifier *verifier, const struct dkim_signature *signature)
{
	struct body_sum *body;

	for (size_t i = 0; i < verifier->body_count; i++) {
		body = verifier->bodies[i];
		if (body->canon == signature->body &&
			body->limited == signature->limited &&
			body->length == signature->length)
			return body;
	}
	body = NEW(struct body_sum);
	body->hash = dkim_hash_create();
	body->canon = signature->body;
	body->limited = signature->limited;
	body->length = signature->length;
	dkim_hash_begin(body->hash);
	dkim_body_init(&body->body, body->canon, hash_body, body);
	verifier->bodies[verifier->body_count++] = body;
	return body;
}

static size_t find_query(
	struct dkim_verifier *verifier, const struct dkim_signature *signature)
{
	struct buffer name = {0};
	char *text;
	size_t at;

	dkim_name_print(signature->domain, signature->selector, &name);
	text = arena_copy_text(&verifier->arena, buffer_contents(&name));
	buffer_finish(&name);
	for (at = 0; at < verifier->query_count; at++)
		if (strcmp(verifier->queries[at], text) == 0)
			return at;
	verifier->queries[verifier->query_count++] = text;
	return at;
}

static bool check_times(struct check *check, int64_t now_s)
{
	const struct dkim_signature *signature = &check->signature;

	if (signature->expires_s >= 0 && now_s > signature->expires_s)
		decide(check, DKIM_PERMERROR, "the signature has expired (x=)");
	else if (signature->time_s >= 0 &&
		 signature->time_s - DKIM_CLOCK_SKEW_S > now_s)
		decide(check, DKIM_PERMERROR,
			"the signature was made in the future (t=)");
	else
		return true;
	return false;
}

/* Several records are an error of the domain's; the best counts (6.1.2). */
static void check_answer(struct dkim_verifier *verifier, struct check *check,
	const struct dkim_answer *answer)
{
	static const int rank[] = {
		[DKIM_PASS] = 3, [DKIM_FAIL] = 2, [DKIM_PERMERROR] = 1};
	size_t count = answer->record_count < DKIM_RECORDS_MAX ? answer->record_count
							       : DKIM_RECORDS_MAX;
	const char *name = verifier->queries[check->query];
	struct dkim_verdict best;

	if (answer->status == DKIM_DNS_FAILED) {
		decide(check, DKIM_TEMPERROR, "DNS does not answer for %s", name);
		return;
	}
	if (answer->status == DKIM_DNS_NOT_FOUND || count == 0) {
		decide(check, DKIM_PERMERROR, "no key at %s", name);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct dkim_verdict before = check->verdict;

		check_record(verifier, check, answer->records[i]);
		if (i == 0 || rank[check->verdict.result] > rank[best.result])
			best = check->verdict;
		check->verdict = before;
	}
	check->verdict = best;
}

static void check_record(
	struct dkim_verifier *verifier, struct check *check, struct slice text)
{
	struct dkim_record record;

	if (text.size > DKIM_SIGNATURE_SIZE)
		decide(check, DKIM_PERMERROR, "the key record is too long");
	else if (!dkim_record_parse(&verifier->arena, text, &record))
		decide(check, DKIM_PERMERROR, "%s", failure_last()->text);
	else
		check_key(check, &record);
}

static void check_key(struct check *check, const struct dkim_record *record)
{
	const struct dkim_signature *signature = &check->signature;
	struct slice identity = signature->identity;
	struct slice below = slice_from(identity, slice_index_last(identity, '@') + 1);
	struct dkim_public *public;

	check->verdict.testing = record->testing;
	if (record->revoked) {
		decide(check, DKIM_PERMERROR, "the key was revoked");
		return;
	}
	if (record->algorithm != signature->algorithm) {
		decide(check, DKIM_PERMERROR, "the key is not for %s",
			dkim_algorithm_name(signature->algorithm));
		return;
	}
	if (record->exact && !slice_equal_nocase(below, signature->domain)) {
		decide(check, DKIM_PERMERROR,
			"the key does not allow i= below d= (t=s)");
		return;
	}
	public = dkim_public_read(
		record->algorithm, record->key, &check->verdict.key_bits);
	if (!public)
		decide(check, DKIM_PERMERROR, "%s", failure_last()->text);
	else if (record->algorithm == DKIM_RSA_SHA256 &&
		 check->verdict.key_bits < DKIM_RSA_BITS_MIN)
		decide(check, DKIM_PERMERROR,
			"an RSA key of %u bits is too short (RFC 8301)",
			check->verdict.key_bits);
	else
		check_sums(check, public);
	dkim_public_destroy(&public);
}

static void check_sums(struct check *check, const struct dkim_public *public)
{
	const struct dkim_signature *signature = &check->signature;
	const struct body_sum *body = check->body;

	if (body->failed) {
		decide(check, DKIM_TEMPERROR, "the body could not be hashed");
		return;
	}
	if (body->limited && body->length > body->seen) {
		decide(check, DKIM_PERMERROR, "l= is more than the body has");
		return;
	}
	if (memcmp(body->sum, signature->body_hash.at, DKIM_HASH_SIZE) != 0) {
		decide(check, DKIM_FAIL, "the body is not the one signed");
		return;
	}
	if (!dkim_public_verify(public, check->header_sum, signature->signature)) {
		decide(check, DKIM_FAIL, "the header is not the one signed");
		return;
	}
	check->verdict.partial = body->limited && body->seen > body->length;
	check->verdict.unsigned_size = check->verdict.partial
					       ? body->seen - body->length
					       : 0;
	decide(check, DKIM_PASS, "%s", "");
	if (check->verdict.partial)
		decide(check, DKIM_PASS, "%llu bytes of the body are not signed (l=)",
			(unsigned long long)check->verdict.unsigned_size);
}
