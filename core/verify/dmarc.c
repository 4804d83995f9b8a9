/* From the verdicts of SPF and DKIM to DMARC's (RFC 7489 sections 3.1, 6.6). */
#include "verify/dmarc.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/failure.h"
#include "mail/domain.h"

#include "verify/suffix.h"

#define NAME_MAX_SIZE 253 /* RFC 1035 2.3.4 as text */

enum discovery { FOUND, NOT_FOUND, UNKNOWN };

static bool discover(const struct verify_resolver *resolver,
	struct dmarc_verdict *verdict, struct arena *arena, enum discovery *found_r,
	struct deadline deadline);
static bool ask(const struct verify_resolver *resolver, struct slice domain,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline);
static enum discovery choose(struct dmarc_verdict *verdict, struct slice domain,
	const struct dns_answer *answer, struct arena *arena);
static void align(struct dmarc_verdict *verdict, const struct dmarc_question *question);
static bool may_still_pass(
	const struct dmarc_verdict *verdict, const struct dmarc_question *question);
static void apply(struct dmarc_verdict *verdict, unsigned sample);

__attribute__((format(printf, 3, 4))) static void decide(struct dmarc_verdict *verdict,
	enum dmarc_result result, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	verdict->result = result;
	vsnprintf(verdict->reason, sizeof(verdict->reason), format, list);
	va_end(list);
}

bool dmarc_check(const struct verify_resolver *resolver,
	const struct dmarc_question *question, struct arena *arena,
	struct dmarc_verdict *verdict_r, struct deadline deadline)
{
	struct dmarc_verdict *verdict = verdict_r;
	char text[DOMAIN_MAX + 1];
	enum discovery found;

	*verdict = (struct dmarc_verdict){.result = DMARC_PERMERROR};
	if (!domain_is_valid(question->from_domain, false)) {
		decide(verdict, DMARC_PERMERROR, "From has no domain to ask about");
		return true;
	}
	verdict->from_domain = arena_copy(
		arena, domain_lower(question->from_domain, text));
	verdict->organization = arena_copy(
		arena, suffix_organization(verdict->from_domain, text));
	if (!discover(resolver, verdict, arena, &found, deadline))
		return false;
	align(verdict, question);
	if (found != FOUND)
		return true; /* the result is there already */
	if (verdict->spf_aligned || verdict->dkim_aligned)
		decide(verdict, DMARC_PASS, "%s", "");
	else if (may_still_pass(verdict, question))
		decide(verdict, DMARC_TEMPERROR,
			"DNS does not say whether SPF or DKIM would pass");
	else
		apply(verdict, question->sample);
	return true;
}

bool dmarc_is_aligned(struct slice domain, struct slice from, bool strict)
{
	if (domain.size == 0 || from.size == 0)
		return false;
	return slice_equal_nocase(domain, from) ||
	       (!strict && suffix_same_organization(domain, from));
}

const char *dmarc_result_name(enum dmarc_result result)
{
	static const char *const names[] = {
		"none", "pass", "fail", "temperror", "permerror"};

	return names[result];
}

const char *dmarc_policy_name(enum dmarc_policy policy)
{
	static const char *const names[] = {"none", "quarantine", "reject"};

	return names[policy];
}

/* At the domain itself, then at its organization's (6.6.3). */
static bool discover(const struct verify_resolver *resolver,
	struct dmarc_verdict *verdict, struct arena *arena, enum discovery *found_r,
	struct deadline deadline)
{
	struct slice places[] = {verdict->from_domain, verdict->organization};

	*found_r = NOT_FOUND;
	decide(verdict, DMARC_NONE, "no policy is published");
	for (size_t i = 0; i < 2 && *found_r == NOT_FOUND; i++) {
		struct dns_answer answer;

		if (i > 0 && slice_equal(places[0], places[1]))
			break;
		if (!ask(resolver, places[i], arena, &answer, deadline))
			return false;
		*found_r = choose(verdict, places[i], &answer, arena);
	}
	if (*found_r == FOUND)
		verdict->published = slice_equal(verdict->record_domain,
					     verdict->from_domain)
					     ? verdict->record.policy
					     : verdict->record.subdomain_policy;
	return true;
}

