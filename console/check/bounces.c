/*
 * The domains that envelope senders of ours are in: do bounces come back, and do
 * receivers know who may send as them?
 */
#include "check/check.h"

#include "base/failure.h"
#include "base/memory.h"
#include "io/dns.h"
#include "verify/spf_record.h"

#include "client/small_worker.h"

#define ANSWER_MS   3000
#define DOMAINS_MAX 20 /* that are asked about */

static const void *place_of(const struct config *config, const char *domain)
{
	if (config->bounces.domain == domain)
		return &config->bounces.domain;
	for (size_t i = 0; i < config->tenant_count; i++)
		if (config->tenants[i].bounce_domain == domain)
			return &config->tenants[i].bounce_domain;
	return &config->bounces.domain;
}

static void warn(struct check *check, const char *domain, const char *what)
{
	char *text = memory_format("%s %s", domain, what);

	check_warning(check, place_of(check->config, domain), text);
	memory_free(text);
}

static bool says_spf(const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		if (spf_record_is(answer->records[i].name))
			return true;
	return false;
}

/* Nothing is said where DNS does not answer: that is said elsewhere. */
static void ask(struct check *check, struct dns *dns, const char *domain)
{
	struct arena arena = {0};
	struct dns_answer answer;

	if (dns_query(dns, DNS_MX, slice_of(domain), &arena, &answer,
		    deadline_after_ms(ANSWER_MS)) &&
		(answer.status == DNS_NO_DATA || answer.status == DNS_NO_NAME))
		warn(check, domain,
			"has no MX record: bounces to its addresses do not come back");
	if (dns_query(dns, DNS_TXT, slice_of(domain), &arena, &answer,
		    deadline_after_ms(ANSWER_MS)) &&
		answer.status != DNS_TEMPORARY && !says_spf(&answer))
		warn(check, domain,
			"has no SPF record: receivers cannot tell who may send as it");
	arena_finish(&arena);
}

static void ask_all(void *arg)
{
	struct check *check = arg;
	const struct config_bounces *bounces = &check->config->bounces;
	const struct config_texts *servers = &check->config->dns.servers;
	struct dns_options options = {
		.servers = (const char *const *)servers->at,
		.server_count = servers->count,
		.timeout_ms = ANSWER_MS,
		.cache_entries = 100,
	};
	struct dns *dns = dns_create(&options);

	for (size_t i = 0; dns && i < bounces->domain_count && i < DOMAINS_MAX; i++)
		ask(check, dns, bounces->domains[i]);
	dns_destroy(&dns);
}

void check_bounces(struct check *check)
{
	const struct config *config = check->config;

	if (!config->bounces.domain_count)
		return;
	if (!config_has_role(config, CONFIG_ROLE_RECEIVE))
		check_warning(check, place_of(config, config->bounces.domains[0]),
			"no listener has the role receive: what comes back is for "
			"another server, which has to hand it on to one");
	if (!small_worker_run(ask_all, check))
		check_error(check, NULL, failure_last()->text);
}
