/* How tests verify and seal the chains of whole messages. */
#ifndef RINGPOST_TESTS_DKIM_ARC_SAMPLE_H
#define RINGPOST_TESTS_DKIM_ARC_SAMPLE_H

#include "sample.h"
#include "dkim/arc.h"
#include "dkim/arc_seal.h"

/* Verifies the chain of a whole message; DNS is the table RECORDS, ended by a
 * NULL name. */
static inline struct arc_verifier *arc_sample_verify(
	struct slice message, const struct sample_record *records, int64_t now_s)
{
	struct dkim_answer *answers = memory_allocate_array(
		ARC_SETS_MAX + 1, sizeof *answers);
	struct slice texts[ARC_SETS_MAX + 1];
	struct slice body = message, block = sample_cut_header(&body);
	struct arena arena = {0};
	struct header header = sample_fields(&arena, block);
	struct arc_verifier *verifier = arc_verify_begin(header.fields, header.count);

	arena_finish(&arena);
	for (size_t i = 0; i < body.size; i += 7)
		arc_verify_feed(verifier, slice_part(body, i, 7));
	for (size_t i = 0; i < arc_verify_query_count(verifier); i++) {
		answers[i].status = DKIM_DNS_NOT_FOUND;
		for (const struct sample_record *r = records; r->name; r++) {
			if (strcmp(r->name, arc_verify_query(verifier, i)) != 0)
				continue;
			answers[i].status = r->text ? DKIM_DNS_FOUND : DKIM_DNS_FAILED;
			texts[i] = slice_of(r->text);
			answers[i].records = &texts[i];
			answers[i].record_count = r->text ? 1 : 0;
		}
	}
	arc_verify_finish(verifier, answers, now_s);
	memory_free(answers);
	return verifier;
}

/* Puts a set of ours in front of MESSAGE, whose chain is as CHAIN says. */
static inline bool arc_sample_seal(struct slice message,
	const struct arc_verdict *chain, struct dkim_signing signing,
	const char *results, struct buffer *out)
{
	struct arc_sealer *sealer = arc_sealer_create();
	struct slice body = message, block = sample_cut_header(&body);
	struct arena arena = {0};
	struct header header = sample_fields(&arena, block);
	struct arc_seal seal = {
		.fields = header.fields,
		.field_count = header.count,
		.signing = signing,
		.chain = chain,
		.results = slice_of(results),
		.time_s = SAMPLE_TIME,
	};
	bool done;

	for (size_t step = 1; body.size > 0; step = step * 7 % 251) {
		arc_sealer_feed(sealer, slice_part(body, 0, step));
		body = slice_from(body, step);
	}
	done = arc_sealer_prepare(sealer, &seal) && arc_sealer_sign(sealer) &&
	       arc_sealer_format(sealer, out) && buffer_append(out, message);
	arena_finish(&arena);
	arc_sealer_destroy(&sealer);
	return done;
}

#endif
