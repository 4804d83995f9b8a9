/*
 * Judges a message by what is remembered of its domains; see judge.h. What is
 * not known is no fault.
 */
#include "gate/judge.h"

#include "verify/dmarc.h"

#define AUTHOR (GATE_BIT(GATE_DKIM) | GATE_BIT(GATE_DMARC) | GATE_BIT(GATE_DOMAIN))

/* DMARC is SPF or DKIM: what the two say has to be known. */
static uint32_t needed(uint32_t wanted)
{
	if (wanted & GATE_BIT(GATE_DMARC))
		wanted |= GATE_BIT(GATE_SPF) | GATE_BIT(GATE_DKIM);
	return wanted;
}

/* What the receiver will see: our own domain where bounces come back to one. */
static void find_sender_domain(struct judging *judging)
{
	const struct gate_question *question = judging->question;
	struct slice path = question->reverse_path, own;
	size_t at = slice_index_last(path, '@');

	if (!path.size || at == path.size)
		return;
	path = slice_from(path, at + 1);
	if (config_bounces_verp(judging->memory->config, question->tenant, SLICE_EMPTY,
		    NULL, &own) != CONFIG_VERP_NONE)
		judging->sender_domain = own;
	else if (slice_equal(path, question->author_domain))
		judging->sender_domain = question->author_domain;
	else
		domain_to_ascii(path, judging->text, &judging->sender_domain);
}

static struct gate_domain *find(struct judging *judging, struct slice name,
	uint32_t wanted, struct deadline deadline)
{
	struct gate_memory *memory = judging->memory;
	struct gate_domain *domain;

	if (!wanted)
		return NULL;
	domain = memory_find(memory, name, wanted);
	if (!domain || !(wanted & ~domain->asked))
		return domain;
	/* Those that only warn let it pass meanwhile. */
	if (wanted & needed(memory->refused) && domain->asking) {
		memory->gate->figures.waited++;
		memory_wait(memory, domain, wanted, deadline);
		/* It may be gone. */
		return memory_find(memory, name, wanted);
	}
	return domain;
}

static uint32_t judge_names(struct judging *judging, struct deadline deadline)
{
	struct gate_memory *memory = judging->memory;

	memory_look_at_names(memory);
	if (memory->refused & GATE_BIT(GATE_PTR) && !memory->names_known)
		memory_wait_for_names(memory, deadline);
	return memory->names_known && judging->addresses & memory->names_wrong
		       ? GATE_BIT(GATE_PTR)
		       : 0;
}

static bool is_aligned(struct slice domain, struct slice author, bool strict)
{
	return slice_equal(domain, author) ||
	       (!strict && dmarc_is_aligned(domain, author, false));
}

/* Whether DKIM and SPF say enough to know that neither is aligned. */
static bool is_unaligned(struct judging *judging, const struct domain_facts *author,
	const struct gate_domain *sender)
{
	struct slice from = judging->question->author_domain;
	uint64_t addresses = judging->addresses;

	if (judging->sign_as.size) {
		if (is_aligned(judging->sign_as, from, author->dkim_strict))
			return false;
	} else if (!(author->known & author->wrong & GATE_BIT(GATE_DKIM))) {
		return false; /* d= is From's domain; or it is not known */
	}
	if (!sender || !is_aligned(judging->sender_domain, from, author->spf_strict))
		return true;
	return sender->asked & GATE_BIT(GATE_SPF) &&
	       addresses & ~sender->facts.spf_passes & ~sender->facts.spf_unknown;
}

static uint32_t judge_author(struct judging *judging, const struct domain_facts *facts,
	const struct gate_domain *sender)
{
	uint32_t missed = facts->known & facts->wrong & AUTHOR;
	const struct gate_memory *memory = judging->memory;

	if (missed & memory->fixed & GATE_BIT(GATE_DKIM))
		judging->sign_as = slice_of(memory->config->gate.signing_domain);
	if (facts->known & ~facts->wrong & GATE_BIT(GATE_DMARC) &&
		is_unaligned(judging, facts, sender)) {
		judging->unaligned = true;
		missed |= GATE_BIT(GATE_DMARC);
	}
	return missed;
}

uint32_t judge(struct judging *judging, uint32_t wanted, struct deadline deadline)
{
	const struct gate_question *question = judging->question;
	uint32_t all = needed(wanted), missed = 0;
	struct gate_domain *author, *sender;
	bool same;

	judging->addresses = addresses_of(&judging->memory->addresses,
		judging->memory->config, question->tenant, question->stream);
	if (wanted & GATE_BIT(GATE_PTR))
		missed |= judge_names(judging, deadline);
	if (all & GATE_BIT(GATE_SPF))
		find_sender_domain(judging);
	same = slice_equal(judging->sender_domain, question->author_domain);
	sender = same ? NULL
		      : find(judging, judging->sender_domain, all & GATE_BIT(GATE_SPF),
				deadline);
	if (sender)
		sender->waiters++; /* so that it stays */
	author = find(judging, question->author_domain,
		all & (same ? AUTHOR | GATE_BIT(GATE_SPF) : AUTHOR), deadline);
	if (sender)
		sender->waiters--;
	if (same)
		sender = author;
	if (sender && sender->asked & GATE_BIT(GATE_SPF))
		judging->spf_wrong = judging->addresses & ~sender->facts.spf_passes &
				     ~sender->facts.spf_unknown;
	if (judging->spf_wrong)
		missed |= GATE_BIT(GATE_SPF);
	if (author)
		missed |= judge_author(judging, &author->facts, sender);
	return missed & wanted;
}

static const char *first_of(const struct judging *judging, uint64_t bits)
{
	const struct gate_addresses *addresses = &judging->memory->addresses;

	for (size_t i = 0; i < addresses->count; i++)
		if (bits >> i & 1)
			return addresses->list[i].text;
	return "";
}

struct slice judge_words(
	const struct judging *judging, enum gate_check check, struct arena *arena)
{
	struct slice author = judging->question->author_domain;
	struct slice sender = judging->sender_domain;

	switch (check) {
	case GATE_SPF:
		return arena_format(arena,
			"SPF of %.*s does not pass for %s, where this mail leaves from",
			SLICE_PRINT(sender), first_of(judging, judging->spf_wrong));
	case GATE_DKIM:
		return arena_format(arena,
			"No DKIM key here signs for %.*s with a record in DNS",
			SLICE_PRINT(author));
	case GATE_DMARC:
		return judging->unaligned
			       ? arena_format(arena,
					 "DMARC of %.*s would fail: neither SPF nor "
					 "DKIM is aligned with it",
					 SLICE_PRINT(author))
			       : arena_format(arena, "%.*s has no DMARC record",
					 SLICE_PRINT(author));
	case GATE_PTR:
		return arena_format(arena,
			"%s, where this mail leaves from, has no name in reverse DNS "
			"that leads back to it",
			first_of(judging,
				judging->addresses & judging->memory->names_wrong));
	case GATE_DOMAIN:
		return arena_format(arena,
			"%.*s, the domain of From, does not exist or takes no mail",
			SLICE_PRINT(author));
	default:
		return SLICE_EMPTY;
	}
}
