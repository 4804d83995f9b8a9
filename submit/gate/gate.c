/*
 * The gate, put together: each message judged by all checks, what can be put
 * right put right, and the first that refuses says why.
 */
#include "gate/gate.h"

#include <string.h>

#include "base/memory.h"
#include "gate/fields.h"
#include "gate/judge.h"
#include "gate/unsubscribe.h"
#include "run/worker.h"

#define FIELDS                                                                     \
	(GATE_BIT(GATE_AUTHOR) | GATE_BIT(GATE_MESSAGE_ID) | GATE_BIT(GATE_DATE) | \
		GATE_BIT(GATE_SINGLE))

struct gate *gate_open(struct gate_node *node, struct config *config,
	struct dkim_keyring *keyring, struct dns *dns)
{
	struct verify_resolver resolver = {.query = NULL};

	if (dns)
		resolver = verify_resolver_of(dns);
	return gate_open_with(node, config, keyring, &resolver);
}

struct gate *gate_open_with(struct gate_node *node, struct config *config,
	struct dkim_keyring *keyring, const struct verify_resolver *resolver)
{
	struct gate *gate = NEW(struct gate);

	gate->node = node;
	gate->resolver = *resolver;
	scope_init(&gate->scope);
	gate->memory = memory_create(gate, config, keyring);
	return gate;
}

void gate_reload(struct gate *gate, struct config *config, struct dkim_keyring *keyring)
{
	struct gate_memory *old = gate->memory;

	gate->memory = memory_create(gate, config, keyring);
	memory_release(&old);
}

void gate_close(struct gate **gate)
{
	struct gate *old = *gate;

	*gate = NULL;
	if (!old)
		return;
	scope_finish(&old->scope, deadline_after_ms(0));
	memory_release(&old->memory);
	memory_free(old);
}

struct gate_figures gate_figures(const struct gate *gate)
{
	struct gate_figures figures = gate->figures;

	figures.domains = gate->memory->domains.count;
	return figures;
}

static bool is_bulk(const struct config *config, struct slice stream)
{
	const struct config_texts *streams = &config->gate.streams;

	if (!stream.size)
		return false;
	for (size_t i = 0; i < streams->count; i++)
		if (slice_equal_nocase(stream, slice_of(streams->at[i])))
			return true;
	return !streams->count &&
	       slice_equal(stream, slice_of(config->submission.bulk_stream));
}

static struct slice join(struct arena *arena, struct slice a, struct slice b)
{
	char *both = arena_take(arena, a.size + b.size + 1);

	if (a.size)
		memcpy(both, a.at, a.size);
	memcpy(both + a.size, b.at, b.size);
	return slice_make(both, a.size + b.size);
}

/* False where it cannot be added. */
static bool add_unsubscribe(const struct config *config,
	const struct gate_question *question, struct arena *arena,
	struct slice *fields_r)
{
	struct unsubscribe_links links = {
		.url = question->link, .mailto = question->link_mailto};
	struct unsubscribe_facts facts = {.id = question->id,
		.recipient = question->recipient,
		.tenant = question->tenant,
		.stream = question->stream,
		.token = question->token};

	if (config->gate.unsubscribe_url && !question->link_due) {
		links.mailto = SLICE_EMPTY;
		if (!unsubscribe_url(
			    config->gate.unsubscribe_url, &facts, arena, &links.url))
			return false;
	}
	if (!links.url.size)
		return false;
	*fields_r = unsubscribe_fields(question->header, &links, arena);
	return true;
}

/* What of ANSWER's misses can be put right is. */
static void fix(
	const struct judging *judging, struct arena *arena, struct gate_answer *answer)
{
	const struct gate_question *question = judging->question;
	uint32_t wanted = answer->missed &
			  (judging->memory->fixed |
				  (question->link_due ? GATE_BIT(GATE_UNSUBSCRIBE)
						      : 0));
	struct slice more = SLICE_EMPTY;

	answer->fixed = wanted & FIELDS;
	answer->added = fields_fix(question->header, answer->fixed, arena);
	if (wanted & GATE_BIT(GATE_UNSUBSCRIBE) &&
		add_unsubscribe(judging->memory->config, question, arena, &more)) {
		answer->fixed |= GATE_BIT(GATE_UNSUBSCRIBE);
		answer->added = join(arena, answer->added, more);
	}
	if (wanted & GATE_BIT(GATE_DKIM) && judging->sign_as.size) {
		answer->fixed |= GATE_BIT(GATE_DKIM);
		answer->sign_as = arena_copy(arena, judging->sign_as);
	}
	answer->missed &= ~answer->fixed;
}

static void refuse(
	const struct judging *judging, struct arena *arena, struct gate_answer *answer)
{
	uint32_t refused = answer->missed & judging->memory->refused;
	enum gate_check check = GATE_SPF;
	struct slice words;

	while (!(refused & GATE_BIT(check)))
		check++;
	if (GATE_BIT(check) & GATE_DNS)
		words = judge_words(judging, check, arena);
	else if (check == GATE_UNSUBSCRIBE)
		words = SLICE("Bulk mail needs List-Unsubscribe with an https address, "
			      "and List-Unsubscribe-Post");
	else
		words = slice_of(fields_words(check));
	answer->refusal = gate_check_refusal(check, words);
}

static void judge_all(struct judging *judging, struct arena *arena,
	struct gate_answer *answer, struct deadline deadline)
{
	const struct gate_question *question = judging->question;
	const struct gate_memory *memory = judging->memory;
	uint32_t wanted = memory->wanted;

	if (wanted & GATE_DNS)
		answer->missed = judge(judging, wanted & GATE_DNS, deadline);
	if (wanted & FIELDS)
		answer->missed |= fields_check(question->header, question->author_count,
			question->now_ms, wanted & FIELDS);
	if (question->link_due ||
		(wanted & GATE_BIT(GATE_UNSUBSCRIBE) &&
			is_bulk(memory->config, question->stream) &&
			!unsubscribe_is_offered(question->header, arena)))
		answer->missed |= GATE_BIT(GATE_UNSUBSCRIBE);
	if (question->link_due || answer->missed & memory->fixed)
		fix(judging, arena, answer);
	if (answer->missed & memory->refused)
		refuse(judging, arena, answer);
}

void gate_judge(struct gate *gate, const struct gate_question *question,
	struct arena *arena, struct gate_answer *answer_r, struct deadline deadline)
{
	/* A reload may come while it waits. */
	struct gate_memory *memory = memory_hold(gate->memory);
	struct judging judging = {.memory = memory, .question = question};

	*answer_r = (struct gate_answer){.missed = 0};
	judge_all(&judging, arena, answer_r,
		deadline_earlier(
			deadline, deadline_after_ms(memory->config->gate.wait_ms)));
	gate->figures.judged++;
	gate->figures.refused += answer_r->refusal.code != 0;
	gate->figures.fixed += answer_r->fixed != 0;
	memory_release(&memory);
}
