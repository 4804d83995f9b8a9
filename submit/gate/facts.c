/*
 * Asks DNS for what the checks need; see facts.h.
 *
 * A domain that exists at all lies in a zone, and every zone has a SOA: that
 * there is one need not be asked for itself.
 */
#include "gate/facts.h"

#include "base/failure.h"
#include "verify/spf_record.h"

#define BITS_ADVISED 2048

static struct fact fact_of(enum fact_state state, struct slice words)
{
	return (struct fact){state, words};
}

static bool ask(const struct facts_question *question, struct slice name,
	enum dns_type type, struct arena *arena, struct dns_answer *answer_r,
	struct deadline deadline)
{
	return verify_query(question->resolver, name, type, arena, answer_r, deadline);
}

static struct fact unknown(struct arena *arena, const struct dns_answer *answer)
{
	return fact_of(FACT_UNKNOWN,
		arena_format(arena, "DNS did not say: %s", answer->reason));
}

/* --- The domain itself --- */

/* RFC 5321 5.1: without an MX its address is where mail for it goes. */
static bool ask_address(const struct facts_question *question, struct arena *arena,
	struct fact *fact, struct deadline deadline)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA};
	struct dns_answer answer;

	for (size_t i = 0; i < 2; i++) {
		if (!ask(question, question->domain, types[i], arena, &answer,
			    deadline))
			return false;
		if (answer.status == DNS_TEMPORARY) {
			*fact = unknown(arena, &answer);
			return true;
		}
		if (answer.status == DNS_FOUND) {
			*fact = fact_of(FACT_GOOD,
				SLICE("takes mail at its address, without an MX"));
			return true;
		}
	}
	*fact = fact_of(FACT_MISSING,
		SLICE("has neither an MX nor an address: nobody can answer"));
	return true;
}

static bool ask_domain(const struct facts_question *question, struct arena *arena,
	struct fact *fact, struct deadline deadline)
{
	struct dns_answer answer;

	if (!ask(question, question->domain, DNS_MX, arena, &answer, deadline))
		return false;
	switch (answer.status) {
	case DNS_TEMPORARY:
		*fact = unknown(arena, &answer);
		return true;
	case DNS_NO_NAME:
		*fact = fact_of(FACT_MISSING, SLICE("does not exist in DNS"));
		return true;
	case DNS_NO_DATA:
		return ask_address(question, arena, fact, deadline);
	case DNS_FOUND:
		break;
	}
	if (answer.count == 1 && answer.records[0].name.size == 0)
		*fact = fact_of(FACT_WRONG,
			SLICE("says that it takes no mail (null MX, RFC 7505)"));
	else
		*fact = fact_of(
			FACT_GOOD, arena_format(arena, "MX %.*s",
					   SLICE_PRINT(answer.records[0].name)));
	return true;
}

/* --- SPF --- */

static bool find_record(const struct facts_question *question, struct arena *arena,
	struct facts *facts, struct deadline deadline)
{
	struct dns_answer answer;

	if (!ask(question, question->domain, DNS_TXT, arena, &answer, deadline))
		return false;
	for (size_t i = 0; answer.status == DNS_FOUND && i < answer.count; i++)
		if (spf_record_is(answer.records[i].name))
			facts->spf_record = answer.records[i].name;
	return true;
}

static void judge_spf(
	const struct facts_question *question, struct arena *arena, struct facts *facts)
{
	const struct gate_addresses *addresses = question->addresses;
	size_t first = 0;

	while (first < addresses->count &&
		(facts->spf_passes | facts->spf_unknown) >> first & 1)
		first++;
	if (!addresses->count)
		facts->spf = fact_of(FACT_UNKNOWN,
			SLICE("the addresses mail leaves from are not known"));
	else if (first < addresses->count)
		facts->spf = fact_of(facts->spf_record.size ? FACT_WRONG : FACT_MISSING,
			facts->spf_verdicts[first].result == SPF_PERMERROR
				? arena_format(arena, "cannot be understood: %s",
					  facts->spf_verdicts[first].reason)
				: arena_format(arena, "%s for %s",
					  spf_result_name(
						  facts->spf_verdicts[first].result),
					  addresses->list[first].text));
	else if (facts->spf_unknown)
		facts->spf = fact_of(FACT_UNKNOWN, SLICE("DNS did not say"));
	else
		facts->spf = fact_of(FACT_GOOD,
			arena_format(arena, "passes for %zu address%s",
				addresses->count, addresses->count == 1 ? "" : "es"));
}

