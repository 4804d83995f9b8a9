/* Verifies the Authenticated Received Chain (RFC 8617 section 5.2). */
#include "dkim/arc.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "dkim/arc_set.h"
#include "dkim/check.h"
#include "dkim/sign.h"
#include "dkim/verify_header.h"

struct arc_verifier {
	struct arena arena;
	struct arc_verdict verdict;
	struct dkim_bodies bodies;
	struct dkim_names names;
	struct dkim_check message; /* the newest ARC-Message-Signature */
	struct dkim_check *seals;  /* one a set */
	bool open;		   /* there is something to ask for */
};

static bool begin(struct arc_verifier *verifier, const struct header_field *fields,
	size_t count, struct arena *scratch);
static void describe(struct arc_verifier *verifier, const struct arc_chain *chain);
static bool check_chain(const struct arc_chain *chain);
static bool begin_message(struct arc_verifier *verifier, struct dkim_fields *fields,
	const struct arc_fields *newest, struct dkim_hash *hash);
static bool begin_seals(struct arc_verifier *verifier,
	const struct header_field *fields, const struct arc_chain *chain,
	struct dkim_hash *const hashes[2]);
static void keep(struct arena *arena, struct dkim_signature *signature);
static bool judge(struct arc_verifier *verifier, struct dkim_check *check,
	const char *what, const struct dkim_answer *answers, int64_t now_s);

__attribute__((format(printf, 2, 3))) static void refuse(
	struct arc_verifier *verifier, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	verifier->verdict.status = ARC_FAIL;
	vsnprintf(verifier->verdict.reason, sizeof verifier->verdict.reason, format,
		list);
	va_end(list);
}

struct arc_verifier *arc_verify_begin(const struct header_field *fields, size_t count)
{
	struct arc_verifier *verifier = NEW(struct arc_verifier);
	struct arena scratch = {0};

	if (!begin(verifier, fields, count, &scratch))
		refuse(verifier, "%s", failure_last()->text);
	arena_finish(&scratch);
	return verifier;
}

void arc_verify_destroy(struct arc_verifier **verifier)
{
	struct arc_verifier *gone = *verifier;

	if (!gone)
		return;
	dkim_bodies_finish(&gone->bodies);
	arena_finish(&gone->arena);
	memory_free(gone);
	*verifier = NULL;
}

size_t arc_verify_query_count(const struct arc_verifier *verifier)
{
	return verifier->open ? verifier->names.count : 0;
}

const char *arc_verify_query(const struct arc_verifier *verifier, size_t index)
{
	return verifier->names.at[index];
}

void arc_verify_feed(struct arc_verifier *verifier, struct slice chunk)
{
	if (verifier->open)
		dkim_bodies_feed(&verifier->bodies, chunk);
}

void arc_verify_finish(
	struct arc_verifier *verifier, const struct dkim_answer *answers, int64_t now_s)
{
	bool good;
	char what[40];

	if (!verifier->open)
		return;
	verifier->open = false;
	dkim_bodies_end(&verifier->bodies);
	snprintf(what, sizeof what, "message signature %zu", verifier->verdict.count);
	good = judge(verifier, &verifier->message, what, answers, now_s);
	for (size_t i = verifier->verdict.count; good && i-- > 0;) {
		snprintf(what, sizeof what, "seal %zu", i + 1);
		good = judge(verifier, &verifier->seals[i], what, answers, now_s);
	}
	if (good)
		verifier->verdict.status = ARC_PASS;
}

const struct arc_verdict *arc_verify_result(const struct arc_verifier *verifier)
{
	return &verifier->verdict;
}

const char *arc_status_name(enum arc_status status)
{
	static const char *const names[] = {"none", "pass", "fail"};

	return names[status];
}

/* Until there is a reason to say no. All of the header is here, so what was
 * signed of it is hashed at once. */
static bool begin(struct arc_verifier *verifier, const struct header_field *fields,
	size_t count, struct arena *scratch)
{
	struct dkim_hash *hashes[2];
	struct dkim_fields list;
	struct arc_chain chain;
	bool good = arc_chain_read(scratch, fields, count, &chain);

	if (!chain.any)
		return true;
	describe(verifier, &chain);
	if (verifier->verdict.ended)
		return fail(FAILURE_DATA, "seal %zu says that the chain has failed",
			chain.count);
	if (!good || !check_chain(&chain))
		return false;
	verifier->names.at = arena_take_array(
		&verifier->arena, chain.count + 1, sizeof *verifier->names.at);
	verifier->seals = arena_take_array(
		&verifier->arena, chain.count, sizeof *verifier->seals);
	dkim_fields_init(&list, scratch, fields, count);
	hashes[0] = dkim_hash_create();
	hashes[1] = dkim_hash_create();
	good = begin_message(
		       verifier, &list, &chain.sets[chain.count - 1], hashes[0]) &&
	       begin_seals(verifier, fields, &chain, hashes);
	dkim_hash_destroy(&hashes[0]);
	dkim_hash_destroy(&hashes[1]);
	verifier->open = good;
	return good;
}

