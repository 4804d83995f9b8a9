/* What was found out about a message, for people. */
#include "mail/text.h"

#include "report/verify_value.h"
#include "report/words.h"

#define INDENT 8
#define WIDTH  79

static struct slice text_of(const struct value *object, const char *name)
{
	return value_get_text(object, name);
}

/* TITLE, and LINE broken into lines behind it; LINE is cleared. */
static void say(struct buffer *into, const char *title, struct buffer *line)
{
	struct slice text = buffer_contents(line);
	struct buffer wrapped = {0};

	text.size = text_clean(text, line->bytes + line->start, text.size);
	words_wrap(text, INDENT, WIDTH, &wrapped);
	buffer_append_format(into, "%-*s%.*s", INDENT, title,
		SLICE_PRINT(slice_from(buffer_contents(&wrapped), INDENT)));
	buffer_finish(&wrapped);
	buffer_clear(line);
}

static void add_reason(struct buffer *line, const struct value *object)
{
	if (value_has(object, "reason"))
		buffer_append_format(
			line, ": %.*s", SLICE_PRINT(text_of(object, "reason")));
}

static void print_caller(const struct value *caller, struct buffer *line)
{
	struct slice result = text_of(caller, "result");

	if (value_has(caller, "name"))
		buffer_append_format(line, "%.*s, its address's own",
			SLICE_PRINT(text_of(caller, "name")));
	else if (slice_equal(result, SLICE("permerror")))
		buffer_append(line, SLICE("its address has no name"));
	else if (slice_equal(result, SLICE("temperror")))
		buffer_append(line, SLICE("DNS does not say now"));
	else
		buffer_append(line, SLICE("no name that leads back to its address"));
}

static void print_spf(const struct value *spf, struct buffer *line)
{
	if (!spf) {
		buffer_append_format(line, "not checked, for want of --client");
		return;
	}
	buffer_append_format(line, "%.*s", SLICE_PRINT(text_of(spf, "result")));
	if (text_of(spf, "domain").size > 0)
		buffer_append_format(line, " for %.*s%s",
			SLICE_PRINT(text_of(spf, "domain")),
			slice_equal(text_of(spf, "identity"), SLICE("helo"))
				? " (of HELO)"
				: "");
	if (value_has(spf, "mechanism"))
		buffer_append_format(line, ", decided by %.*s",
			SLICE_PRINT(text_of(spf, "mechanism")));
	add_reason(line, spf);
}

static void print_signature(const struct value *one, struct buffer *line)
{
	buffer_append_format(line, "%.*s", SLICE_PRINT(text_of(one, "result")));
	if (value_has(one, "domain"))
		buffer_append_format(
			line, " of %.*s", SLICE_PRINT(text_of(one, "domain")));
	if (value_has(one, "selector"))
		buffer_append_format(
			line, ", selector %.*s", SLICE_PRINT(text_of(one, "selector")));
	if (value_has(one, "algorithm"))
		buffer_append_format(
			line, ", %.*s", SLICE_PRINT(text_of(one, "algorithm")));
	if (value_has(one, "key_bits"))
		buffer_append_format(line, " (%lld bits)",
			(long long)value_get_number(one, "key_bits"));
	buffer_append_format(line, "%s%s",
		value_get_truth(one, "aligned") ? ", in the author's name" : "",
		value_get_truth(one, "testing") ? ", being tested (t=y)" : "");
	add_reason(line, one);
}

static void print_arc(const struct value *arc, struct buffer *line)
{
	const struct value *sets = value_get(arc, "sets");

	buffer_append_format(line, "%.*s", SLICE_PRINT(text_of(arc, "result")));
	for (size_t i = 0; i < value_count(sets); i++)
		buffer_append_format(line, "%s %.*s", i ? "," : ", passed on by",
			SLICE_PRINT(text_of(value_at(sets, i), "domain")));
	add_reason(line, arc);
}

static void print_dmarc(const struct value *dmarc, struct buffer *line)
{
	buffer_append_format(line, "%.*s", SLICE_PRINT(text_of(dmarc, "result")));
	if (value_has(dmarc, "from_domain"))
		buffer_append_format(
			line, " for %.*s", SLICE_PRINT(text_of(dmarc, "from_domain")));
	if (slice_equal(text_of(dmarc, "result"), SLICE("pass")))
		buffer_append_format(line, ", by %s%s%s",
			value_get_truth(dmarc, "spf_aligned") ? "SPF" : "",
			value_get_truth(dmarc, "spf_aligned") &&
					value_get_truth(dmarc, "dkim_aligned")
				? " and "
				: "",
			value_get_truth(dmarc, "dkim_aligned") ? "DKIM" : "");
	add_reason(line, dmarc);
}

static void print_policy(
	const struct value *dmarc, struct buffer *into, struct buffer *line)
{
	struct slice published = text_of(dmarc, "published");
	struct slice policy = text_of(dmarc, "policy");
	int64_t percent = value_get_number(dmarc, "percent");

	if (!value_has(dmarc, "record_domain"))
		return;
	buffer_append_format(line, "The policy of %.*s is %.*s",
		SLICE_PRINT(text_of(dmarc, "record_domain")), SLICE_PRINT(published));
	if (percent < 100)
		buffer_append_format(line, " for %lld %%", (long long)percent);
	if (!slice_equal(text_of(dmarc, "result"), SLICE("fail")))
		buffer_append_format(line, "; it does not apply.");
	else if (slice_equal(policy, published))
		buffer_append_format(line, "; it applies.");
	else
		buffer_append_format(
			line, "; spared by its percentage: %.*s.", SLICE_PRINT(policy));
	say(into, "", line);
}

static void print_field(struct slice field, struct buffer *into)
{
	buffer_append_byte(into, '\n');
	while (field.at && field.size > 0) {
		struct slice line = slice_cut(&field, '\n');

		if (line.size > 0 && line.at[line.size - 1] == '\r')
			line.size--;
		buffer_append(into, line);
		buffer_append_byte(into, '\n');
	}
}

void report_verify(const struct value *verify, struct buffer *into)
{
	const struct value *signatures = value_get(verify, "dkim");
	const struct value *dmarc = value_get(verify, "dmarc");
	struct buffer line = {0};

	buffer_append_format(&line, "%.*s",
		SLICE_PRINT(value_has(verify, "from") ? text_of(verify, "from")
						      : SLICE("nobody")));
	say(into, "From", &line);
	if (value_has(verify, "iprev")) {
		print_caller(value_get(verify, "iprev"), &line);
		say(into, "Client", &line);
	}
	print_spf(value_get(verify, "spf"), &line);
	say(into, "SPF", &line);
	for (size_t i = 0; i < value_count(signatures); i++) {
		print_signature(value_at(signatures, i), &line);
		say(into, i ? "" : "DKIM", &line);
	}
	if (value_has(verify, "arc")) {
		if (value_count(signatures) == 0) {
			buffer_append(&line, SLICE("none"));
			say(into, "DKIM", &line);
		}
		print_arc(value_get(verify, "arc"), &line);
		say(into, "ARC", &line);
	}
	print_dmarc(dmarc, &line);
	say(into, "DMARC", &line);
	print_policy(dmarc, into, &line);
	print_field(text_of(verify, "authentication_results"), into);
	buffer_finish(&line);
}
