/* Verifies a message's signatures in two steps around the DNS queries. */
#include "dkim/verify.h"

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "dkim/check.h"
#include "dkim/verify_header.h"
#include "mail/domain.h"

struct dkim_verifier {
	struct arena arena;
	struct slice from_domain;
	struct dkim_hash *header_hash;
	struct dkim_bodies bodies;
	struct dkim_names names;
	char *name_room[DKIM_VERIFY_MAX];
	struct dkim_check checks[DKIM_VERIFY_MAX];
	size_t check_count;
};

static void begin_check(
	struct dkim_verifier *verifier, struct dkim_fields *fields, size_t own);
static enum dkim_alignment align(struct slice from, struct slice domain);

struct dkim_verifier *dkim_verify_begin(
	const struct header_field *fields, size_t count, struct slice from_domain)
{
	struct dkim_verifier *verifier = NEW(struct dkim_verifier);
	struct arena scratch = {0};
	struct dkim_fields list;
	char text[DOMAIN_MAX + 1];

	verifier->names.at = verifier->name_room;
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
	dkim_bodies_finish(&gone->bodies);
	dkim_hash_destroy(&gone->header_hash);
	arena_finish(&gone->arena);
	memory_free(gone);
	*verifier = NULL;
}

size_t dkim_verify_query_count(const struct dkim_verifier *verifier)
{
	return verifier->names.count;
}

const char *dkim_verify_query(const struct dkim_verifier *verifier, size_t index)
{
	return verifier->names.at[index];
}

void dkim_verify_feed(struct dkim_verifier *verifier, struct slice chunk)
{
	dkim_bodies_feed(&verifier->bodies, chunk);
}

void dkim_verify_finish(struct dkim_verifier *verifier,
	const struct dkim_answer *answers, int64_t now_s)
{
	dkim_bodies_end(&verifier->bodies);
	for (size_t i = 0; i < verifier->check_count; i++) {
		struct dkim_check *check = &verifier->checks[i];

		if (check->open)
			dkim_check_judge(check, &verifier->arena,
				verifier->names.at[check->query],
				&answers[check->query], now_s);
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
	struct dkim_check *check = &verifier->checks[verifier->check_count++];
	struct slice raw = fields->at[own].whole;
	struct dkim_signature *signature = &check->signature;
	enum dkim_result result;
	struct slice kept = raw.size > DKIM_SIGNATURE_SIZE
				    ? slice_part(raw, 0, DKIM_SIGNATURE_SIZE + 1)
				    : raw;

	kept = arena_copy(&verifier->arena, kept);
	result = dkim_signature_parse(
		&verifier->arena, DKIM_FIELD_SIGNATURE, kept, signature);
	dkim_check_describe(check);
	check->verdict.alignment = align(verifier->from_domain, signature->domain);
	if (result != DKIM_PASS) {
		dkim_check_decide(check, result, "%s", failure_last()->text);
		return;
	}
	if (!dkim_hash_header(
		    fields, own, signature, verifier->header_hash, check->header_sum)) {
		dkim_check_decide(check, DKIM_NEUTRAL, "%s", failure_last()->text);
		return;
	}
	check->body = dkim_bodies_find(&verifier->bodies, signature);
	check->query = dkim_names_find(&verifier->names, &verifier->arena, signature);
	check->open = true;
}

static enum dkim_alignment align(struct slice from, struct slice domain)
{
	if (from.size == 0 || domain.size == 0)
		return DKIM_ALIGN_NONE;
	if (slice_equal(from, domain))
		return DKIM_ALIGN_EXACT;
	if (domain_is_within(from, domain) || domain_is_within(domain, from))
		return DKIM_ALIGN_RELATED;
	return DKIM_ALIGN_NONE;
}
