/*
 * The look-ups of a delivery, without one.
 */
#include "relay/tls_survey.h"

struct surveying {
	struct dns *dns;
	const struct routes *routes;
	struct arena *arena;
	struct tls_survey *survey;
};

static struct tls_decision decide(
	const struct tls_survey *survey, size_t i, enum tls_variant variant)
{
	struct tls_policy policy = survey->hosts.tls;

	policy.variant = variant;
	return tls_policy_decide(&policy, i, survey->list[i].tlsa.kind);
}

static bool look_at(struct surveying *surveying, size_t i, struct deadline deadline)
{
	struct tls_survey *survey = surveying->survey;
	struct survey_host *host = &survey->list[i];

	host->name = survey->hosts.list[i].name;
	host->preference = survey->hosts.list[i].preference;
	if (!hosts_addresses(surveying->dns, surveying->routes, &survey->terms,
		    host->name, surveying->arena, &host->addresses, deadline))
		return false;
	host->tlsa = (struct tlsa){.kind = TLSA_NONE};
	if (survey->hosts.tls.dane && host->addresses.count &&
		!tlsa_find(surveying->dns, host->name, survey->terms.port,
			&host->addresses, surveying->arena, &host->tlsa, deadline))
		return false;
	host->usual = decide(survey, i, TLS_USUAL);
	host->required = decide(survey, i, TLS_REQUIRED);
	return true;
}

bool tls_survey_make(struct dns *dns, struct mta_sts *sts, const struct routes *routes,
	struct slice domain, struct arena *arena, struct tls_survey *survey_r,
	struct deadline deadline)
{
	struct surveying surveying = {dns, routes, arena, survey_r};
	bool good;

	*survey_r = (struct tls_survey){
		.domain = domain,
		.terms = route_terms(routes, route_find(routes->config, domain)),
		.trusted = dns_is_trusted(dns),
	};
	if (survey_r->terms.discard || survey_r->terms.local)
		return true;
	good = hosts_find(dns, routes, &survey_r->terms, domain, arena,
		       &survey_r->hosts, deadline) &&
	       hosts_ask_sts(sts, routes, &survey_r->terms, domain, arena,
		       &survey_r->hosts, &survey_r->sts, deadline);
	survey_r->list = arena_take_array(
		arena, survey_r->hosts.count + 1, sizeof(*survey_r->list));
	for (size_t i = 0; good && i < survey_r->hosts.count; i++)
		good = look_at(&surveying, i, deadline);
	return good;
}
