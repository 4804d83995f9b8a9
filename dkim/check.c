/* Examining one signature (RFC 6376 section 6.1), DKIM's or ARC's. */
#include "dkim/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "dkim/key_use.h"
#include "dkim/record.h"

struct dkim_body_sum {
	struct dkim_body body;
	struct dkim_hash *hash;
	enum dkim_canon canon;
	bool limited;
	uint64_t length; /* l= */
	uint64_t seen;	 /* canonical bytes */
	bool failed;
	uint8_t sum[DKIM_HASH_SIZE];
};

static void hash_body(void *context, struct slice bytes);
static bool check_times(struct dkim_check *check, int64_t now_s);
static void check_record(
	struct dkim_check *check, struct arena *arena, struct slice text);
static void check_key(struct dkim_check *check, const struct dkim_record *record);
static void check_sums(struct dkim_check *check, const struct dkim_public *public);
static bool check_body(struct dkim_check *check);

const struct dkim_body_sum *dkim_bodies_find(
	struct dkim_bodies *bodies, const struct dkim_signature *signature)
{
	struct dkim_body_sum *body;

	for (size_t i = 0; i < bodies->count; i++) {
		body = bodies->at[i];
		if (body->canon == signature->body &&
			body->limited == signature->limited &&
			body->length == signature->length)
			return body;
	}
	body = NEW(struct dkim_body_sum);
	body->hash = dkim_hash_create();
	body->canon = signature->body;
	body->limited = signature->limited;
	body->length = signature->length;
	dkim_hash_begin(body->hash);
	dkim_body_init(&body->body, body->canon, hash_body, body);
	bodies->at[bodies->count++] = body;
	return body;
}

void dkim_bodies_feed(struct dkim_bodies *bodies, struct slice chunk)
{
	for (size_t i = 0; i < bodies->count; i++)
		dkim_body_feed(&bodies->at[i]->body, chunk);
}

void dkim_bodies_end(struct dkim_bodies *bodies)
{
	for (size_t i = 0; i < bodies->count; i++) {
		struct dkim_body_sum *body = bodies->at[i];

		dkim_body_end(&body->body);
		body->failed = !dkim_hash_end(body->hash, body->sum);
	}
}

void dkim_bodies_finish(struct dkim_bodies *bodies)
{
	for (size_t i = 0; i < bodies->count; i++) {
		dkim_hash_destroy(&bodies->at[i]->hash);
		memory_free(bodies->at[i]);
	}
	bodies->count = 0;
}

size_t dkim_names_find(struct dkim_names *names, struct arena *arena,
	const struct dkim_signature *signature)
{
	struct buffer name = {0};
	char *text;
	size_t at;

	dkim_name_print(signature->domain, signature->selector, &name);
	text = arena_copy_text(arena, buffer_contents(&name));
	buffer_finish(&name);
	for (at = 0; at < names->count; at++)
		if (strcmp(names->at[at], text) == 0)
			return at;
	names->at[names->count++] = text;
	return at;
}

void dkim_check_describe(struct dkim_check *check)
{
	const struct dkim_signature *signature = &check->signature;

	check->verdict.result = DKIM_NEUTRAL;
	check->verdict.domain = signature->domain;
	check->verdict.selector = signature->selector;
	check->verdict.identity = signature->identity;
	check->verdict.algorithm = signature->algorithm_text;
	check->verdict.signature = slice_part(signature->signature_text, 0, 8);
}

void dkim_check_decide(
	struct dkim_check *check, enum dkim_result result, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	check->verdict.result = result;
	vsnprintf(check->verdict.reason, sizeof check->verdict.reason, format, list);
	va_end(list);
}

/* Several records are an error of the domain's; the best counts (6.1.2). */
void dkim_check_judge(struct dkim_check *check, struct arena *arena, const char *name,
	const struct dkim_answer *answer, int64_t now_s)
{
	static const int rank[] = {
		[DKIM_PASS] = 3, [DKIM_FAIL] = 2, [DKIM_PERMERROR] = 1};
	size_t count = answer->record_count < DKIM_RECORDS_MAX ? answer->record_count
							       : DKIM_RECORDS_MAX;
	struct dkim_verdict best;

	check->open = false;
	if (!check_times(check, now_s))
		return;
	if (answer->status == DKIM_DNS_FAILED) {
		dkim_check_decide(
			check, DKIM_TEMPERROR, "DNS does not answer for %s", name);
		return;
	}
	if (answer->status == DKIM_DNS_NOT_FOUND || count == 0) {
		dkim_check_decide(check, DKIM_PERMERROR, "no key at %s", name);
		return;
	}
	for (size_t i = 0; i < count && (i == 0 || best.result != DKIM_PASS); i++) {
		struct dkim_verdict before = check->verdict;

		check_record(check, arena, answer->records[i]);
		if (i == 0 || rank[check->verdict.result] > rank[best.result])
			best = check->verdict;
		check->verdict = before;
	}
	check->verdict = best;
}

