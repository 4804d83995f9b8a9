/*
 * Looking TLSA records up. A failed look-up is never "there are none": who can
 * make one fail could take the demand for TLS away.
 */
#include "relay/tlsa.h"

#include "mail/domain.h"

struct asking {
	struct dns *dns;
	struct arena *arena;
	uint16_t port;
	struct tlsa *tlsa;
};

static void limit_ttl(struct tlsa *tlsa, uint32_t ttl_s)
{
	if (ttl_s < tlsa->ttl_s)
		tlsa->ttl_s = ttl_s;
}

static void take_records(struct asking *asking, const struct dns_answer *answer)
{
	struct tlsa *tlsa = asking->tlsa;
	size_t count = answer->count < TLSA_RECORDS_MAX ? answer->count
							: TLSA_RECORDS_MAX;

	tlsa->records = arena_take_array(asking->arena, count, sizeof(*tlsa->records));
	tlsa->count = count;
	tlsa->kind = TLSA_UNUSABLE;
	for (size_t i = 0; i < count; i++) {
		const struct dns_record *from = &answer->records[i];

		tlsa->records[i] = (struct tls_tlsa){
			from->usage, from->selector, from->matching, from->data};
		if (tls_tlsa_is_usable(&tlsa->records[i]))
			tlsa->kind = TLSA_USABLE;
	}
}

static void fail_for(struct asking *asking, const char *what, struct slice name,
	const struct dns_answer *answer)
{
	asking->tlsa->kind = TLSA_TROUBLE;
	asking->tlsa->reason = arena_format(asking->arena, "%s lookup of %.*s: %s",
		what, SLICE_PRINT(name), answer->reason);
}

/* What stands under the name; unsigned records are as good as none. */
static bool ask(struct asking *asking, struct slice base, struct deadline deadline)
{
	struct tlsa *tlsa = asking->tlsa;
	struct slice name = arena_format(
		asking->arena, "_%u._tcp.%.*s", asking->port, SLICE_PRINT(base));
	struct dns_answer answer;

	if (!dns_query(asking->dns, DNS_TLSA, name, asking->arena, &answer, deadline))
		return false;
	limit_ttl(tlsa, answer.ttl_s);
	if (answer.status == DNS_TEMPORARY) {
		fail_for(asking, "TLSA", name, &answer);
	} else if (answer.status == DNS_FOUND && answer.authentic) {
		tlsa->name = arena_copy_text(asking->arena, base);
		take_records(asking, &answer);
	}
	return true;
}

/* RFC 7672 2.2.2: an alias in a signed zone that leads out of it. */
static bool is_signed_alias(struct asking *asking, struct slice host, bool *signed_r,
	struct deadline deadline)
{
	struct dns_answer answer;

	if (!dns_query(asking->dns, DNS_CNAME, host, asking->arena, &answer, deadline))
		return false;
	limit_ttl(asking->tlsa, answer.ttl_s);
	if (answer.status == DNS_TEMPORARY)
		fail_for(asking, "CNAME", host, &answer);
	*signed_r = answer.status == DNS_FOUND && answer.authentic;
	return true;
}

bool tlsa_find(struct dns *dns, struct slice host, uint16_t port,
	const struct host_addresses *addresses, struct arena *arena,
	struct tlsa *tlsa_r, struct deadline deadline)
{
	struct asking asking = {dns, arena, port, tlsa_r};
	bool alias = !domain_equal(addresses->canonical, host);
	bool authentic = addresses->authentic;

	*tlsa_r = (struct tlsa){.kind = TLSA_NONE, .ttl_s = addresses->ttl_s};
	if (slice_starts(host, SLICE("[")))
		return true;
	/* Where the alias leads to comes first, itself second. */
	if (authentic && alias && !ask(&asking, addresses->canonical, deadline))
		return false;
	if (tlsa_r->kind != TLSA_NONE) {
		tlsa_r->other = arena_copy_text(arena, host);
		return true;
	}
	if (!authentic && alias &&
		!is_signed_alias(&asking, host, &authentic, deadline))
		return false;
	if (!authentic || tlsa_r->kind != TLSA_NONE)
		return true;
	return ask(&asking, host, deadline);
}
