/*
 * check_host() (RFC 7208 4): whose record it is, the record found and read,
 * its terms one after the other, and where redirect= leads.
 */
#include "verify/spf.h"

#include "base/memory.h"
#include "io/dns_name.h"
#include "mail/domain.h"
#include "mail/text.h"
#include "verify/spf_core.h"

static bool find_sender(struct spf *spf);

static void start(struct spf *spf, const struct verify_resolver *resolver)
{
	const struct spf_question *question = spf->question;

	verify_budget_init(&spf->budget, resolver, SPF_QUERIES_MAX);
	spf->values.helo = question->helo;
	spf->values.receiver = question->receiver;
	spf->values.client = question->client;
	spf->values.now_s = question->now_s;
	*spf->verdict = (struct spf_verdict){.result = SPF_NONE};
}

bool spf_check(const struct verify_resolver *resolver,
	const struct spf_question *question, struct arena *arena,
	struct spf_verdict *verdict_r, struct deadline deadline)
{
	struct spf *spf = NEW(struct spf);
	bool cancelled;

	spf->question = question;
	spf->verdict = verdict_r;
	spf->arena = arena;
	start(spf, resolver);
	if (find_sender(spf)) {
		verdict_r->result = spf_evaluate(spf, verdict_r->domain, deadline);
		if (verdict_r->result == SPF_FAIL)
			spf_explain(spf, deadline);
	}
	if (verdict_r->result != SPF_NONE && verdict_r->result != SPF_TEMPERROR &&
		verdict_r->result != SPF_PERMERROR)
		verdict_r->reason[0] = '\0';
	verdict_r->queries = spf->budget.used;
	cancelled = spf->cancelled;
	arena_finish(&spf->scratch);
	buffer_finish(&spf->name);
	memory_free(spf);
	return !cancelled;
}

const char *spf_result_name(enum spf_result result)
{
	static const char *const names[] = {"none", "neutral", "pass", "fail",
		"softfail", "temperror", "permerror"};

	return names[result];
}

/* ---- Whose record ---- */

/* A domain of two labels at least that DNS could have, A-labels for U-labels
 * (RFC 8616 3); at NULL: there is none (4.3). */
static struct slice usable_domain(struct arena *arena, struct slice domain)
{
	char normal[DNS_NAME_SIZE], ascii[DOMAIN_MAX + 1];
	struct slice name;

	if (!text_is_ascii(domain) && !domain_to_ascii(domain, ascii, &domain))
		return SLICE_EMPTY;
	if (slice_starts(domain, SLICE("[")) ||
		!dns_name_normalise(domain, normal, &name) ||
		slice_index(name, '.') == name.size)
		return SLICE_EMPTY;
	return arena_copy(arena, name);
}

static bool find_sender(struct spf *spf)
{
	const struct spf_question *question = spf->question;
	struct slice from = question->mail_from;
	size_t at = slice_index_last(from, '@');
	struct slice written = at < from.size ? slice_from(from, at + 1) : from;

	spf->verdict->helo = !from.size;
	if (!from.size)
		written = question->helo;
	spf->values.local = slice_part(from, 0, at < from.size ? at : 0);
	if (!spf->values.local.size)
		spf->values.local = SLICE("postmaster");
	spf->verdict->domain = usable_domain(spf->arena, written);
	spf->values.origin = spf->verdict->domain;
	if (spf->verdict->domain.at)
		return true;
	spf_say_why(spf, "\"%.*s\" is no domain that has a record",
		SLICE_PRINT(slice_part(written, 0, 60)));
	return false;
}

/* ---- The record ---- */

static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.at[i] < ' ' || text.at[i] > '~')
			return false;
	return true;
}

/* SPF_NEUTRAL: found, in *text_r, in the arena. Else the result. */
static enum spf_result select_record(struct spf *spf, struct slice domain,
	const struct dns_answer *answer, struct slice *text_r)
{
	struct slice found = SLICE_EMPTY;

	for (size_t i = 0; answer->status == DNS_FOUND && i < answer->count; i++) {
		struct slice text = answer->records[i].name;

		if (!spf_record_is(text))
			continue;
		if (found.at) {
			spf_say_why(spf, "%.*s has several SPF records",
				SLICE_PRINT(domain));
			return SPF_PERMERROR;
		}
		found = text;
	}
	if (!found.at) {
		spf_say_why(spf, "%.*s has no SPF record", SLICE_PRINT(domain));
		return SPF_NONE;
	}
	if (!is_plain(found)) {
		spf_say_why(spf, "the record of %.*s is not plain text",
			SLICE_PRINT(domain));
		return SPF_PERMERROR;
	}
	*text_r = found;
	return SPF_NEUTRAL;
}

