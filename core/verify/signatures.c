/* Asks DNS for the keys of a message's signatures. */
#include "verify/signatures.h"

#include <string.h>

#include "base/arena.h"

/* The answers that two lists of names need, each name asked for once. */
struct keys {
	struct arena arena;
	const struct verify_resolver *resolver;
	struct dkim_answer dkim[DKIM_VERIFY_MAX];
	const char *asked[DKIM_VERIFY_MAX];
	size_t dkim_count;
	struct dkim_answer *arc;
};

static bool ask_dkim(
	struct keys *keys, struct dkim_verifier *dkim, struct deadline deadline);
static bool ask_arc(
	struct keys *keys, struct arc_verifier *arc, struct deadline deadline);
static bool ask(struct keys *keys, const char *name, struct dkim_answer *answer_r,
	struct deadline deadline);

bool signatures_check(struct dkim_verifier *dkim, struct arc_verifier *arc,
	const struct verify_resolver *resolver, int64_t now_s, struct deadline deadline)
{
	struct arena own = {0};
	struct keys *keys = ARENA_NEW(&own, struct keys);
	bool good;

	keys->resolver = resolver;
	good = (!dkim || ask_dkim(keys, dkim, deadline)) &&
	       (!arc || ask_arc(keys, arc, deadline));
	if (good && dkim)
		dkim_verify_finish(dkim, keys->dkim, now_s);
	if (good && arc)
		arc_verify_finish(arc, keys->arc, now_s);
	arena_finish(&keys->arena);
	arena_finish(&own);
	return good;
}

static bool ask_dkim(
	struct keys *keys, struct dkim_verifier *dkim, struct deadline deadline)
{
	size_t count = dkim_verify_query_count(dkim);

	for (size_t i = 0; i < count; i++) {
		keys->asked[i] = dkim_verify_query(dkim, i);
		if (!ask(keys, keys->asked[i], &keys->dkim[i], deadline))
			return false;
		keys->dkim_count++;
	}
	return true;
}

static bool ask_arc(
	struct keys *keys, struct arc_verifier *arc, struct deadline deadline)
{
	size_t count = arc_verify_query_count(arc);

	keys->arc = arena_take_array(&keys->arena, count + 1, sizeof(*keys->arc));
	for (size_t i = 0; i < count; i++) {
		const char *name = arc_verify_query(arc, i);
		size_t at = 0;

		while (at < keys->dkim_count && strcmp(keys->asked[at], name) != 0)
			at++;
		if (at < keys->dkim_count)
			keys->arc[i] = keys->dkim[at];
		else if (!ask(keys, name, &keys->arc[i], deadline))
			return false;
	}
	return true;
}

static bool ask(struct keys *keys, const char *name, struct dkim_answer *answer_r,
	struct deadline deadline)
{
	struct dns_answer answer;
	struct slice *records;

	if (!verify_query(keys->resolver, slice_of(name), DNS_TXT, &keys->arena,
		    &answer, deadline))
		return false;
	*answer_r = (struct dkim_answer){.status = DKIM_DNS_NOT_FOUND};
	if (answer.status == DNS_TEMPORARY)
		answer_r->status = DKIM_DNS_FAILED;
	if (answer.status != DNS_FOUND)
		return true;
	records = arena_take_array(&keys->arena, answer.count + 1, sizeof(*records));
	for (size_t i = 0; i < answer.count; i++)
		records[i] = answer.records[i].name;
	answer_r->status = DKIM_DNS_FOUND;
	answer_r->records = records;
	answer_r->record_count = answer.count;
	return true;
}
