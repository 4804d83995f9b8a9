/* From a message to a set of ARC fields (RFC 8617 section 5.1). */
#include "dkim/arc_seal.h"

#include <string.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "dkim/arc_set.h"
#include "dkim/crypto.h"
#include "dkim/fold.h"
#include "dkim/key_use.h"
#include "dkim/select.h"
#include "dkim/sign.h"
#include "mail/domain.h"

/* A field that is signed: up to "b=", and what comes behind that. */
struct signed_field {
	struct buffer text;
	uint8_t signature[DKIM_SIGNATURE_SIZE_MAX];
	size_t signature_size;
};

struct arc_sealer {
	bool body_ended, prepared;
	struct dkim_body body;
	struct dkim_hash *body_hash, *message_hash, *seal_hash;
	uint8_t body_sum[DKIM_HASH_SIZE], message_sum[DKIM_HASH_SIZE];
	struct arena arena;  /* of one prepare */
	struct buffer canon; /* canonical header fields */
	const struct dkim_private *key;
	struct buffer results; /* ARC-Authentication-Results */
	struct signed_field message, seal;
};

static void hash_body(void *context, struct slice bytes);
static bool end_body(struct arc_sealer *sealer);
static bool check_facts(const struct arc_seal *seal, unsigned *instance_r);
static bool select_fields(struct arena *arena, const struct arc_seal *seal,
	struct dkim_selection *selection_r);
static bool write_results(
	struct arc_sealer *sealer, const struct arc_seal *seal, unsigned instance);
static bool prepare_message(struct arc_sealer *sealer, const struct arc_seal *seal,
	struct dkim_fold_facts *facts);
static bool prepare_seal(struct arc_sealer *sealer, const struct arc_seal *seal,
	struct dkim_fold_facts *facts);
static bool hash_chain(struct arc_sealer *sealer, const struct arc_seal *seal);
static bool add(
	struct arc_sealer *sealer, struct dkim_hash *hash, struct slice raw, bool last);
static bool finish_field(struct signed_field *field, struct buffer *out);

struct arc_sealer *arc_sealer_create(void)
{
	struct arc_sealer *sealer = NEW(struct arc_sealer);

	sealer->body_hash = dkim_hash_create();
	sealer->message_hash = dkim_hash_create();
	sealer->seal_hash = dkim_hash_create();
	buffer_init(&sealer->canon, DKIM_HEADER_SIZE_MAX);
	arc_sealer_begin(sealer);
	return sealer;
}

void arc_sealer_destroy(struct arc_sealer **sealer)
{
	struct arc_sealer *gone = *sealer;

	if (!gone)
		return;
	buffer_finish(&gone->results);
	buffer_finish(&gone->message.text);
	buffer_finish(&gone->seal.text);
	dkim_hash_destroy(&gone->body_hash);
	dkim_hash_destroy(&gone->message_hash);
	dkim_hash_destroy(&gone->seal_hash);
	buffer_finish(&gone->canon);
	arena_finish(&gone->arena);
	memory_free(gone);
	*sealer = NULL;
}

void arc_sealer_begin(struct arc_sealer *sealer)
{
	sealer->body_ended = sealer->prepared = false;
	dkim_hash_begin(sealer->body_hash);
	dkim_body_init(&sealer->body, DKIM_CANON_RELAXED, hash_body, sealer->body_hash);
}

void arc_sealer_feed(struct arc_sealer *sealer, struct slice chunk)
{
	dkim_body_feed(&sealer->body, chunk);
}

bool arc_sealer_prepare(struct arc_sealer *sealer, const struct arc_seal *seal)
{
	static const char *const words[] = {
		[ARC_NONE] = "none", [ARC_PASS] = "pass", [ARC_FAIL] = "fail"};
	struct slice selector = dkim_key_selector(seal->signing.key);
	char domain[DOMAIN_MAX + 1];
	struct dkim_fold_facts facts = {
		.algorithm = dkim_key_algorithm(seal->signing.key),
		.header = DKIM_CANON_RELAXED,
		.body = DKIM_CANON_RELAXED,
		.selector = selector,
		.time_s = seal->time_s,
		.body_hash = sealer->body_sum,
		.chain = words[seal->chain->status],
	};

	sealer->prepared = false;
	arena_reset(&sealer->arena);
	if (!check_facts(seal, &facts.instance) || !end_body(sealer))
		return false;
	facts.domain = domain_lower(seal->signing.domain, domain);
	sealer->key = dkim_key_private(seal->signing.key);
	sealer->prepared = write_results(sealer, seal, facts.instance) &&
			   prepare_message(sealer, seal, &facts) &&
			   prepare_seal(sealer, seal, &facts);
	return sealer->prepared;
}