static enum spf_result read_record(struct spf *spf, struct slice domain,
	struct spf_record *record_r, struct deadline deadline)
{
	struct dns_answer answer;
	struct slice text = SLICE_EMPTY;
	enum spf_result result;
	char reason[120];

	if (!spf_ask(spf, DNS_TXT, domain, &answer, deadline))
		return spf->cancelled ? SPF_TEMPERROR : SPF_PERMERROR;
	if (answer.status == DNS_TEMPORARY) {
		spf_say_why(spf, "TXT of %.*s: %s", SLICE_PRINT(domain), answer.reason);
		return SPF_TEMPERROR;
	}
	result = select_record(spf, domain, &answer, &text);
	if (result != SPF_NEUTRAL)
		return result;
	spf_tell_text(spf, text);
	if (text.size <= SPF_RECORD_MAX)
		text = arena_copy(spf->arena, text);
	if (spf_record_parse(text, spf->arena, record_r, reason))
		return SPF_NEUTRAL;
	spf_say_why(spf, "%.*s: %s", SLICE_PRINT(slice_part(domain, 0, 80)), reason);
	return SPF_PERMERROR;
}

/* ---- Its terms ---- */

static void decide(
	struct spf *spf, const struct spf_record *record, const struct spf_term *term)
{
	if (spf->depth)
		return;
	spf->verdict->mechanism = term->text;
	spf->explanation = record->explanation;
	spf->explainer = spf->values.domain;
}

/* SPF_NONE: no term matches. */
static enum spf_result run_terms(
	struct spf *spf, const struct spf_record *record, struct deadline deadline)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct spf_term *term = &record->terms[i];
		enum spf_match match;

		spf->term = term->text;
		match = spf_match_term(spf, term, deadline);
		if (match == SPF_MATCH_NO)
			continue;
		if (match == SPF_MATCH_TEMPERROR || match == SPF_MATCH_PERMERROR) {
			spf_tell(spf, "%s", spf->verdict->reason);
			return match == SPF_MATCH_TEMPERROR ? SPF_TEMPERROR
							    : SPF_PERMERROR;
		}
		spf_tell(spf, "matches: %s", spf_result_name(term->result));
		decide(spf, record, term);
		return term->result;
	}
	spf->term = SLICE_EMPTY;
	return SPF_NONE;
}

/* The domain that redirect= names; at NULL: it is one redirect too many, or no
 * name. */
static struct slice follow(
	struct spf *spf, const struct spf_record *record, struct deadline deadline)
{
	struct slice name;

	spf_tell(spf, "no match: redirect=%.*s", SLICE_PRINT(record->redirect));
	if (!spf_count_lookup(spf))
		return SLICE_EMPTY;
	name = spf_target(spf, record->redirect, deadline);
	if (!name.at)
		spf_say_why(spf, "redirect=%.*s stands for no name",
			SLICE_PRINT(slice_part(record->redirect, 0, 80)));
	return name;
}

enum spf_result spf_evaluate(
	struct spf *spf, struct slice domain, struct deadline deadline)
{
	bool redirected = false;

	for (;;) {
		struct spf_record record;
		enum spf_result result;

		spf->values.domain = domain;
		spf->term = SLICE_EMPTY;
		result = read_record(spf, domain, &record, deadline);
		if (result == SPF_NONE && redirected)
			result = SPF_PERMERROR;
		if (result != SPF_NEUTRAL) {
			spf_tell(spf, "%s", spf->verdict->reason);
			return result;
		}
		result = run_terms(spf, &record, deadline);
		if (result != SPF_NONE)
			return result;
		if (!record.redirect.at) {
			spf_tell(spf, "no match: neutral");
			return SPF_NEUTRAL;
		}
		domain = follow(spf, &record, deadline);
		if (!domain.at)
			return spf->cancelled ? SPF_TEMPERROR : SPF_PERMERROR;
		redirected = true;
	}
}
