/* Refusals: classified, counted, and their addresses handed on. */
#include "relay/refusal.h"

#include "feedback/refusals.h"
#include "feedback/suppression.h"
#include "run/worker.h"

#define DETAIL_MAX 300

static struct category_question question_of(
	const struct verdict *verdict, const struct attempt *attempt)
{
	struct category_question question = {
		.ours = verdict->reply.code == 0,
		.code = verdict->reply.code,
		.enhanced = verdict->reply.enhanced,
		.text = verdict->reply.text,
		.host = attempt->host,
	};

	if (question.ours && verdict->status)
		enhanced_code_parse(slice_of(verdict->status), &question.enhanced);
	return question;
}

static bool is_same(const struct verdict *a, const struct verdict *b)
{
	return a->reply.code == b->reply.code && a->status == b->status &&
	       a->reply.text.at == b->reply.text.at &&
	       a->reply.text.size == b->reply.text.size;
}

static enum category classify(
	struct refusal_hearing *hearing, const struct verdict *verdict)
{
	struct category_question question;

	if (hearing->last && is_same(hearing->last, verdict))
		return hearing->category;
	question = question_of(verdict, hearing->attempt);
	hearing->last = verdict;
	hearing->category = category_of(
		hearing->relay->options.classifier, &question, NULL);
	return hearing->category;
}

/* What a message that expired waited for, as its last attempt says. */
static enum category last_category(const struct refusal_hearing *hearing)
{
	const struct entry *entry = hearing->entry;
	const struct attempt_note *note;
	struct category_question question;
	struct arena arena = {0};
	enum category category;

	if (!entry->note_count)
		return CATEGORY_EXPIRED;
	note = &entry->notes[entry->note_count - 1];
	question = category_question_of(note->answer, note->host, &arena);
	category = category_of(hearing->relay->options.classifier, &question, NULL);
	arena_finish(&arena);
	return category;
}

/* Only the receiver itself condemns an address, and only with what it said to this
 * recipient: what it says to the content of several may be about any of them. Our
 * own decisions (a domain that is not in DNS) may be a fault of our surroundings. */
static bool condemns(const struct refusal_hearing *hearing,
	const struct verdict *verdict, enum category category)
{
	if (!category_is_hard(category) || !verdict->reply.code)
		return false;
	return verdict->stage == STAGE_RCPT ||
	       (verdict->stage > STAGE_RCPT && hearing->entry->recipient_count == 1);
}

static bool is_soft(const struct refusal_hearing *hearing, enum category category)
{
	if (!hearing->relay->config->suppression.soft_bounces)
		return false;
	if (category == CATEGORY_EXPIRED)
		category = last_category(hearing);
	return category_is_soft(category);
}

static void hand_on(const struct refusal_hearing *hearing,
	const struct recipient *recipient, const struct verdict *verdict,
	enum category category)
{
	const struct envelope *envelope = &hearing->entry->message->envelope;
	struct relay *relay = hearing->relay;
	char detail[DETAIL_MAX];
	struct suppression_report report = {
		.reason = SUPPRESSION_HARD_BOUNCE,
		.tenant = envelope->tenant,
		.address = recipient->address,
		.message = message_id_slice(&envelope->id),
	};

	if (!relay->options.suppression || verdict->kind != VERDICT_NEVER)
		return;
	if (!condemns(hearing, verdict, category)) {
		if (!is_soft(hearing, category))
			return;
		report.reason = SUPPRESSION_SOFT_BOUNCE;
	}
	report.detail = verdict_print(verdict, detail, sizeof(detail));
	suppression_note(
		relay->options.suppression, &relay->config->suppression, &report);
}

static void count(const struct refusal_hearing *hearing, enum category category,
	enum refusal_kind kind)
{
	struct refusals *refusals = hearing->relay->options.refusals;
	const struct site *site = hearing->site;
	const char *provider = site ? site->terms.rule.provider_name : NULL;

	refusals_add(refusals, kind, category, site ? site->name : SLICE_EMPTY,
		hearing->entry->message->envelope.tenant, worker_wall_ms());
	refusals_add_total(
		refusals, kind, category, provider ? slice_of(provider) : SLICE_EMPTY);
}

enum category refusal_hear(struct refusal_hearing *hearing,
	const struct recipient *recipient, const struct verdict *verdict)
{
	enum category category = classify(hearing, verdict);

	if (hearing->relay->options.refusals)
		count(hearing, category,
			verdict->kind == VERDICT_NEVER ? REFUSAL_BOUNCED
						       : REFUSAL_DEFERRED);
	hand_on(hearing, recipient, verdict, category);
	return category;
}