/* The seal is over the message's signature, so one comes after the other. */
bool arc_sealer_sign(struct arc_sealer *sealer)
{
	struct buffer whole = {0};
	uint8_t sum[DKIM_HASH_SIZE];
	bool good = sealer->prepared &&
		    dkim_private_sign(sealer->key, sealer->message_sum,
			    sealer->message.signature,
			    &sealer->message.signature_size) &&
		    finish_field(&sealer->message, &whole) &&
		    add(sealer, sealer->seal_hash, buffer_contents(&whole), false) &&
		    add(sealer, sealer->seal_hash, buffer_contents(&sealer->seal.text),
			    true) &&
		    dkim_hash_end(sealer->seal_hash, sum) &&
		    dkim_private_sign(sealer->key, sum, sealer->seal.signature,
			    &sealer->seal.signature_size);

	sealer->prepared = false; /* the hash of the seal is used up */
	buffer_finish(&whole);
	return good;
}

bool arc_sealer_format(struct arc_sealer *sealer, struct buffer *fields)
{
	return finish_field(&sealer->seal, fields) &&
	       finish_field(&sealer->message, fields) &&
	       buffer_append(fields, buffer_contents(&sealer->results));
}

static void hash_body(void *context, struct slice bytes)
{
	dkim_hash_update(context, bytes);
}

static bool end_body(struct arc_sealer *sealer)
{
	if (sealer->body_ended)
		return true;
	dkim_body_end(&sealer->body);
	sealer->body_ended = dkim_hash_end(sealer->body_hash, sealer->body_sum);
	return sealer->body_ended;
}

