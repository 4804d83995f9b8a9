/* Reports as JSON; see returns_value.h. */
#include "report/returns_value.h"

#include "feedback/returns.h"

static void set_text(struct value *object, const char *name, struct slice text)
{
	if (text.size)
		value_set_text(object, name, text);
}

static void tell_category(struct value *one, const struct report *report,
	const struct report_recipient *recipient, const struct classifier *classifier)
{
	const struct category_rule *rule;
	enum category category = returns_category(classifier, report, recipient, &rule);

	value_set_text(one, "category", slice_of(category_name(category)));
	value_set_truth(one, "hard", category_is_hard(category));
	if (rule)
		value_set_text(one, "rule", slice_of(rule->name));
}

static struct value *recipient_value(const struct report *report,
	const struct report_recipient *recipient, const struct classifier *classifier)
{
	struct value *one = value_object();

	if (report->kind != REPORT_COMPLAINT)
		value_set_text(
			one, "action", slice_of(dsn_action_word(recipient->action)));
	set_text(one, "address", recipient->address);
	set_text(one, "original", recipient->original);
	if (recipient->code)
		value_set_number(one, "code", recipient->code);
	set_text(one, "status", recipient->status);
	set_text(one, "text", recipient->diagnostic);
	set_text(one, "host", recipient->host);
	if (report->kind != REPORT_COMPLAINT &&
		(recipient->action == DSN_FAILED || recipient->action == DSN_DELAYED))
		tell_category(one, report, recipient, classifier);
	return one;
}

static struct value *original_value(const struct report_original *original)
{
	struct value *one = value_object();

	set_text(one, "message_id", original->message_id);
	set_text(one, "return_path", original->return_path);
	set_text(one, "from", original->from);
	set_text(one, "subject", original->subject);
	set_text(one, "feedback_id", original->feedback_id);
	return one;
}

static struct value *complaint_value(const struct report_complaint *complaint)
{
	struct value *one = value_object();

	set_text(one, "type", complaint->type);
	set_text(one, "agent", complaint->agent);
	set_text(one, "source", complaint->source);
	set_text(one, "mail_from", complaint->mail_from);
	set_text(one, "domain", complaint->domain);
	set_text(one, "results", complaint->results);
	value_set_number(one, "incidents", (int64_t)complaint->incidents);
	return one;
}

struct value *returns_value(
	const struct report *report, const struct classifier *classifier)
{
	struct value *value = value_object(), *recipients = value_list();

	value_set_text(value, "kind", slice_of(report_kind_name(report->kind)));
	set_text(value, "style", slice_of(report->style));
	set_text(value, "reporter", report->reporter);
	set_text(value, "envelope_id", report->envelope_id);
	for (size_t i = 0; i < report->recipient_count; i++)
		value_append(recipients,
			recipient_value(report, &report->recipients[i], classifier));
	value_set(value, "recipients", recipients);
	if (report->recipients_more)
		value_set_number(
			value, "recipients_more", (int64_t)report->recipients_more);
	if (report->kind == REPORT_COMPLAINT)
		value_set(value, "complaint", complaint_value(&report->complaint));
	if (report->original.header.size)
		value_set(value, "original", original_value(&report->original));
	return value;
}
