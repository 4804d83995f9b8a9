/* A survey of a domain's TLS as a value. */
#include "report/tls_value.h"

#include <string.h>

#include "base/config_network.h"
#include "mail/domain.h"

static void set_some(struct value *object, const char *name, struct slice text)
{
	if (text.size)
		value_set_text(object, name, text);
}

static struct value *list_addresses(const struct host_addresses *addresses)
{
	struct value *list = value_list();

	for (size_t i = 0; i < addresses->count; i++) {
		char text[DOMAIN_LITERAL_SIZE];
		uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff};
		const union host_address *at = &addresses->list[i];

		if (at->any.sa_family == AF_INET6)
			memcpy(bytes, &at->ipv6.sin6_addr, 16);
		else
			memcpy(bytes + 12, &at->ipv4.sin_addr, 4);
		value_append_text(list, domain_literal_print(bytes, text));
	}
	return list;
}

static void append_record(struct value *list, const struct tls_tlsa *record)
{
	struct value *one = value_object();
	struct buffer text = {0};

	buffer_append_format(
		&text, "%d %d %d ", record->usage, record->selector, record->matching);
	for (size_t i = 0; i < record->data.size; i++)
		buffer_append_format(&text, "%02x", (unsigned char)record->data.at[i]);
	value_set_text(one, "record", buffer_contents(&text));
	value_set_truth(one, "usable", tls_tlsa_is_usable(record));
	value_append(list, one);
	buffer_finish(&text);
}

static struct value *make_tlsa(const struct tlsa *tlsa)
{
	static const char *const kinds[] = {
		[TLSA_NONE] = "none",
		[TLSA_USABLE] = "usable",
		[TLSA_UNUSABLE] = "unusable",
		[TLSA_TROUBLE] = "trouble",
	};
	struct value *object = value_object(), *records = value_list();

	value_set_text(object, "kind", slice_of(kinds[tlsa->kind]));
	if (tlsa->name)
		value_set_text(object, "name", slice_of(tlsa->name));
	set_some(object, "reason", tlsa->reason);
	for (size_t i = 0; i < tlsa->count; i++)
		append_record(records, &tlsa->records[i]);
	value_set(object, "records", records);
	return object;
}

static struct value *make_decision(const struct tls_decision *decision)
{
	struct value *object = value_object();

	value_set_text(object, "level", slice_of(tls_level_name(decision->level)));
	value_set_text(object, "by", slice_of(tls_origin_name(decision->origin)));
	value_set_truth(object, "used", !decision->refusal);
	if (decision->refusal)
		value_set_text(object, "refusal", slice_of(decision->refusal));
	return object;
}

static struct value *make_host(const struct tls_survey *survey, size_t i)
{
	const struct survey_host *host = &survey->list[i];
	struct value *object = value_object();

	value_set_text(object, "host", host->name);
	value_set_number(object, "preference", host->preference);
	value_set(object, "addresses", list_addresses(&host->addresses));
	set_some(object, "trouble", host->addresses.verdict.reason);
	value_set_truth(object, "authentic",
		host->addresses.authentic && host->addresses.count);
	if (survey->hosts.tls.dane)
		value_set(object, "tlsa", make_tlsa(&host->tlsa));
	if (survey->hosts.tls.sts != STS_NONE)
		value_set_truth(
			object, "sts_named", survey->hosts.tls.sts_hosts >> i & 1);
	value_set(object, "usual", make_decision(&host->usual));
	value_set(object, "requiretls", make_decision(&host->required));
	return object;
}

static struct value *make_sts(const struct sts_answer *sts, int64_t now_ms)
{
	struct value *object = value_object(), *patterns = value_list();

	value_set_text(object, "mode", slice_of(sts_force_name(sts->mode)));
	set_some(object, "id", sts->id);
	if (sts->policy) {
		value_set_number(object, "age_s", (now_ms - sts->fetched_ms) / 1000);
		value_set_number(object, "expires_ms", sts->expires_ms);
		value_set_number(object, "max_age_s", sts->policy->max_age_s);
	}
	for (size_t i = 0; sts->policy && i < sts->policy->pattern_count; i++)
		value_append_text(patterns, sts->policy->patterns[i]);
	value_set(object, "mx", patterns);
	if (sts->trouble != TLSRPT_SUCCESS) {
		value_set_text(
			object, "trouble", slice_of(tlsrpt_result_name(sts->trouble)));
		set_some(object, "reason", sts->reason);
	}
	return object;
}

struct value *tls_value_make(
	const struct tls_survey *survey, struct value **probes, int64_t now_ms)
{
	static const char *const floors[] = {"none", "may", "must", "verify"};
	const struct terms *terms = &survey->terms;
	struct value *object = value_object(), *hosts = value_list();

	value_set_text(object, "domain", survey->domain);
	value_set_truth(object, "resolver_trusted", survey->trusted);
	if (terms->route)
		value_set_text(object, "route", slice_of(terms->route->domain));
	value_set_truth(object, "discard", terms->discard);
	value_set_truth(object, "local", terms->local);
	value_set_truth(object, "host_configured", terms->host != NULL);
	value_set_text(object, "configured", slice_of(floors[route_tls_floor(terms)]));
	value_set_truth(object, "authentic", survey->hosts.tls.named);
	value_set_truth(object, "dane", survey->hosts.tls.dane);
	set_some(object, "trouble", survey->hosts.verdict.reason);
	value_set(object, "mta_sts", make_sts(&survey->sts, now_ms));
	for (size_t i = 0; i < survey->hosts.count; i++) {
		struct value *host = make_host(survey, i);

		if (probes && probes[i])
			value_set(host, "probe", probes[i]);
		value_append(hosts, host);
	}
	value_set(object, "hosts", hosts);
	return object;
}
