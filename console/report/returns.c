/* What a report says, in sentences. */
#include "report/returns_value.h"

#include "report/words.h"

#define WIDTH 78

static void say(struct buffer *into, size_t indent, struct buffer *sentence)
{
	words_wrap(buffer_contents(sentence), indent, WIDTH, into);
	buffer_finish(sentence);
}

static const char *kind_words(struct slice kind)
{
	static const struct {
		const char *kind, *words;
	} table[] = {
		{"status", "a notification about delivery, for programs"},
		{"words", "a bounce in words for people"},
		{"complaint", "a complaint"},
		{"receipt", "a receipt that the mail was read; it is ignored"},
		{"answer", "the answer of a machine, as when somebody is away; it is "
			   "ignored"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (slice_equal(kind, slice_of(table[i].kind)))
			return table[i].words;
	}
	return "no report; it would be ignored";
}

static void say_kind(const struct value *value, struct buffer *into)
{
	struct slice style = value_get_text(value, "style");
	struct slice reporter = value_get_text(value, "reporter");
	struct buffer text = {0};

	buffer_append_format(
		&text, "This is %s", kind_words(value_get_text(value, "kind")));
	if (style.size && !slice_equal(style, SLICE("words")))
		buffer_append_format(&text, " (%.*s)", SLICE_PRINT(style));
	if (reporter.size)
		buffer_append_format(&text, ", of %.*s", SLICE_PRINT(reporter));
	buffer_append_byte(&text, '.');
	say(into, 0, &text);
}

static void say_reply(const struct value *one, struct buffer *into)
{
	struct slice host = value_get_text(one, "host");
	struct slice status = value_get_text(one, "status");
	struct slice words = value_get_text(one, "text");
	int64_t code = value_get_number(one, "code");
	struct buffer text = {0};

	if (host.size)
		buffer_append_format(&text, "%.*s said: ", SLICE_PRINT(host));
	if (code)
		buffer_append_format(&text, "%lld ", (long long)code);
	if (status.size)
		buffer_append_format(&text, "%.*s ", SLICE_PRINT(status));
	buffer_append(&text, words);
	if (buffer_size(&text))
		say(into, 2, &text);
	buffer_finish(&text);
}

static void say_category(const struct value *one, struct buffer *into)
{
	struct slice category = value_get_text(one, "category");
	struct slice rule = value_get_text(one, "rule");
	struct buffer text = {0};

	if (!category.size)
		return;
	buffer_append_format(&text, "Category: %.*s", SLICE_PRINT(category));
	if (rule.size)
		buffer_append_format(&text, ", by rule %.*s", SLICE_PRINT(rule));
	buffer_append_byte(&text, '.');
	say(into, 2, &text);
}

static void say_recipient(const struct value *one, struct buffer *into)
{
	struct slice address = value_get_text(one, "address");
	struct slice original = value_get_text(one, "original");
	struct slice action = value_get_text(one, "action");
	struct buffer text = {0};

	if (address.size)
		buffer_append_format(&text, "<%.*s>", SLICE_PRINT(address));
	else
		buffer_append(&text, SLICE("A recipient without a name"));
	if (original.size && !slice_equal_nocase(original, address))
		buffer_append_format(&text, " (mail to <%.*s>)", SLICE_PRINT(original));
	if (action.size)
		buffer_append_format(&text, ": %.*s", SLICE_PRINT(action));
	say(into, 0, &text);
	say_reply(one, into);
	say_category(one, into);
}

static void say_complaint(const struct value *complaint, struct buffer *into)
{
	struct slice type = value_get_text(complaint, "type");
	struct slice agent = value_get_text(complaint, "agent");
	struct slice source = value_get_text(complaint, "source");
	int64_t incidents = value_get_number(complaint, "incidents");
	struct buffer text = {0};

	buffer_append_format(&text, "Its type is %.*s",
		SLICE_PRINT(type.size ? type : SLICE("not said")));
	if (incidents > 1)
		buffer_append_format(
			&text, ", of %lld incidents", (long long)incidents);
	if (source.size)
		buffer_append_format(&text, ", of mail from %.*s", SLICE_PRINT(source));
	if (agent.size)
		buffer_append_format(&text, "; written by %.*s", SLICE_PRINT(agent));
	buffer_append_byte(&text, '.');
	say(into, 0, &text);
}

static void say_original(const struct value *original, struct buffer *into)
{
	struct slice subject = value_get_text(original, "subject");
	struct slice from = value_get_text(original, "from");
	struct slice id = value_get_text(original, "message_id");
	struct buffer text = {0};

	buffer_append(&text, SLICE("The message it returns"));
	if (subject.size)
		buffer_append_format(&text, ", \"%.*s\"", SLICE_PRINT(subject));
	if (from.size)
		buffer_append_format(&text, ", from %.*s", SLICE_PRINT(from));
	if (id.size)
		buffer_append_format(&text, ", is %.*s", SLICE_PRINT(id));
	buffer_append_byte(&text, '.');
	say(into, 0, &text);
}

static void say_about(const struct value *value, int64_t now_ms, struct buffer *into)
{
	const struct value *about = value_get(value, "about");
	struct slice tenant = value_get_text(about, "tenant");
	struct slice rcpt = value_get_text(about, "rcpt");
	int64_t expires_ms = value_get_number(about, "expires_ms");
	char time[WORDS_SIZE];
	struct slice trouble = value_get_text(value, "about_trouble");
	struct buffer text = {0};

	if (about || trouble.size)
		buffer_append_byte(into, '\n');
	if (!about) {
		if (trouble.size)
			words_wrap(trouble, 0, WIDTH, into);
		return;
	}
	buffer_append_format(&text, "Signed by us, it is about message %.*s",
		SLICE_PRINT(value_get_text(about, "id")));
	if (tenant.size)
		buffer_append_format(&text, " of tenant %.*s", SLICE_PRINT(tenant));
	if (rcpt.size)
		buffer_append_format(&text, " to <%.*s>", SLICE_PRINT(rcpt));
	else if (value_get_truth(about, "one"))
		buffer_append(&text, SLICE(" to a recipient whom it does not name"));
	buffer_append_format(&text,
		expires_ms > now_ms ? "; taken until %s." : "; too late since %s.",
		words_time(expires_ms, now_ms, time));
	say(into, 0, &text);
}

void report_returns(const struct value *value, int64_t now_ms, struct buffer *into)
{
	const struct value *recipients = value_get(value, "recipients");

	say_kind(value, into);
	if (value_has(value, "complaint"))
		say_complaint(value_get(value, "complaint"), into);
	for (size_t i = 0; i < value_count(recipients); i++) {
		buffer_append_byte(into, '\n');
		say_recipient(value_at(recipients, i), into);
	}
	if (value_has(value, "original")) {
		buffer_append_byte(into, '\n');
		say_original(value_get(value, "original"), into);
	}
	say_about(value, now_ms, into);
}