/* Lines that are folded, and nothing but text and tabs in them. */
static bool is_header_text(struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];

		if (c == '\r' && i + 2 < text.size && text.at[i + 1] == '\n' &&
			(text.at[i + 2] == ' ' || text.at[i + 2] == '\t'))
			i++;
		else if (((unsigned char)c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return text.size > 0;
}

static bool check_facts(const struct arc_seal *seal, unsigned *instance_r)
{
	const struct arc_verdict *chain = seal->chain;

	if (chain->ended)
		return fail(FAILURE_DATA, "the chain has ended");
	if (chain->count >= ARC_SETS_MAX)
		return fail(
			FAILURE_LIMIT, "the chain has %d sets already", ARC_SETS_MAX);
	if (!dkim_name_is_valid(
		    seal->signing.domain, dkim_key_selector(seal->signing.key)))
		return fail(FAILURE_DATA, "\"%.*s\" is no domain to sign for",
			SLICE_PRINT(slice_part(seal->signing.domain, 0, 80)));
	if (seal->results.size > ARC_RESULTS_MAX)
		return fail(FAILURE_LIMIT, "the results are longer than %d bytes",
			ARC_RESULTS_MAX);
	if (!is_header_text(seal->results))
		return fail(FAILURE_DATA, "the results are no header text");
	*instance_r = (unsigned)chain->count + 1;
	return true;
}

static bool write_results(
	struct arc_sealer *sealer, const struct arc_seal *seal, unsigned instance)
{
	buffer_clear(&sealer->results);
	return buffer_append_format(&sealer->results,
		       "ARC-Authentication-Results: i=%u; ", instance) &&
	       buffer_append(&sealer->results, slice_trim_all(seal->results)) &&
	       buffer_append(&sealer->results, SLICE("\r\n"));
}

/* What DKIM signs, and the DKIM-Signature fields there are (RFC 8617 4.1.2). */
static bool select_fields(struct arena *arena, const struct arc_seal *seal,
	struct dkim_selection *selection_r)
{
	struct dkim_selection first;
	struct dkim_selected *all;
	size_t count;

	if (!dkim_select(arena, seal->fields, seal->field_count, &first))
		return false;
	all = arena_take_array(arena, DKIM_SIGNED_FIELDS_MAX, sizeof *all);
	count = first.count;
	memcpy(all, first.at, count * sizeof *all);
	for (size_t i = seal->field_count; i-- > 0;) {
		if (!slice_equal_nocase(
			    slice_trim(seal->fields[i].name), SLICE("DKIM-Signature")))
			continue;
		if (count == DKIM_SIGNED_FIELDS_MAX)
			return fail(FAILURE_LIMIT, "more than %d header fields to sign",
				DKIM_SIGNED_FIELDS_MAX);
		all[count].name = SLICE("DKIM-Signature");
		all[count++].raw = seal->fields[i].whole;
	}
	*selection_r = (struct dkim_selection){.at = all, .count = count};
	return true;
}

static bool prepare_message(struct arc_sealer *sealer, const struct arc_seal *seal,
	struct dkim_fold_facts *facts)
{
	struct dkim_selection selection;

	if (!select_fields(&sealer->arena, seal, &selection))
		return false;
	facts->kind = DKIM_FIELD_ARC_MESSAGE;
	facts->selection = &selection;
	buffer_clear(&sealer->message.text);
	dkim_hash_begin(sealer->message_hash);
	for (size_t i = 0; i < selection.count; i++)
		if (selection.at[i].raw.size > 0 &&
			!add(sealer, sealer->message_hash, selection.at[i].raw, false))
			return false;
	return dkim_fold_unsigned(facts, &sealer->message.text) &&
	       add(sealer, sealer->message_hash, buffer_contents(&sealer->message.text),
		       true) &&
	       dkim_hash_end(sealer->message_hash, sealer->message_sum);
}

/* All that the seal is over but the message's signature, which comes first. */
static bool prepare_seal(struct arc_sealer *sealer, const struct arc_seal *seal,
	struct dkim_fold_facts *facts)
{
	facts->kind = DKIM_FIELD_ARC_SEAL;
	facts->selection = NULL;
	buffer_clear(&sealer->seal.text);
	dkim_hash_begin(sealer->seal_hash);
	if (seal->chain->status == ARC_PASS && !hash_chain(sealer, seal))
		return false;
	return add(sealer, sealer->seal_hash, buffer_contents(&sealer->results),
		       false) &&
	       dkim_fold_unsigned(facts, &sealer->seal.text);
}

/* The sets there are, unless the chain has failed: then a seal is over its own
 * set only (RFC 8617 5.1.2). */
static bool hash_chain(struct arc_sealer *sealer, const struct arc_seal *seal)
{
	struct arc_chain chain;

	if (!arc_chain_read(&sealer->arena, seal->fields, seal->field_count, &chain))
		return false;
	if (chain.count != seal->chain->count)
		return fail(FAILURE_DATA, "the chain is not the one that was verified");
	for (size_t i = 0; i < chain.count; i++)
		for (size_t part = 0; part < ARC_PARTS; part++)
			if (!add(sealer, sealer->seal_hash,
				    seal->fields[chain.sets[i].at[part]].whole, false))
				return false;
	return true;
}

/* Adds a field in its canonical form, the last one without its CRLF. */
static bool add(
	struct arc_sealer *sealer, struct dkim_hash *hash, struct slice raw, bool last)
{
	struct slice form;

	buffer_clear(&sealer->canon);
	if (!dkim_canon_field(DKIM_CANON_RELAXED, raw, &sealer->canon))
		return false;
	form = buffer_contents(&sealer->canon);
	dkim_hash_update(hash, slice_part(form, 0, form.size - (last ? 2 : 0)));
	return true;
}

static bool finish_field(struct signed_field *field, struct buffer *out)
{
	return buffer_append(out, buffer_contents(&field->text)) &&
	       dkim_fold_signature(
		       slice_make(field->signature, field->signature_size), out);
}