/* What a report says about the chain even if it is of no use. */
static void describe(struct arc_verifier *verifier, const struct arc_chain *chain)
{
	struct arena *arena = &verifier->arena;
	struct arc_set *sets = arena_take_array(arena, chain->count + 1, sizeof *sets);
	const struct arc_fields *newest;

	for (size_t i = 0; i < chain->count; i++) {
		sets[i].domain = arena_copy(arena, chain->sets[i].seal.domain);
		sets[i].selector = arena_copy(arena, chain->sets[i].seal.selector);
		sets[i].results = arena_copy(arena, chain->sets[i].results);
	}
	verifier->verdict.sets = sets;
	verifier->verdict.count = chain->count;
	if (chain->count == 0)
		return;
	newest = &chain->sets[chain->count - 1];
	verifier->verdict.ended = newest->there[ARC_PART_SEAL] &&
				  slice_equal(newest->seal.chain, SLICE("fail"));
}

/* RFC 8617 5.2 step 3.3. */
static bool check_chain(const struct arc_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		if (!slice_equal(chain->sets[i].seal.chain,
			    i ? SLICE("pass") : SLICE("none")))
			return fail(FAILURE_DATA, "seal %zu says cv=%.*s", i + 1,
				SLICE_PRINT(chain->sets[i].seal.chain));
	return true;
}

static bool begin_message(struct arc_verifier *verifier, struct dkim_fields *fields,
	const struct arc_fields *newest, struct dkim_hash *hash)
{
	struct dkim_check *check = &verifier->message;

	check->signature = newest->message;
	keep(&verifier->arena, &check->signature);
	check->body = dkim_bodies_find(&verifier->bodies, &check->signature);
	check->query = dkim_names_find(
		&verifier->names, &verifier->arena, &check->signature);
	return dkim_hash_header(fields, newest->at[ARC_PART_MESSAGE], &newest->message,
		hash, check->header_sum);
}

static bool hash_field(
	struct dkim_hash *hash, const struct header_field *field, struct buffer *text)
{
	buffer_clear(text);
	if (!dkim_canon_field(DKIM_CANON_RELAXED, field->whole, text))
		return false;
	dkim_hash_update(hash, buffer_contents(text));
	return true;
}

/*
 * A seal is over all fields of the sets before it and of its own, in order, its
 * own b= left out (RFC 8617 5.1.1): one hash runs along, and a copy ends at each.
 */
static bool begin_seals(struct arc_verifier *verifier,
	const struct header_field *fields, const struct arc_chain *chain,
	struct dkim_hash *const hashes[2])
{
	struct buffer text = {.limit = DKIM_HEADER_SIZE_MAX};
	bool good = true;

	dkim_hash_begin(hashes[0]);
	for (size_t i = 0; good && i < chain->count; i++) {
		const struct arc_fields *set = &chain->sets[i];
		const struct header_field *seal = &fields[set->at[ARC_PART_SEAL]];
		struct dkim_check *check = &verifier->seals[i];

		check->signature = set->seal;
		keep(&verifier->arena, &check->signature);
		check->query = dkim_names_find(
			&verifier->names, &verifier->arena, &check->signature);
		good = hash_field(
			       hashes[0], &fields[set->at[ARC_PART_RESULTS]], &text) &&
		       hash_field(hashes[0], &fields[set->at[ARC_PART_MESSAGE]], &text);
		dkim_hash_copy(hashes[1], hashes[0]);
		good = good &&
		       dkim_hash_own(seal->whole, &set->seal, &text, hashes[1]) &&
		       dkim_hash_end(hashes[1], check->header_sum) &&
		       hash_field(hashes[0], seal, &text);
	}
	buffer_finish(&text);
	return good;
}

/* What a check needs of SIGNATURE once the header is gone. */
static void keep(struct arena *arena, struct dkim_signature *signature)
{
	signature->domain = arena_copy(arena, signature->domain);
	signature->selector = arena_copy(arena, signature->selector);
	signature->identity = arena_copy(arena, signature->identity);
	signature->signature = arena_copy(arena, signature->signature);
	signature->body_hash = arena_copy(arena, signature->body_hash);
	signature->algorithm_text = signature->signature_text = SLICE_EMPTY;
	signature->names = signature->chain = SLICE_EMPTY;
}

static bool judge(struct arc_verifier *verifier, struct dkim_check *check,
	const char *what, const struct dkim_answer *answers, int64_t now_s)
{
	struct dkim_answer answer = answers[check->query];

	if (answer.record_count > ARC_RECORDS_MAX)
		answer.record_count = ARC_RECORDS_MAX;
	dkim_check_judge(check, &verifier->arena, verifier->names.at[check->query],
		&answer, now_s);
	if (check->verdict.result == DKIM_PASS)
		return true;
	refuse(verifier, "%s: %s", what, check->verdict.reason);
	return false;
}
