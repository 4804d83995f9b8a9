/*
 * Asks DNS in the background, domain by domain, and tells what is amiss when
 * that is news.
 */
#include "base/event.h"
#include "base/memory.h"
#include "gate/memory.h"
#include "run/worker.h"

/* Of one domain; that of one message, and more where there are many addresses. */
#define QUERIES(addresses) (VERIFY_QUERIES_MAX + 16 * (unsigned)(addresses))

static void set(struct domain_facts *to, enum gate_check check, enum fact_state state)
{
	if (state == FACT_UNKNOWN)
		return;
	to->known |= GATE_BIT(check);
	if (state != FACT_GOOD)
		to->wrong |= GATE_BIT(check);
}

static struct domain_facts compress(const struct facts *facts)
{
	struct domain_facts to = {
		.spf_passes = facts->spf_passes, .spf_unknown = facts->spf_unknown};

	set(&to, GATE_DKIM, facts->dkim.state);
	set(&to, GATE_DMARC, facts->dmarc.state);
	set(&to, GATE_DOMAIN, facts->domain.state);
	if (facts->dmarc.state == FACT_GOOD) {
		to.spf_strict = facts->dmarc_verdict.record.spf_strict;
		to.dkim_strict = facts->dmarc_verdict.record.dkim_strict;
	}
	return to;
}

/* What was known stays where DNS does not say now. */
static void keep_old(const struct gate_domain *domain, struct domain_facts *facts)
{
	const struct domain_facts *old = &domain->facts;
	uint32_t lost = old->known & ~facts->known;
	uint64_t unsure = facts->spf_unknown;

	if (domain->asked & GATE_BIT(GATE_SPF)) {
		facts->spf_passes |= unsure & old->spf_passes;
		facts->spf_unknown &= old->spf_unknown;
	}
	facts->known |= lost;
	facts->wrong |= old->wrong & lost;
	if (lost & GATE_BIT(GATE_DMARC)) {
		facts->spf_strict = old->spf_strict;
		facts->dkim_strict = old->dkim_strict;
	}
}

static void remember(struct gate_memory *memory, struct gate_domain *domain,
	const struct facts *found, uint32_t asked)
{
	struct domain_facts facts = compress(found);
	uint32_t answers = asked & ~GATE_BIT(GATE_SPF);
	bool unsure = answers & ~facts.known || facts.spf_unknown;
	int64_t now_us = worker_now_us();

	if (!unsure)
		domain->answered_us = now_us;
	else if (now_us - domain->answered_us < GATE_STALE_MS * 1000)
		keep_old(domain, &facts);
	domain->facts = facts;
	domain->asked = asked;
	domain->until_us = now_us + 1000 * (unsure ? GATE_AGAIN_MS
						   : memory->config->gate.fresh_ms);
}

/* What is to be told of a domain. */
struct telling {
	uint32_t wanted, missed, unknown;
	struct slice words[GATE_CHECKS];
	size_t count;
};

static void add(struct telling *telling, enum gate_check check, const struct fact *fact)
{
	if (!(telling->wanted & GATE_BIT(check)))
		return;
	if (fact->state == FACT_UNKNOWN) {
		telling->unknown |= GATE_BIT(check);
	} else if (fact->state != FACT_GOOD) {
		telling->missed |= GATE_BIT(check);
		telling->words[telling->count++] = fact->words;
	}
}

/* The words stand in the order of the names. */
static void tell(struct gate_memory *memory, struct slice name, uint32_t asked,
	const struct facts *facts)
{
	struct telling telling = {.wanted = asked & memory->wanted};
	struct slice names[GATE_CHECKS];
	struct event event;
	uint32_t all;

	add(&telling, GATE_SPF, &facts->spf);
	add(&telling, GATE_DKIM, &facts->dkim);
	add(&telling, GATE_DMARC, &facts->dmarc);
	add(&telling, GATE_DOMAIN, &facts->domain);
	if (!gate_node_note(
		    memory->gate->node, name, telling.missed, telling.unknown, &all))
		return;
	event_begin(&event, all ? EVENT_WARNING : EVENT_INFO, "gate_domain");
	event_text(&event, "domain", name);
	event_texts(&event, "missing", names, gate_check_names(telling.missed, names));
	event_texts(&event, "why", telling.words, telling.count);
	event_end(&event);
}

