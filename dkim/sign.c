/* From a message to its DKIM-Signature fields (RFC 6376 section 5). */
#include "dkim/sign.h"

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "dkim/crypto.h"
#include "dkim/fold.h"
#include "dkim/key_use.h"
#include "dkim/select.h"
#include "mail/domain.h"

/* One signature on its way. */
struct job {
	const struct dkim_private *key;
	struct buffer field; /* up to "b=" */
	uint8_t hash[DKIM_HASH_SIZE];
	uint8_t signature[DKIM_SIGNATURE_SIZE_MAX];
	size_t signature_size;
};

struct dkim_signer {
	enum dkim_canon header, body_canon;
	bool body_ended;
	struct dkim_body body;
	struct dkim_hash *body_hash, *header_hash, *job_hash;
	uint8_t body_sum[DKIM_HASH_SIZE];
	struct arena arena;  /* of one prepare */
	struct buffer canon; /* canonical header fields */
	struct job jobs[DKIM_KEYS_PER_DOMAIN];
	size_t job_count;
};

static void hash_body(void *context, struct slice bytes);
static bool end_body(struct dkim_signer *signer);
static bool hash_header(
	struct dkim_signer *signer, const struct dkim_selection *selection);
static bool prepare_job(struct dkim_signer *signer, const struct dkim_message *message,
	const struct dkim_selection *selection, const struct dkim_signing *signing);
static bool check_identity(struct slice identity, struct slice domain);

struct dkim_signer *dkim_signer_create(void)
{
	struct dkim_signer *signer = NEW(struct dkim_signer);

	signer->body_hash = dkim_hash_create();
	signer->header_hash = dkim_hash_create();
	signer->job_hash = dkim_hash_create();
	buffer_init(&signer->canon, DKIM_HEADER_SIZE_MAX);
	dkim_signer_begin(signer, DKIM_CANON_RELAXED, DKIM_CANON_RELAXED);
	return signer;
}

void dkim_signer_destroy(struct dkim_signer **signer)
{
	struct dkim_signer *gone = *signer;

	if (!gone)
		return;
	for (size_t i = 0; i < DKIM_KEYS_PER_DOMAIN; i++)
		buffer_finish(&gone->jobs[i].field);
	dkim_hash_destroy(&gone->body_hash);
	dkim_hash_destroy(&gone->header_hash);
	dkim_hash_destroy(&gone->job_hash);
	buffer_finish(&gone->canon);
	arena_finish(&gone->arena);
	memory_free(gone);
	*signer = NULL;
}

void dkim_signer_begin(
	struct dkim_signer *signer, enum dkim_canon header, enum dkim_canon body)
{
	signer->header = header;
	signer->body_canon = body;
	signer->body_ended = false;
	signer->job_count = 0;
	dkim_hash_begin(signer->body_hash);
	dkim_body_init(&signer->body, body, hash_body, signer->body_hash);
}

void dkim_signer_feed(struct dkim_signer *signer, struct slice chunk)
{
	dkim_body_feed(&signer->body, chunk);
}

bool dkim_signer_prepare(struct dkim_signer *signer, const struct dkim_message *message)
{
	struct dkim_selection selection;

	signer->job_count = 0;
	arena_reset(&signer->arena);
	if (!end_body(signer))
		return false;
	if (!dkim_select(
		    &signer->arena, message->fields, message->field_count, &selection))
		return false;
	if (!hash_header(signer, &selection))
		return false;
	if (message->signing_count > DKIM_KEYS_PER_DOMAIN)
		return fail(
			FAILURE_LIMIT, "more than %d signatures", DKIM_KEYS_PER_DOMAIN);
	for (size_t i = 0; i < message->signing_count; i++)
		if (!prepare_job(signer, message, &selection, &message->signings[i])) {
			signer->job_count = 0;
			return false;
		}
	return true;
}

