/* Makes a domain's checklist; see audit.h. */
#include "gate/audit.h"

#include "mail/domain.h"

struct auditing {
	struct audit *audit;
	const struct config *config;
	struct arena *arena;
	struct facts_question question;
	struct slice domain;
};

static struct audit_row *add(struct auditing *auditing, enum gate_check check,
	struct slice subject, const struct fact *fact)
{
	struct audit *audit = auditing->audit;
	struct audit_row *row = &audit->rows[audit->count++];

	*row = (struct audit_row){.check = check, .subject = subject, .fact = *fact};
	if (fact->state == FACT_UNKNOWN)
		audit->unknown++;
	else if (fact->state != FACT_GOOD)
		audit->missing++;
	return row;
}

static bool is_amiss(const struct fact *fact)
{
	return fact->state == FACT_MISSING || fact->state == FACT_WRONG;
}

static void add_domain(struct auditing *auditing, const struct facts *facts)
{
	struct audit_row *row = add(
		auditing, GATE_DOMAIN, auditing->domain, &facts->domain);

	if (!is_amiss(&facts->domain))
		return;
	row->record = (struct audit_record){auditing->domain, "MX",
		arena_format(auditing->arena, "10 %s.", auditing->config->hostname)};
	row->advice = SLICE("or with another server that takes mail for it");
}

static void add_spf(
	struct auditing *auditing, struct slice domain, const struct facts *facts)
{
	const struct gate_addresses *addresses = &auditing->audit->addresses;
	struct audit_row *row = add(auditing, GATE_SPF, domain, &facts->spf);
	uint64_t passes = facts->spf_passes | facts->spf_unknown;
	bool broken = false;

	if (!addresses->count)
		row->advice = SLICE("name them under gate, as addresses");
	if (!is_amiss(&facts->spf))
		return;
	for (size_t i = 0; i < addresses->count; i++)
		broken |= facts->spf_verdicts[i].result == SPF_PERMERROR;
	if (broken) {
		row->advice = arena_format(auditing->arena,
			"see what is wrong: ringpost spf %s postmaster@%.*s",
			addresses->list[0].text, SLICE_PRINT(domain));
		return;
	}
	row->record = (struct audit_record){domain, "TXT",
		audit_spf(facts->spf_record, addresses, ~passes, auditing->arena)};
	row->advice = facts->spf_record.size
			      ? SLICE("in place of the record there is")
			      : SLICE("with whatever else sends for this domain");
}

static void add_keys(struct auditing *auditing, const struct facts *facts)
{
	struct arena *arena = auditing->arena;

	if (!facts->key_count)
		add(auditing, GATE_DKIM, auditing->domain, &facts->dkim)->advice =
			arena_format(arena, "make a key: ringpost dkim create %.*s",
				SLICE_PRINT(auditing->domain));
	for (size_t i = 0; i < facts->key_count; i++) {
		const struct fact_key *key = &facts->keys[i];
		struct audit_row *row = add(auditing, GATE_DKIM, key->name, &key->fact);
		struct buffer text = {0};

		if (is_amiss(&key->fact) && dkim_key_print_record(key->key, &text)) {
			row->record = (struct audit_record){key->name, "TXT",
				arena_copy(arena, buffer_contents(&text))};
			row->advice = key->fact.state == FACT_WRONG
					      ? SLICE("as the only record of this name")
					      : SLICE_EMPTY;
		}
		buffer_finish(&text);
	}
}

/* The record; and whether SPF's domain is one it counts for. */
static void add_dmarc(
	struct auditing *auditing, const struct facts *facts, struct slice sender)
{
	struct arena *arena = auditing->arena;
	struct slice name = arena_format(
		arena, "_dmarc.%.*s", SLICE_PRINT(auditing->domain));
	struct audit_row *row = add(auditing, GATE_DMARC, name, &facts->dmarc);
	bool strict = facts->dmarc_verdict.record.spf_strict;

	if (is_amiss(&facts->dmarc)) {
		row->record = (struct audit_record){name, "TXT",
			arena_format(arena,
				"v=DMARC1; p=none; rua=mailto:postmaster@%.*s",
				SLICE_PRINT(auditing->domain))};
		row->advice = SLICE("with an address that reads the reports");
	} else if (facts->dmarc.state == FACT_GOOD &&
		   !dmarc_is_aligned(sender, auditing->domain, strict)) {
		row->advice = arena_format(arena,
			"only DKIM can pass it: envelope senders are in %.*s, which is "
			"not aligned with it",
			SLICE_PRINT(sender));
	}
}

