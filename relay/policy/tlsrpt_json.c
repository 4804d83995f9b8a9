/*
 * A report as JSON (RFC 8460 4.4): a policy each with its counts and failures.
 */
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/failure.h"

#include "policy/tlsrpt_report.h"

#define JSON_MAX (4u << 20)

static json_t *text_of(struct slice text)
{
	json_t *made = json_stringn(text.at ? text.at : "", text.size);

	return made ? made : json_string("?"); /* not UTF-8 */
}

static void set_text(json_t *object, const char *name, struct slice text)
{
	if (text.size)
		json_object_set_new(object, name, text_of(text));
}

static void set_time(json_t *object, const char *name, int64_t wall_ms)
{
	char text[CLOCK_TEXT_SIZE];

	/* Seconds: "2026-11-21T00:00:00Z". */
	clock_format_iso(wall_ms, text);
	memcpy(text + 19, "Z", 2);
	json_object_set_new(object, name, json_string(text));
}

static bool is_same_policy(const struct tlsrpt_row *a, const struct tlsrpt_row *b)
{
	return a->type == b->type && slice_equal(a->policy_domain, b->policy_domain);
}

static json_t *describe_failure(const struct tlsrpt_row *row)
{
	json_t *detail = json_object();

	json_object_set_new(
		detail, "result-type", json_string(tlsrpt_result_name(row->result)));
	set_text(detail, "sending-mta-ip", row->local);
	set_text(detail, "receiving-mx-hostname", row->host);
	set_text(detail, "receiving-ip", row->address);
	json_object_set_new(
		detail, "failed-session-count", json_integer((json_int_t)row->count));
	set_text(detail, "failure-reason-code", row->reason);
	return detail;
}

/* "mx-host" is the policy's own list of them. */
static void describe_text(json_t *policy, struct slice text)
{
	json_t *lines = json_array(), *hosts = json_array();

	while (text.size) {
		struct slice line = slice_cut(&text, '\n'), value = line;
		struct slice name = slice_cut(&value, ':');

		if (line.size)
			json_array_append_new(lines, text_of(line));
		if (value.at && slice_equal(name, SLICE("mx")))
			json_array_append_new(hosts, text_of(slice_trim(value)));
	}
	json_object_set_new(policy, "policy-string", lines);
	if (json_array_size(hosts))
		json_object_set_new(policy, "mx-host", hosts);
	else
		json_decref(hosts);
}

static json_t *describe_policy(
	const struct tlsrpt_report *report, const struct tlsrpt_row *row)
{
	json_t *policy = json_object();
	struct slice host = SLICE_EMPTY;

	json_object_set_new(
		policy, "policy-type", json_string(tlsrpt_policy_type_name(row->type)));
	for (size_t i = 0; i < report->policy_count; i++) {
		const struct tlsrpt_policy *known = &report->policies[i];

		if (known->type == row->type &&
			slice_equal(known->domain, row->policy_domain))
			describe_text(policy, known->text);
	}
	set_text(policy, "policy-domain", row->policy_domain);
	if (row->type == TLSRPT_TLSA)
		host = row->policy_domain;
	if (host.size)
		json_object_set_new(policy, "mx-host", json_pack("[o]", text_of(host)));
	return policy;
}

/* The rows that are of the same policy as number FIRST. */
static json_t *describe_group(const struct tlsrpt_report *report, size_t first)
{
	const struct tlsrpt_row *row = &report->rows[first];
	uint64_t successful = 0, failed = 0;
	json_t *group = json_object(), *details = json_array(), *summary;

	for (size_t i = first; i < report->row_count; i++) {
		const struct tlsrpt_row *other = &report->rows[i];

		if (!is_same_policy(row, other))
			continue;
		if (other->result == TLSRPT_SUCCESS) {
			successful += other->count;
			continue;
		}
		failed += other->count;
		json_array_append_new(details, describe_failure(other));
	}
	summary = json_object();
	json_object_set_new(summary, "total-successful-session-count",
		json_integer((json_int_t)successful));
	json_object_set_new(summary, "total-failure-session-count",
		json_integer((json_int_t)failed));
	json_object_set_new(group, "policy", describe_policy(report, row));
	json_object_set_new(group, "summary", summary);
	if (json_array_size(details))
		json_object_set_new(group, "failure-details", details);
	else
		json_decref(details);
	return group;
}

static int append(const char *at, size_t size, void *json)
{
	return buffer_append(json, slice_make(at, size)) ? 0 : -1;
}

bool tlsrpt_report_json(const struct tlsrpt_report *report, struct buffer *json)
{
	json_t *root = json_object(), *range = json_object(), *policies = json_array();
	bool good;

	set_text(root, "organization-name", report->organization);
	set_time(range, "start-datetime", report->day_ms);
	set_time(range, "end-datetime", report->day_ms + TLSRPT_DAY_MS - 1000);
	json_object_set_new(root, "date-range", range);
	set_text(root, "contact-info", report->contact);
	set_text(root, "report-id", report->id);
	for (size_t i = 0; i < report->row_count; i++) {
		size_t first = 0;

		while (!is_same_policy(&report->rows[first], &report->rows[i]))
			first++;
		if (first == i)
			json_array_append_new(policies, describe_group(report, i));
	}
	json_object_set_new(root, "policies", policies);
	buffer_init(json, JSON_MAX);
	good = json_dump_callback(root, append, json, JSON_COMPACT) == 0;
	json_decref(root);
	return good || fail(FAILURE_LIMIT, "a report of more than %u bytes", JSON_MAX);
}