bool dkim_signer_sign(struct dkim_signer *signer)
{
	for (size_t i = 0; i < signer->job_count; i++) {
		struct job *job = &signer->jobs[i];

		if (!dkim_private_sign(
			    job->key, job->hash, job->signature, &job->signature_size))
			return false;
	}
	return true;
}

bool dkim_signer_format(struct dkim_signer *signer, struct buffer *fields)
{
	for (size_t i = 0; i < signer->job_count; i++) {
		struct job *job = &signer->jobs[i];

		if (!buffer_append(fields, buffer_contents(&job->field)) ||
			!dkim_fold_signature(
				slice_make(job->signature, job->signature_size),
				fields))
			return false;
	}
	return true;
}

bool dkim_signer_finish(struct dkim_signer *signer, const struct dkim_message *message,
	struct buffer *fields)
{
	return dkim_signer_prepare(signer, message) && dkim_signer_sign(signer) &&
	       dkim_signer_format(signer, fields);
}

static void hash_body(void *context, struct slice bytes)
{
	dkim_hash_update(context, bytes);
}

static bool end_body(struct dkim_signer *signer)
{
	if (signer->body_ended)
		return true;
	dkim_body_end(&signer->body);
	signer->body_ended = dkim_hash_end(signer->body_hash, signer->body_sum);
	return signer->body_ended;
}

/* What all signatures have in common (RFC 6376 section 3.7). */
static bool hash_header(
	struct dkim_signer *signer, const struct dkim_selection *selection)
{
	buffer_clear(&signer->canon);
	for (size_t i = 0; i < selection->count; i++)
		if (selection->at[i].raw.size > 0 &&
			!dkim_canon_field(
				signer->header, selection->at[i].raw, &signer->canon))
			return false;
	dkim_hash_begin(signer->header_hash);
	dkim_hash_update(signer->header_hash, buffer_contents(&signer->canon));
	return true;
}

static bool prepare_job(struct dkim_signer *signer, const struct dkim_message *message,
	const struct dkim_selection *selection, const struct dkim_signing *signing)
{
	struct job *job = &signer->jobs[signer->job_count];
	struct slice canon, selector = dkim_key_selector(signing->key);
	char domain[DOMAIN_MAX + 1];
	struct dkim_fold_facts facts = {
		.algorithm = dkim_key_algorithm(signing->key),
		.header = signer->header,
		.body = signer->body_canon,
		.selector = selector,
		.identity = message->identity,
		.time_s = message->time_s,
		.expires_s = message->lifetime_s > 0
				     ? message->time_s + message->lifetime_s
				     : 0,
		.body_hash = signer->body_sum,
		.selection = selection,
	};

	if (!dkim_name_is_valid(signing->domain, selector))
		return fail(FAILURE_DATA, "\"%.*s\" is no domain to sign for",
			SLICE_PRINT(slice_part(signing->domain, 0, 80)));
	facts.domain = domain_lower(signing->domain, domain);
	if (!check_identity(message->identity, facts.domain))
		return false;
	job->key = dkim_key_private(signing->key);
	buffer_clear(&job->field);
	buffer_clear(&signer->canon);
	if (!dkim_fold_unsigned(&facts, &job->field) ||
		!dkim_canon_field(
			signer->header, buffer_contents(&job->field), &signer->canon))
		return false;
	canon = buffer_contents(&signer->canon);
	dkim_hash_copy(signer->job_hash, signer->header_hash);
	dkim_hash_update(signer->job_hash, slice_part(canon, 0, canon.size - 2));
	signer->job_count++;
	return dkim_hash_end(signer->job_hash, job->hash);
}

static bool check_identity(struct slice identity, struct slice domain)
{
	size_t at = slice_index_last(identity, '@');

	if (identity.size == 0)
		return true;
	if (at == identity.size || identity.size > 320 ||
		!domain_is_within(slice_from(identity, at + 1), domain) ||
		!domain_is_valid(slice_from(identity, at + 1), false))
		return fail(FAILURE_DATA, "the identity is not at or below %.*s",
			SLICE_PRINT(domain));
	return true;
}
