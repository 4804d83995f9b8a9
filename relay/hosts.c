/*
 * MX lookup, and the order of what it gives.
 */
#include "relay/hosts.h"

#include <stdlib.h>

#include "base/memory.h"
#include "mail/domain.h"

/* By preference; within one by name, so that equal sets look equal. */
static int compare(const void *a, const void *b)
{
	const struct mx_host *left = a, *right = b;

	if (left->preference != right->preference)
		return left->preference < right->preference ? -1 : 1;
	return slice_compare(left->name, right->name);
}

size_t hosts_order(struct mx_host *list, size_t count, struct slice self)
{
	size_t kept = 0;

	if (count)
		qsort(list, count, sizeof(*list), compare);
	for (size_t i = 0; i < count; i++) {
		bool twice = false;

		/* RFC 5321 5.1: where we are an MX, worse ones are not for us.
		 * Equal ones neither: they would think the same of us. */
		if (domain_equal(list[i].name, self)) {
			while (kept && list[kept - 1].preference >= list[i].preference)
				kept--;
			return kept < HOSTS_MAX ? kept : HOSTS_MAX;
		}
		for (size_t j = 0; j < kept && !twice; j++)
			twice = slice_equal(list[j].name, list[i].name);
		if (!twice)
			list[kept++] = list[i];
	}
	return kept < HOSTS_MAX ? kept : HOSTS_MAX;
}

static void refuse(struct hosts *hosts, enum verdict_kind kind, const char *status,
	struct slice reason)
{
	hosts->count = 0;
	hosts->verdict = verdict_of_ours(kind, status, reason);
}

static void give_one(struct hosts *hosts, struct arena *arena, struct slice name)
{
	hosts->list = ARENA_NEW(arena, struct mx_host);
	hosts->list[0].name = arena_copy(arena, name);
	hosts->count = 1;
}

/* What is configured is known for certain; all else is what DNSSEC says it is. */
static void set_policy(struct hosts *hosts, struct dns *dns,
	const struct routes *routes, const struct terms *terms, bool authentic)
{
	const struct config_route *route = terms->route;
	/* No TLSA record stands under an address. */
	bool literal = hosts->count && slice_starts(hosts->list[0].name, SLICE("["));

	hosts->tls = (struct tls_policy){
		.floor = route_tls_floor(terms),
		.named = authentic,
		.dane = authentic && !literal && dns_is_trusted(dns) &&
			routes->config->relay.dane && (!route || route->dane),
	};
}

static void take_records(struct hosts *hosts, const struct dns_answer *answer,
	const struct routes *routes, struct slice domain, struct arena *arena)
{
	struct mx_host *list = arena_take_array(arena, answer->count, sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; i < answer->count; i++)
		if (answer->records[i].name.size)
			list[count++] = (struct mx_host){
				answer->records[i].name, answer->records[i].preference};
	if (count == 0) { /* RFC 7505: "MX 0 ." */
		refuse(hosts, VERDICT_NEVER, "5.1.10",
			arena_format(arena, "the domain %.*s accepts no mail (null MX)",
				SLICE_PRINT(domain)));
		return;
	}
	hosts->list = list;
	hosts->count = hosts_order(list, count, slice_of(routes->config->hostname));
	if (hosts->count == 0)
		refuse(hosts, VERDICT_NEVER, "5.4.6",
			arena_format(arena,
				"mail for %.*s loops back to myself: I am its best MX",
				SLICE_PRINT(domain)));
}

/* What DNS could not say just now: later, never bounced for it. */
static void wait_for_dns(struct hosts *hosts, const struct dns_answer *answer,
	struct slice domain, const char *what, struct arena *arena)
{
	refuse(hosts, VERDICT_LATER, "4.4.3",
		arena_format(arena, "%s lookup of %.*s: %s", what, SLICE_PRINT(domain),
			answer->reason));
	hosts->verdict.host_trouble = true;
	hosts->ttl_s = 0;
}

/* No MX: the domain itself, if it has an address (RFC 5321 5.1). */
static bool find_implicit(struct dns *dns, struct slice domain, struct arena *arena,
	struct hosts *hosts, struct deadline deadline)
{
	static const enum dns_type types[] = {DNS_AAAA, DNS_A};
	struct dns_answer answer;

	for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
		if (!dns_query(dns, types[i], domain, arena, &answer, deadline))
			return false;
		if (answer.status == DNS_FOUND) {
			give_one(hosts, arena, domain);
			return true;
		}
		if (answer.status == DNS_TEMPORARY) {
			wait_for_dns(hosts, &answer, domain,
				types[i] == DNS_A ? "A" : "AAAA", arena);
			return true;
		}
	}
	refuse(hosts, VERDICT_NEVER, "5.1.2",
		arena_format(arena, "the domain %.*s has no mail server",
			SLICE_PRINT(domain)));
	return true;
}

/* AUTHENTIC_R also where there is no MX: nobody has hidden it then (RFC 7672
 * 2.2.2). */
static bool find_mx(struct dns *dns, const struct routes *routes, struct slice domain,
	struct arena *arena, struct hosts *hosts, bool *authentic_r,
	struct deadline deadline)
{
	struct dns_answer answer;

	if (!dns_query(dns, DNS_MX, domain, arena, &answer, deadline))
		return false;
	hosts->ttl_s = answer.ttl_s;
	*authentic_r = answer.authentic;
	switch (answer.status) {
	case DNS_FOUND:
		take_records(hosts, &answer, routes, domain, arena);
		return true;
	case DNS_NO_DATA:
		return find_implicit(dns, domain, arena, hosts, deadline);
	case DNS_NO_NAME:
		refuse(hosts, VERDICT_NEVER, "5.1.2",
			arena_format(arena, "the domain %.*s does not exist",
				SLICE_PRINT(domain)));
		return true;
	case DNS_TEMPORARY:
		break;
	}
	wait_for_dns(hosts, &answer, domain, "MX", arena);
	return true;
}

/* What the best of them allow: a backup elsewhere changes nothing. */
static void shape(const struct hosts *hosts, const struct routes *routes,
	struct slice domain, struct terms *terms)
{
	struct slice best[HOSTS_MAX];
	size_t count = 0;

	while (count < hosts->count &&
		hosts->list[count].preference == hosts->list[0].preference) {
		best[count] = hosts->list[count].name;
		count++;
	}
	if (count)
		route_shape(routes, best, count, domain, terms);
}

bool hosts_find(struct dns *dns, const struct routes *routes, struct terms *terms,
	struct slice domain, struct arena *arena, struct hosts *hosts_r,
	struct deadline deadline)
{
	struct hosts hosts = {.ttl_s = 3600};
	bool found = true, authentic = true;

	if (terms->trouble) {
		refuse(&hosts, VERDICT_LATER, "4.3.5",
			arena_copy(arena, slice_of(terms->trouble)));
	} else if (terms->host) {
		give_one(&hosts, arena, slice_of(terms->host));
	} else if (slice_starts(domain, SLICE("["))) {
		if (routes->config->relay.address_literals)
			give_one(&hosts, arena, domain);
		else
			refuse(&hosts, VERDICT_NEVER, "5.1.2",
				SLICE("mail to address literals is not delivered"));
	} else {
		found = find_mx(
			dns, routes, domain, arena, &hosts, &authentic, deadline);
	}
	shape(&hosts, routes, domain, terms);
	set_policy(&hosts, dns, routes, terms, authentic);
	*hosts_r = hosts;
	return found;
}
