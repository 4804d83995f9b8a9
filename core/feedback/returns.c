/* Takes what comes back; see returns.h. */
#include "feedback/returns.h"

#include "base/failure.h"
#include "base/memory.h"
#include "feedback/refusals.h"
#include "feedback/returns_core.h"
#include "feedback/returns_told.h"
#include "feedback/suppression.h"
#include "mail/domain.h"
#include "run/worker.h"

struct returns *returns_create(const struct returns_options *options)
{
	struct returns *returns = NEW(struct returns);

	returns->options = *options;
	config_hold(options->config);
	if (options->classifier)
		classifier_hold(options->classifier);
	return returns;
}

void returns_reload(
	struct returns *returns, struct config *config, struct classifier *classifier)
{
	config_hold(config);
	config_release(&returns->options.config);
	returns->options.config = config;
	if (classifier)
		classifier_hold(classifier);
	classifier_release(&returns->options.classifier);
	returns->options.classifier = classifier;
}

void returns_destroy(struct returns **returns)
{
	if (!*returns)
		return;
	config_release(&(*returns)->options.config);
	classifier_release(&(*returns)->options.classifier);
	memory_free(*returns);
	*returns = NULL;
}

uint64_t returns_count(const struct returns *returns, enum returns_outcome outcome)
{
	return returns->counts[outcome];
}

enum category returns_category(const struct classifier *classifier,
	const struct report *report, const struct report_recipient *said,
	const struct category_rule **rule_r)
{
	struct category_question question = {0};

	if (rule_r)
		*rule_r = NULL;
	if (!said || !classifier)
		return CATEGORY_OTHER;
	question.code = said->code;
	enhanced_code_parse(said->status, &question.enhanced);
	question.text = said->diagnostic;
	question.host = said->host.size ? said->host : report->reporter;
	return category_of(classifier, &question, rule_r);
}

/* Some reports are of other things than that somebody does not want mail. */
static bool is_complaint(struct slice type)
{
	static const char *const others[] = {
		"not-spam", "auth-failure", "dmarc", "dkim", "tls", "opt-in"};

	for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
		if (slice_equal(type, slice_of(others[i])))
			return false;
	}
	return true;
}

/* It was tried until its time was over: what was said each time is not for good. */
static bool is_of_a_while(const struct report_recipient *said)
{
	return said && (said->code ? said->code / 100 == 4
				   : slice_starts(said->status, SLICE("4.")));
}

/* It stands for several, and some have the mail: not the address is wrong. */
static bool is_partial(const struct returns_case *self, const struct returns_item *item)
{
	const struct report *report = &self->report;

	if (!item->said || slice_equal_nocase(item->said->address, item->address))
		return false;
	for (size_t i = 0; i < report->recipient_count; i++) {
		if (report->recipients[i].action != DSN_FAILED)
			return true;
	}
	return false;
}

/* Why the address has to be entered; false: it has not. */
static bool reason_of(const struct returns_case *self, const struct returns_item *item,
	enum suppression_reason *reason_r)
{
	struct slice type = self->report.complaint.type;

	if (item->outcome == RETURNS_COMPLAINED) {
		*reason_r = slice_starts(type, SLICE("opt-out"))
				    ? SUPPRESSION_UNSUBSCRIBE
				    : SUPPRESSION_COMPLAINT;
		return is_complaint(type);
	}
	if (item->outcome != RETURNS_BOUNCED)
		return false;
	*reason_r = SUPPRESSION_HARD_BOUNCE;
	if (category_is_hard(item->category))
		return !is_of_a_while(item->said) && !is_partial(self, item);
	*reason_r = SUPPRESSION_SOFT_BOUNCE;
	return category_is_soft(item->category);
}

/* The token says it, or the one who reports is responsible for the address. */
static bool is_believed(
	const struct returns_case *self, const struct returns_item *item)
{
	struct slice ours = self->arrival->domain;
	struct slice domain = slice_from(
		item->address, slice_index_last(item->address, '@') + 1);

	if (item->sure)
		return true;
	return ours.size && domain.size &&
	       (domain_is_within(domain, ours) || domain_is_within(ours, domain));
}

static bool suppress(
	struct returns_case *self, struct returns_item *item, struct deadline deadline)
{
	const struct returns_options *options = &self->returns->options;
	struct suppression_report report = {
		.tenant = self->tenant,
		.address = item->address,
		.message = message_id_slice(&self->token.id),
		.detail = item->outcome == RETURNS_COMPLAINED
				  ? self->report.complaint.type
			  : item->said ? item->said->diagnostic
				       : SLICE_EMPTY,
	};

