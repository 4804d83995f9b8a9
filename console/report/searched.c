/* What was looked through for a message's events, in words. */
#include "report/report.h"

#include "base/memory.h"

#include "report/words.h"

#define WIDTH 78

static void add_what(const struct value *one, struct buffer *text)
{
	struct slice source = value_get_text(one, "source");
	int64_t files = value_get_number(one, "files");
	char count[WORDS_SIZE], size[WORDS_SIZE];

	if (slice_equal(source, SLICE("stream")))
		buffer_append(text, SLICE("the stream of events"));
	else if (slice_equal(source, SLICE("file")) && !value_has(one, "files"))
		buffer_append(text, SLICE("the file of events"));
	else if (slice_equal(source, SLICE("file")))
		buffer_append_format(text, "%s of events",
			words_count((uint64_t)files, "file", "files", count));
	else
		buffer_append(text, SLICE("the log"));
	if (value_has(one, "bytes"))
		buffer_append_format(text, ", %s",
			words_size((uint64_t)value_get_number(one, "bytes"), size));
}

static void add_missing(const struct value *missing, struct buffer *text)
{
	static const struct {
		const char *name, *words;
	} words[] = {
		{"older", "what is older is not kept"},
		{"rest", "not all of it: that would take too long at once"},
		{"damaged", "some of it cannot be read"},
		{"unreadable", "it could not be read just now"},
		{"elsewhere", "not at all: it goes to standard error, to the journal"},
	};
	const char *before = " (";

	for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
		if (!value_has_text(missing, slice_of(words[i].name)))
			continue;
		buffer_append_format(text, "%s%s", before, words[i].words);
		before = "; ";
	}
	if (*before == ';')
		buffer_append_byte(text, ')');
}

void report_searched(const struct value *searched, struct buffer *into)
{
	struct buffer text = {0};

	for (size_t i = 0; i < value_count(searched); i++) {
		const struct value *one = value_at(searched, i);

		buffer_append(&text, i ? SLICE("; ") : SLICE("Looked through: "));
		add_what(one, &text);
		add_missing(value_get(one, "missing"), &text);
	}
	if (buffer_size(&text)) {
		buffer_append_byte(&text, '.');
		words_wrap(buffer_contents(&text), 0, WIDTH, into);
	}
	buffer_finish(&text);
}