static bool ask(const struct verify_resolver *resolver, struct slice domain,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline)
{
	struct slice name = arena_format(arena, "_dmarc.%.*s", SLICE_PRINT(domain));

	if (name.size > NAME_MAX_SIZE) {
		*answer_r = (struct dns_answer){.status = DNS_NO_NAME};
		return true;
	}
	return verify_query(resolver, name, DNS_TXT, arena, answer_r, deadline);
}

static bool is_policy(struct slice text)
{
	struct slice first = slice_cut(&text, ';'), name = slice_cut(&first, '=');

	return slice_equal(slice_trim_all(name), SLICE("v")) &&
	       slice_equal(slice_trim_all(first), SLICE("DMARC1"));
}

/* Other records at the name do not count; of several policies none does. */
static enum discovery choose(struct dmarc_verdict *verdict, struct slice domain,
	const struct dns_answer *answer, struct arena *arena)
{
	struct slice text = SLICE_EMPTY;
	size_t count = 0;

	if (answer->status == DNS_TEMPORARY) {
		decide(verdict, DMARC_TEMPERROR, "DNS does not answer for _dmarc.%.*s",
			SLICE_PRINT(slice_part(domain, 0, 80)));
		return UNKNOWN;
	}
	for (size_t i = 0; answer->status == DNS_FOUND && i < answer->count; i++)
		if (is_policy(answer->records[i].name)) {
			text = answer->records[i].name;
			count++;
		}
	if (count == 0)
		return NOT_FOUND;
	if (count > 1) {
		decide(verdict, DMARC_NONE, "%.*s has %zu policies, so none counts",
			SLICE_PRINT(slice_part(domain, 0, 60)), count);
		return UNKNOWN;
	}
	if (!dmarc_record_parse(arena, text, &verdict->record)) {
		decide(verdict, DMARC_NONE, "the policy of %.*s does not count: %s",
			SLICE_PRINT(slice_part(domain, 0, 40)), failure_last()->text);
		return UNKNOWN;
	}
	verdict->record_domain = domain;
	return FOUND;
}

/* A signature that leaves some of the body to anybody (l=) speaks for none of
 * it here: what was added could be all that is read. */
static bool counts(const struct dkim_verdict *verdict)
{
	return verdict->result == DKIM_PASS && !verdict->partial;
}

static void align(struct dmarc_verdict *verdict, const struct dmarc_question *question)
{
	const struct spf_verdict *spf = question->spf;

	verdict->spf_aligned = spf && spf->result == SPF_PASS &&
			       dmarc_is_aligned(spf->domain, verdict->from_domain,
				       verdict->record.spf_strict);
	for (size_t i = 0; i < question->dkim_count; i++) {
		const struct dkim_verdict *dkim = question->dkim[i];

		if (!counts(dkim) ||
			!dmarc_is_aligned(dkim->domain, verdict->from_domain,
				verdict->record.dkim_strict))
			continue;
		verdict->dkim_aligned = true;
		verdict->dkim_domain = dkim->domain;
		break;
	}
}

/* Whether only a temporary error stands between it and a pass (6.6.2). */
static bool may_still_pass(
	const struct dmarc_verdict *verdict, const struct dmarc_question *question)
{
	const struct spf_verdict *spf = question->spf;

	if (spf && spf->result == SPF_TEMPERROR &&
		dmarc_is_aligned(
			spf->domain, verdict->from_domain, verdict->record.spf_strict))
		return true;
	for (size_t i = 0; i < question->dkim_count; i++)
		if (question->dkim[i]->result == DKIM_TEMPERROR &&
			dmarc_is_aligned(question->dkim[i]->domain,
				verdict->from_domain, verdict->record.dkim_strict))
			return true;
	return false;
}

/* What is to be done about a failure (6.6.4). */
static void apply(struct dmarc_verdict *verdict, unsigned sample)
{
	decide(verdict, DMARC_FAIL, "neither SPF nor DKIM passed for %.*s",
		SLICE_PRINT(slice_part(verdict->from_domain, 0, 80)));
	verdict->policy = verdict->published;
	if (verdict->policy == DMARC_POLICY_NONE || sample < verdict->record.percent)
		return;
	verdict->spared = true;
	verdict->policy = verdict->policy == DMARC_POLICY_REJECT
				  ? DMARC_POLICY_QUARANTINE
				  : DMARC_POLICY_NONE;
}