static void hash_body(void *context, struct slice bytes)
{
	struct dkim_body_sum *body = context;
	uint64_t room = UINT64_MAX;

	if (body->limited)
		room = body->seen < body->length ? body->length - body->seen : 0;
	body->seen += bytes.size;
	dkim_hash_update(
		body->hash, room < bytes.size ? slice_part(bytes, 0, room) : bytes);
}

static bool check_times(struct dkim_check *check, int64_t now_s)
{
	const struct dkim_signature *signature = &check->signature;

	if (signature->expires_s >= 0 && now_s > signature->expires_s)
		dkim_check_decide(
			check, DKIM_PERMERROR, "the signature has expired (x=)");
	else if (signature->time_s >= 0 &&
		 signature->time_s - DKIM_CLOCK_SKEW_S > now_s)
		dkim_check_decide(check, DKIM_PERMERROR,
			"the signature was made in the future (t=)");
	else
		return true;
	return false;
}

static void check_record(
	struct dkim_check *check, struct arena *arena, struct slice text)
{
	struct dkim_record record;

	if (text.size > DKIM_SIGNATURE_SIZE)
		dkim_check_decide(check, DKIM_PERMERROR, "the key record is too long");
	else if (!dkim_record_parse(arena, text, &record))
		dkim_check_decide(check, DKIM_PERMERROR, "%s", failure_last()->text);
	else
		check_key(check, &record);
}

static void check_key(struct dkim_check *check, const struct dkim_record *record)
{
	const struct dkim_signature *signature = &check->signature;
	struct slice identity = signature->identity;
	struct slice below = slice_from(identity, slice_index_last(identity, '@') + 1);
	struct dkim_public *public;

	check->verdict.testing = record->testing;
	if (record->revoked) {
		dkim_check_decide(check, DKIM_PERMERROR, "the key was revoked");
		return;
	}
	if (record->algorithm != signature->algorithm) {
		dkim_check_decide(check, DKIM_PERMERROR, "the key is not for %s",
			dkim_algorithm_name(signature->algorithm));
		return;
	}
	if (record->exact && !slice_equal_nocase(below, signature->domain)) {
		dkim_check_decide(check, DKIM_PERMERROR,
			"the key does not allow i= below d= (t=s)");
		return;
	}
	public = dkim_public_read(
		record->algorithm, record->key, &check->verdict.key_bits);
	if (!public)
		dkim_check_decide(check, DKIM_PERMERROR, "%s", failure_last()->text);
	else if (record->algorithm == DKIM_RSA_SHA256 &&
		 check->verdict.key_bits < DKIM_RSA_BITS_MIN)
		dkim_check_decide(check, DKIM_PERMERROR,
			"an RSA key of %u bits is too short (RFC 8301)",
			check->verdict.key_bits);
	else
		check_sums(check, public);
	dkim_public_destroy(&public);
}

static void check_sums(struct dkim_check *check, const struct dkim_public *public)
{
	const struct dkim_signature *signature = &check->signature;
	const struct dkim_body_sum *body = check->body;

	if (body && !check_body(check))
		return;
	if (!dkim_public_verify(public, check->header_sum, signature->signature)) {
		dkim_check_decide(check, DKIM_FAIL, "the header is not the one signed");
		return;
	}
	dkim_check_decide(check, DKIM_PASS, "%s", "");
	if (!body || !body->limited || body->seen <= body->length)
		return;
	check->verdict.partial = true;
	check->verdict.unsigned_size = body->seen - body->length;
	dkim_check_decide(check, DKIM_PASS,
		"%llu bytes of the body are not signed (l=)",
		(unsigned long long)check->verdict.unsigned_size);
}

static bool check_body(struct dkim_check *check)
{
	const struct dkim_body_sum *body = check->body;
	const struct dkim_signature *signature = &check->signature;

	if (body->failed)
		dkim_check_decide(
			check, DKIM_TEMPERROR, "the body could not be hashed");
	else if (body->limited && body->length > body->seen)
		dkim_check_decide(
			check, DKIM_PERMERROR, "l= is more than the body has");
	else if (memcmp(body->sum, signature->body_hash.at, DKIM_HASH_SIZE) != 0)
		dkim_check_decide(check, DKIM_FAIL, "the body is not the one signed");
	else
		return true;
	return false;
}
