/* The eight mechanisms of RFC 7208 5: whether one of them means the client. */
#include "verify/spf_core.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "mail/domain.h"

static bool client_is_four(const struct spf *spf)
{
	return IN6_IS_ADDR_V4MAPPED(&spf->question->client);
}

static enum dns_type client_type(const struct spf *spf)
{
	return client_is_four(spf) ? DNS_A : DNS_AAAA;
}

static bool client_is_in(const struct spf *spf, const struct spf_term *term,
	const struct in6_addr *network)
{
	unsigned bits = client_is_four(spf) ? 96U + term->bits4 : term->bits6;

	return spf_network_has(network, bits, &spf->question->client);
}

/* What an answer that names nobody means (4.6.4, 5). */
static enum spf_match judge_status(struct spf *spf, enum dns_type type,
	struct slice name, const struct dns_answer *answer)
{
	const char *what = type == DNS_MX ? "MX" : type == DNS_A ? "A" : "AAAA";

	if (answer->status == DNS_TEMPORARY) {
		spf_say_why(
			spf, "%s of %.*s: %s", what, SLICE_PRINT(name), answer->reason);
		return SPF_MATCH_TEMPERROR;
	}
	if (answer->status != DNS_FOUND)
		spf_tell(spf, "%.*s has no %s", SLICE_PRINT(name), what);
	return spf_count_void(spf, answer) ? SPF_MATCH_NO : SPF_MATCH_PERMERROR;
}

static enum spf_match no_answer(const struct spf *spf)
{
	return spf->cancelled ? SPF_MATCH_TEMPERROR : SPF_MATCH_PERMERROR;
}

static enum spf_match match_addresses(struct spf *spf, const struct spf_term *term,
	struct slice name, const struct dns_answer *answer)
{
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; answer->status == DNS_FOUND && i < answer->count; i++) {
		const struct in6_addr *address = &answer->records[i].address;

		if (!client_is_in(spf, term, address))
			continue;
		if (client_is_four(spf))
			inet_ntop(AF_INET, address->s6_addr + 12, text, sizeof(text));
		else
			inet_ntop(AF_INET6, address, text, sizeof(text));
		spf_tell(spf, "%.*s has %s", SLICE_PRINT(name), text);
		return SPF_MATCH_YES;
	}
	return SPF_MATCH_NO;
}

/* A or AAAA, whatever the client is; for exists: A in any case (5.7). */
static enum spf_match match_a(struct spf *spf, const struct spf_term *term,
	struct slice name, struct deadline deadline)
{
	bool any = term->mechanism == SPF_EXISTS;
	enum dns_type type = any ? DNS_A : client_type(spf);
	struct dns_answer answer;
	enum spf_match match;

	if (!spf_ask(spf, type, name, &answer, deadline))
		return no_answer(spf);
	match = judge_status(spf, type, name, &answer);
	if (match != SPF_MATCH_NO)
		return match;
	if (any)
		return answer.status == DNS_FOUND ? SPF_MATCH_YES : SPF_MATCH_NO;
	match = match_addresses(spf, term, name, &answer);
	if (match == SPF_MATCH_NO && answer.status == DNS_FOUND)
		spf_tell(spf, "none of the %zu addresses of %.*s", answer.count,
			SLICE_PRINT(name));
	return match;
}

/* Addresses of hosts are no lookups of their own, and not void ones: whoever
 * publishes "mx" says nothing about families of addresses. */
static enum spf_match match_hosts(struct spf *spf, const struct spf_term *term,
	const struct slice *hosts, size_t count, struct deadline deadline)
{
	struct dns_answer answer;

	for (size_t i = 0; i < count; i++) {
		if (!spf_ask(spf, client_type(spf), hosts[i], &answer, deadline))
			return no_answer(spf);
		if (answer.status == DNS_TEMPORARY)
			return judge_status(spf, client_type(spf), hosts[i], &answer);
		if (match_addresses(spf, term, hosts[i], &answer) == SPF_MATCH_YES)
			return SPF_MATCH_YES;
	}
	spf_tell(spf, "no address of its hosts (%zu) is that of the client", count);
	return SPF_MATCH_NO;
}

static enum spf_match match_mx(struct spf *spf, const struct spf_term *term,
	struct slice name, struct deadline deadline)
{
	struct slice hosts[SPF_NAMES_MAX];
	struct dns_answer answer;
	enum spf_match match;
	size_t count = 0;