	if (!options->suppression || !item->address.size || !is_believed(self, item) ||
		!reason_of(self, item, &report.reason))
		return true;
	if (suppression_report(options->suppression, options->redis,
		    &options->config->suppression, &report, &item->suppressed,
		    deadline))
		return true;
	/* An address that no list can hold, or a list that is full. */
	return failure_kind_last() == FAILURE_DATA ||
	       failure_kind_last() == FAILURE_LIMIT;
}

/* By whom the recipient was refused, as far as that is told. */
static void count(const struct returns_case *self, const struct returns_item *item)
{
	struct refusals *refusals = self->returns->options.refusals;
	struct slice host = item->said && item->said->host.size ? item->said->host
								: self->report.reporter;

	self->returns->counts[item->outcome]++;
	if (!refusals || item->outcome != RETURNS_BOUNCED)
		return;
	refusals_add(refusals, REFUSAL_LATE, item->category, host, self->tenant,
		worker_wall_ms());
	refusals_add_total(refusals, REFUSAL_LATE, item->category, SLICE_EMPTY);
}

/* True: he has it, or nobody wants it. */
static bool pass_on(const struct returns_case *self, const struct returns_item *item,
	struct deadline deadline)
{
	const struct returns_listener *listener = self->returns->options.listener;
	struct returns_told told = {.outcome = item->outcome,
		.arrival = self->arrival,
		.report = &self->report,
		.said = item->said,
		.id = message_id_slice(&self->token.id),
		.tenant = self->tenant,
		.recipient = item->address,
		.sure = item->sure,
		.category = item->category};

	told.hard = item->outcome == RETURNS_BOUNCED &&
		    category_is_hard(item->category) && !is_of_a_while(item->said) &&
		    !is_partial(self, item);
	return !listener || listener->take(listener->context, &told, deadline);
}

/* Mail to an address of ours that is no report: somebody answers. */
static bool pass_on_mail(struct returns_case *self, struct deadline deadline)
{
	struct returns_item item = {.outcome = RETURNS_IGNORED};

	if (!self->returns->options.listener || !self->arrival->token)
		return true;
	if (!returns_tie(self))
		return false;
	item.address = self->recipient;
	item.sure = item.address.size != 0;
	return self->trouble || pass_on(self, &item, deadline);
}

/* Entered first, kept then: what is interrupted is repeated as a whole. */
static bool take_item(struct returns_case *self, size_t index, struct deadline deadline)
{
	struct returns_item item;
	bool new;

	returns_item_of(self, index, &item);
	if (item.outcome == RETURNS_BOUNCED || item.outcome == RETURNS_DELAYED)
		item.category = returns_category(self->returns->options.classifier,
			&self->report, item.said, NULL);
	if (!suppress(self, &item, deadline) || !pass_on(self, &item, deadline) ||
		!returns_keep(self, &item, &new, deadline))
		return false;
	if (new) {
		count(self, &item);
		returns_tell(self, &item);
	}
	return true;
}

static bool is_report(enum report_kind kind)
{
	return kind == REPORT_STATUS || kind == REPORT_WORDS ||
	       kind == REPORT_COMPLAINT;
}

static bool take(struct returns_case *self, struct deadline deadline)
{
	report_read(&self->arena, self->arrival->message, &self->report);
	if (!is_report(self->report.kind)) {
		if (!pass_on_mail(self, deadline))
			return false;
		self->returns->counts[RETURNS_IGNORED]++;
		returns_tell_ignored(self);
		return true;
	}
	if (!returns_tie(self))
		return false;
	if (self->trouble) {
		self->returns->counts[RETURNS_UNKNOWN]++;
		returns_tell_unknown(self);
		return true;
	}
	for (size_t i = 0; i < returns_item_count(self); i++) {
		if (!take_item(self, i, deadline))
			return false;
	}
	return true;
}

bool returns_take(struct returns *returns, const struct returns_arrival *arrival,
	struct deadline deadline)
{
	struct returns_case *self = NEW(struct returns_case);
	bool done;

	self->returns = returns;
	self->arrival = arrival;
	done = take(self, deadline);
	arena_finish(&self->arena);
	memory_free(self);
	return done;
}