static bool ask_spf(const struct facts_question *question, struct arena *arena,
	struct facts *facts, struct deadline deadline)
{
	const struct gate_addresses *addresses = question->addresses;
	struct slice sender = arena_format(
		arena, "postmaster@%.*s", SLICE_PRINT(question->domain));

	facts->spf_verdicts = arena_take_array(
		arena, addresses->count + 1, sizeof(*facts->spf_verdicts));
	for (size_t i = 0; i < addresses->count; i++) {
		const struct gate_address *address = &addresses->list[i];
		struct spf_verdict *verdict = &facts->spf_verdicts[i];
		struct spf_question spf = {.client = address->ip,
			.mail_from = sender,
			.helo = slice_of(address->ehlo),
			.receiver = question->hostname,
			.now_s = question->now_ms / 1000};

		if (!spf_check(question->resolver, &spf, arena, verdict, deadline))
			return false;
		if (verdict->result == SPF_PASS)
			facts->spf_passes |= UINT64_C(1) << i;
		else if (verdict->result == SPF_TEMPERROR)
			facts->spf_unknown |= UINT64_C(1) << i;
	}
	if (!find_record(question, arena, facts, deadline))
		return false;
	judge_spf(question, arena, facts);
	return true;
}

/* --- DKIM --- */

static struct fact judge_key(const struct dkim_key *key, struct arena *arena,
	const struct dns_answer *answer)
{
	bool matches = false;

	if (answer->status == DNS_TEMPORARY)
		return unknown(arena, answer);
	if (answer->status != DNS_FOUND)
		return fact_of(FACT_MISSING, SLICE("there is no such record"));
	for (size_t i = 0; i < answer->count && !matches; i++)
		matches = dkim_key_matches_record(key, answer->records[i].name);
	/* Verifiers may look at any one of them (RFC 6376 3.6.2.2). */
	if (matches && answer->count > 1)
		return fact_of(
			FACT_WRONG, SLICE("there are several records of this name"));
	if (!matches)
		return fact_of(
			FACT_WRONG, arena_copy(arena, slice_of(failure_last()->text)));
	if (dkim_key_algorithm(key) == DKIM_RSA_SHA256 &&
		dkim_key_bits(key) < BITS_ADVISED)
		return fact_of(FACT_GOOD,
			arena_format(arena, "good, but of %u bits: %u are advised",
				dkim_key_bits(key), BITS_ADVISED));
	return fact_of(FACT_GOOD, arena_format(arena, "good: %s, %u bits",
					  dkim_algorithm_name(dkim_key_algorithm(key)),
					  dkim_key_bits(key)));
}

/* One good key is enough; what is worse is told of the others. */
static void judge_keys(struct facts *facts)
{
	static const uint8_t better[] = {[FACT_MISSING] = 0,
		[FACT_WRONG] = 1,
		[FACT_UNKNOWN] = 2,
		[FACT_GOOD] = 3};

	facts->dkim = facts->keys[0].fact;
	for (size_t i = 1; i < facts->key_count; i++)
		if (better[facts->keys[i].fact.state] > better[facts->dkim.state])
			facts->dkim = facts->keys[i].fact;
}

static struct slice name_of_key(const struct facts_question *question,
	struct slice selector, struct arena *arena)
{
	return arena_format(arena, "%.*s._domainkey.%.*s", SLICE_PRINT(selector),
		SLICE_PRINT(question->domain));
}