static void name_record(struct auditing *auditing, const struct gate_address *address,
	const struct reverse *reverse, struct audit_row *row)
{
	bool four = IN6_IS_ADDR_V4MAPPED(&address->ip);
	char text[80];

	if (row->fact.state == FACT_WRONG) {
		row->record = (struct audit_record){
			reverse->name, four ? "A" : "AAAA", slice_of(address->text)};
		row->advice = SLICE("or a reverse name that has this address");
		return;
	}
	dns_reverse_name(&address->ip, text);
	row->record = (struct audit_record){arena_copy(auditing->arena, slice_of(text)),
		"PTR", arena_format(auditing->arena, "%s.", address->ehlo)};
	row->advice = SLICE("by whoever the address is from");
}

static bool add_names(struct auditing *auditing, struct deadline deadline)
{
	const struct gate_addresses *addresses = &auditing->audit->addresses;
	struct reverse *reverse = ARENA_NEW(auditing->arena, struct reverse);
	struct fact fact = {
		FACT_UNKNOWN, SLICE("the addresses mail leaves from are not known")};

	if (!addresses->count)
		add(auditing, GATE_PTR, SLICE_EMPTY, &fact);
	for (size_t i = 0; i < addresses->count; i++) {
		const struct gate_address *address = &addresses->list[i];
		struct audit_row *row;

		if (!facts_ask_reverse(auditing->question.resolver, address,
			    auditing->arena, &fact, reverse, deadline))
			return false;
		row = add(auditing, GATE_PTR, slice_of(address->text), &fact);
		if (is_amiss(&fact))
			name_record(auditing, address, reverse, row);
	}
	return true;
}

/* Where bounces come back to a domain of ours, SPF is that one's matter. */
static struct slice sender_domain(const struct auditing *auditing)
{
	struct slice own;

	return config_bounces_verp(auditing->config, SLICE_EMPTY, SLICE_EMPTY, NULL,
		       &own) == CONFIG_VERP_NONE
		       ? auditing->domain
		       : own;
}

static bool ask(struct auditing *auditing, struct slice domain, uint32_t wanted,
	struct facts *facts_r, struct deadline deadline)
{
	auditing->question.domain = domain;
	auditing->question.wanted = wanted;
	return facts_ask(&auditing->question, auditing->arena, facts_r, deadline);
}

static bool add_all(struct auditing *auditing, struct deadline deadline)
{
	struct facts *facts = ARENA_NEW(auditing->arena, struct facts);
	struct facts *sender = ARENA_NEW(auditing->arena, struct facts);
	struct slice own = sender_domain(auditing);

	if (!ask(auditing, auditing->domain, GATE_DNS, facts, deadline))
		return false;
	add_domain(auditing, facts);
	add_spf(auditing, auditing->domain, facts);
	if (!slice_equal(own, auditing->domain)) {
		if (!ask(auditing, own, GATE_BIT(GATE_SPF), sender, deadline))
			return false;
		add_spf(auditing, own, sender);
	}
	add_keys(auditing, facts);
	add_dmarc(auditing, facts, own);
	return add_names(auditing, deadline);
}

bool audit_make(struct slice domain, const struct config *config,
	const struct dkim_keyring *keyring, const struct verify_resolver *resolver,
	int64_t now_ms, struct arena *arena, struct audit *audit_r,
	struct deadline deadline)
{
	struct auditing auditing = {.audit = audit_r,
		.config = config,
		.arena = arena,
		.domain = domain,
		.question = {.resolver = resolver,
			.addresses = &audit_r->addresses,
			.keyring = keyring,
			.hostname = slice_of(config->hostname),
			.now_ms = now_ms}};

	audit_r->domain = domain;
	audit_r->count = audit_r->missing = audit_r->unknown = 0;
	addresses_find(config, &audit_r->addresses);
	return add_all(&auditing, deadline);
}

void audit_add_keys(struct audit *audit, const struct facts *facts, struct arena *arena)
{
	struct auditing auditing = {
		.audit = audit, .arena = arena, .domain = audit->domain};

	add_keys(&auditing, facts);
}

void audit_finish(struct audit *audit)
{
	addresses_finish(&audit->addresses);
}