	if (!spf_ask(spf, DNS_MX, name, &answer, deadline))
		return no_answer(spf);
	match = judge_status(spf, DNS_MX, name, &answer);
	if (match != SPF_MATCH_NO || answer.status != DNS_FOUND)
		return match;
	if (answer.count > SPF_NAMES_MAX) {
		spf_say_why(spf, "more than %d MX of %.*s", SPF_NAMES_MAX,
			SLICE_PRINT(name));
		return SPF_MATCH_PERMERROR;
	}
	/* "." is no host: a null MX (RFC 7505). */
	for (size_t i = 0; i < answer.count; i++)
		if (answer.records[i].name.size)
			hosts[count++] = arena_copy(spf->arena, answer.records[i].name);
	return match_hosts(spf, term, hosts, count, deadline);
}

/* A DNS error is no match (5.5), and neither is it the domain's fault. */
static enum spf_match match_ptr(
	struct spf *spf, struct slice domain, struct deadline deadline)
{
	struct slice names[SPF_NAMES_MAX];
	struct dns_answer answer;
	size_t count = 0;
	char question[80];

	dns_reverse_name(&spf->question->client, question);
	if (!spf_ask(spf, DNS_PTR, slice_of(question), &answer, deadline))
		return no_answer(spf);
	if (answer.status != DNS_FOUND)
		spf_tell(spf, "the client has no name");
	/* Those of another domain would not match if they were confirmed. */
	for (size_t i = 0; i < answer.count && i < SPF_NAMES_MAX; i++)
		if (domain_is_within(answer.records[i].name, domain))
			names[count++] = arena_copy(spf->arena, answer.records[i].name);
	for (size_t i = 0; i < count; i++) {
		if (!spf_ask(spf, client_type(spf), names[i], &answer, deadline))
			return no_answer(spf);
		if (!reverse_holds(&answer, &spf->question->client))
			continue;
		spf_tell(spf, "the client is %.*s", SLICE_PRINT(names[i]));
		return SPF_MATCH_YES;
	}
	return SPF_MATCH_NO;
}

/* RFC 7208 5.2's table. */
static enum spf_match match_include(
	struct spf *spf, struct slice name, struct deadline deadline)
{
	struct slice domain = spf->values.domain, term = spf->term;
	enum spf_result result;

	spf->depth++;
	result = spf_evaluate(spf, name, deadline);
	spf->depth--;
	spf->values.domain = domain;
	spf->term = term;
	switch (result) {
	case SPF_PASS:
		return SPF_MATCH_YES;
	case SPF_TEMPERROR:
		return SPF_MATCH_TEMPERROR;
	case SPF_NONE:
	case SPF_PERMERROR:
		return SPF_MATCH_PERMERROR;
	default:
		spf_tell(spf, "%s there: no match here", spf_result_name(result));
		return SPF_MATCH_NO;
	}
}

static enum spf_match match_network(struct spf *spf, const struct spf_term *term)
{
	bool four = term->mechanism == SPF_IP4;

	if (four != client_is_four(spf) || !client_is_in(spf, term, &term->network))
		return SPF_MATCH_NO;
	return SPF_MATCH_YES;
}

enum spf_match spf_match_term(
	struct spf *spf, const struct spf_term *term, struct deadline deadline)
{
	struct slice name;

	if (term->mechanism == SPF_ALL)
		return SPF_MATCH_YES;
	if (term->mechanism == SPF_IP4 || term->mechanism == SPF_IP6)
		return match_network(spf, term);
	if (!spf_count_lookup(spf))
		return SPF_MATCH_PERMERROR;
	name = spf_target(spf, term->domain, deadline);
	if (spf->cancelled)
		return SPF_MATCH_TEMPERROR;
	if (!name.at) {
		spf_say_why(spf, "%.*s stands for no name", SLICE_PRINT(term->text));
		spf_tell(spf, "no name that DNS could have");
		return term->mechanism == SPF_INCLUDE ? SPF_MATCH_PERMERROR
						      : SPF_MATCH_NO;
	}
	switch (term->mechanism) {
	case SPF_INCLUDE:
		return match_include(spf, name, deadline);
	case SPF_MX:
		return match_mx(spf, term, name, deadline);
	case SPF_PTR:
		return match_ptr(spf, name, deadline);
	default:
		return match_a(spf, term, name, deadline);
	}
}