static bool ask_dkim(const struct facts_question *question, struct arena *arena,
	struct facts *facts, struct deadline deadline)
{
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
	struct dns_answer answer;

	facts->key_count = dkim_keyring_find(
		question->keyring, question->domain, signings);
	if (!facts->key_count) {
		facts->dkim = fact_of(FACT_MISSING, SLICE("no key signs for it here"));
		return true;
	}
	for (size_t i = 0; i < facts->key_count; i++) {
		struct fact_key *key = &facts->keys[i];

		key->key = signings[i].key;
		key->name = name_of_key(question, dkim_key_selector(key->key), arena);
		if (!ask(question, key->name, DNS_TXT, arena, &answer, deadline))
			return false;
		key->fact = judge_key(key->key, arena, &answer);
	}
	judge_keys(facts);
	return true;
}

/* --- DMARC --- */

static bool ask_dmarc(const struct facts_question *question, struct arena *arena,
	struct facts *facts, struct deadline deadline)
{
	struct dmarc_question dmarc = {.from_domain = question->domain};
	struct dmarc_verdict *verdict = &facts->dmarc_verdict;

	if (!dmarc_check(question->resolver, &dmarc, arena, verdict, deadline))
		return false;
	if (verdict->result == DMARC_TEMPERROR)
		facts->dmarc = fact_of(
			FACT_UNKNOWN, arena_copy(arena, slice_of(verdict->reason)));
	else if (!verdict->record_domain.size)
		facts->dmarc = fact_of(FACT_MISSING,
			verdict->reason[0]
				? arena_copy(arena, slice_of(verdict->reason))
				: SLICE("there is no record"));
	else
		facts->dmarc = fact_of(
			FACT_GOOD, arena_format(arena, "policy %s, of _dmarc.%.*s",
					   dmarc_policy_name(verdict->published),
					   SLICE_PRINT(verdict->record_domain)));
	return true;
}

bool facts_ask(const struct facts_question *question, struct arena *arena,
	struct facts *facts_r, struct deadline deadline)
{
	uint32_t wanted = question->wanted;

	*facts_r = (struct facts){.key_count = 0};
	if (wanted & GATE_BIT(GATE_DOMAIN) &&
		!ask_domain(question, arena, &facts_r->domain, deadline))
		return false;
	if (wanted & GATE_BIT(GATE_SPF) && !ask_spf(question, arena, facts_r, deadline))
		return false;
	if (wanted & GATE_BIT(GATE_DKIM) &&
		!ask_dkim(question, arena, facts_r, deadline))
		return false;
	return !(wanted & GATE_BIT(GATE_DMARC)) ||
	       ask_dmarc(question, arena, facts_r, deadline);
}

/* --- Addresses --- */

bool facts_ask_reverse(const struct verify_resolver *resolver,
	const struct gate_address *address, struct arena *arena, struct fact *fact_r,
	struct reverse *reverse_r, struct deadline deadline)
{
	if (!reverse_check(resolver, &address->ip, arena, reverse_r, deadline))
		return false;
	switch (reverse_r->result) {
	case REVERSE_TEMPORARY:
		*fact_r = fact_of(FACT_UNKNOWN,
			arena_format(arena, "DNS did not say: %s", reverse_r->reason));
		break;
	case REVERSE_NONE:
		*fact_r = fact_of(FACT_MISSING, SLICE("has no name in reverse DNS"));
		break;
	case REVERSE_UNCONFIRMED:
		*fact_r = fact_of(FACT_WRONG,
			arena_format(arena,
				"is called %.*s, which has not this address",
				SLICE_PRINT(reverse_r->name)));
		break;
	case REVERSE_CONFIRMED:
		*fact_r = fact_of(FACT_GOOD, arena_format(arena, "is %.*s, and back",
						     SLICE_PRINT(reverse_r->name)));
		break;
	}
	return true;
}