static bool ask_about(struct gate_memory *memory, struct gate_domain *domain)
{
	struct verify_budget budget;
	struct arena arena = {0};
	uint32_t asked = domain->wanted;
	struct facts_question question = {
		.resolver = &budget.resolver,
		.addresses = &memory->addresses,
		.keyring = memory->keyring,
		.hostname = slice_of(memory->config->hostname),
		.domain = domain->name,
		.wanted = asked,
		.now_ms = worker_wall_ms(),
	};
	struct facts *facts = ARENA_NEW(&arena, struct facts);
	bool answered;

	verify_budget_init(
		&budget, &memory->gate->resolver, QUERIES(memory->addresses.count));
	memory->gate->figures.asked++;
	answered = facts_ask(&question, &arena, facts, deadline_after_ms(GATE_ASK_MS));
	if (answered) {
		remember(memory, domain, facts, asked);
		tell(memory, domain->name, asked, facts);
	}
	arena_finish(&arena);
	return answered;
}

void ask_run(void *arg)
{
	struct gate_memory *memory = arg;
	struct link *link;

	while ((link = list_take(&memory->waiting))) {
		struct gate_domain *domain = CONTAINER_OF(
			link, struct gate_domain, waiting);

		/* It stays while it is asked about; meanwhile somebody may want to
		 * know more of it. */
		domain->asking = ask_about(memory, domain) &&
				 domain->wanted & ~domain->asked;
		if (domain->asking)
			list_append(&memory->waiting, &domain->waiting);
		condition_broadcast(&domain->changed);
	}
	memory->askers--;
	memory_release(&memory);
}

/* --- Names of addresses --- */

static void tell_name(struct gate_memory *memory, const struct gate_address *address,
	const struct fact *fact)
{
	bool good = fact->state == FACT_GOOD;
	struct event event;
	uint32_t all;

	if (fact->state == FACT_UNKNOWN ||
		!gate_node_note(memory->gate->node, slice_of(address->text),
			good ? 0 : GATE_BIT(GATE_PTR), 0, &all))
		return;
	event_begin(&event, good ? EVENT_INFO : EVENT_WARNING, "gate_address");
	event_text(&event, "address", slice_of(address->text));
	event_truth(&event, "good", good);
	event_texts(&event, "why", &fact->words, 1);
	event_end(&event);
}

/* False: cancelled. */
static bool ask_name(struct gate_memory *memory, size_t index, struct arena *arena,
	struct deadline deadline)
{
	struct reverse *reverse = ARENA_NEW(arena, struct reverse);
	const struct gate_address *address = &memory->addresses.list[index];
	uint64_t bit = UINT64_C(1) << index;
	struct fact fact;

	if (!facts_ask_reverse(
		    &memory->gate->resolver, address, arena, &fact, reverse, deadline))
		return false;
	if (fact.state == FACT_GOOD)
		memory->names_wrong &= ~bit;
	else if (fact.state != FACT_UNKNOWN)
		memory->names_wrong |= bit;
	tell_name(memory, address, &fact);
	return true;
}

void ask_names_run(void *arg)
{
	struct gate_memory *memory = arg;
	struct deadline deadline = deadline_after_ms(GATE_ASK_MS);
	struct arena arena = {0};

	for (size_t i = 0; i < memory->addresses.count; i++)
		if (!ask_name(memory, i, &arena, deadline))
			break;
	memory->names_known = true;
	memory->names_asking = false;
	memory->names_until_us = worker_now_us() + 1000 * memory->config->gate.fresh_ms;
	condition_broadcast(&memory->names_changed);
	arena_finish(&arena);
	memory_release(&memory);
}
