/* A domain's checklist for people: what is good, and the record to add for what is not.
 */
#include "report/audit_value.h"
#include "report/words.h"

static void print_addresses(struct buffer *out, const struct value *audit)
{
	const struct value *list = value_get(audit, "addresses");
	struct slice from = value_get_text(audit, "addresses_from");

	buffer_append(out, SLICE("Mail leaves from "));
	value_join(list, ", ", out);
	if (value_count(list))
		buffer_append_format(out, " (%.*s).\n", SLICE_PRINT(from));
	else
		buffer_append(out, SLICE("an address that is not known.\n"));
	if (slice_equal(from, SLICE("the host of a route")))
		buffer_append(out, SLICE("A route hands all of it to another host: "
					 "where that sends "
					 "from, name under gate,\nas addresses.\n"));
	else if (value_get_truth(audit, "addresses_hidden"))
		buffer_append(out, SLICE("Some of it is private, or a proxy's: what "
					 "the world sees "
					 "instead,\nname under gate, as addresses.\n"));
	if (value_get_number(audit, "addresses_left_out"))
		buffer_append_format(out, "%lld more are not looked at.\n",
			(long long)value_get_number(audit, "addresses_left_out"));
}

static const char *mark_of(struct slice state)
{
	if (slice_equal(state, SLICE("missing")))
		return "MISSING";
	if (slice_equal(state, SLICE("wrong")))
		return "WRONG";
	return slice_equal(state, SLICE("good")) ? "good" : "?";
}

static void print_row(struct buffer *out, const struct value *row)
{
	const struct value *record = value_get(row, "record");
	struct slice state = value_get_text(row, "state");
	struct slice subject = value_get_text(row, "of");
	struct slice advice = value_get_text(row, "advice");
	struct slice check = value_get_text(row, "check");

	buffer_append_format(out, "%-8s%-7.*s %.*s%s%.*s\n", mark_of(state),
		SLICE_PRINT(check), SLICE_PRINT(subject), subject.size ? ": " : "",
		SLICE_PRINT(value_get_text(row, "why")));
	if (record) {
		buffer_append_format(out, "        %s%s%.*s:\n        ",
			slice_equal(state, SLICE("missing")) ? "add" : "needed",
			advice.size ? " " : "", SLICE_PRINT(advice));
		buffer_append(out, value_get_text(record, "zone"));
		buffer_append_byte(out, '\n');
	} else if (advice.size) {
		buffer_append_format(out, "        %.*s\n", SLICE_PRINT(advice));
	}
}

void report_audit(const struct value *audit, struct buffer *into)
{
	const struct value *rows = value_get(audit, "checks");
	uint64_t missing = (uint64_t)value_get_number(audit, "missing");
	char text[WORDS_SIZE];

	print_addresses(into, audit);
	buffer_append_byte(into, '\n');
	for (size_t i = 0; i < value_count(rows); i++)
		print_row(into, value_at(rows, i));
	buffer_append_byte(into, '\n');
	if (missing)
		buffer_append_format(into, "%s to be put right.\n",
			words_count(missing, "thing", "things", text));
	else if (value_get_number(audit, "unknown"))
		buffer_append(into, SLICE("What could be looked at is good.\n"));
	else
		buffer_append(into, SLICE("All is good.\n"));
}
