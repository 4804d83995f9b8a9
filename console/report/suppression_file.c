/* Suppressed addresses as text. */
#include "report/suppression_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"

#include "report/moment.h"

#define FIELDS_MAX 64
#define WORD_MAX   32
#define MS_FROM	   INT64_C(100000000000) /* smaller ones are seconds */

enum column { ADDRESS, TENANT, REASON, SINCE, UNTIL, DETAIL, COLUMNS };

struct suppression_file {
	FILE *file;
	char *line; /* getline's */
	size_t room;
	struct buffer text; /* a record: a line, or several within quotes */
	size_t number, lines;
	bool begun;
	char separator;
	int places[COLUMNS]; /* of each column among the fields; -1: none */
};

/* A word's meaning, its letters alone in lower case. */
struct meaning {
	const char *word;
	int what;
};

static const struct meaning columns[] = {{"address", ADDRESS}, {"email", ADDRESS},
	{"emailaddress", ADDRESS}, {"recipient", ADDRESS},
	{"recipientaddress", ADDRESS}, {"mail", ADDRESS}, {"tenant", TENANT},
	{"reason", REASON}, {"type", REASON}, {"since", SINCE}, {"created", SINCE},
	{"createdat", SINCE}, {"date", SINCE}, {"timestamp", SINCE},
	{"bouncedat", SINCE}, {"lastupdatetime", SINCE}, {"until", UNTIL},
	{"expires", UNTIL}, {"expiresat", UNTIL}, {"detail", DETAIL},
	{"details", DETAIL}, {"description", DETAIL}, {"status", DETAIL},
	{"error", DETAIL}, {"message", DETAIL}, {NULL, -1}};

static const char *const reasons[] = {
	"hard-bounce", "soft-bounce", "complaint", "unsubscribe", "manual", "imported"};

static const struct meaning reason_words[] = {{"hardbounce", 0}, {"bounce", 0},
	{"bounced", 0}, {"hardbounced", 0}, {"permanent", 0}, {"softbounce", 1},
	{"softbounced", 1}, {"complaint", 2}, {"complained", 2}, {"spam", 2},
	{"spamreport", 2}, {"spamcomplaint", 2}, {"unsubscribe", 3},
	{"unsubscribed", 3}, {"listunsubscribe", 3}, {"linkunsubscribe", 3},
	{"manual", 4}, {"manualsuppression", 4}, {"imported", 5}, {NULL, -1}};

static int meaning_of(const struct meaning *list, struct slice text)
{
	char word[WORD_MAX];
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (!ascii_is_alnum(text.at[i]))
			continue;
		if (size == WORD_MAX - 1)
			return -1;
		word[size++] = ascii_lower(text.at[i]);
	}
	word[size] = '\0';
	for (; list->word; list++)
		if (strcmp(word, list->word) == 0)
			return list->what;
	return -1;
}

struct suppression_file *suppression_file_open(FILE *stream)
{
	struct suppression_file *file = NEW(struct suppression_file);

	file->file = stream;
	file->separator = ',';
	buffer_init(&file->text, SUPPRESSION_LINE_MAX);
	for (int i = 0; i < COLUMNS; i++)
		file->places[i] = i == ADDRESS ? 0 : -1;
	return file;
}

void suppression_file_close(struct suppression_file **file)
{
	struct suppression_file *old = *file;

	*file = NULL;
	if (!old)
		return;
	free(old->line);
	buffer_finish(&old->text);
	memory_free(old);
}

size_t suppression_file_line(const struct suppression_file *file)
{
	return file->number;
}

/* ---- Records ---- */

static size_t count_quotes(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.size; i++)
		count += text.at[i] == '"';
	return count;
}

/* A line more; false at the end, or with a failure. */
static bool read_line(struct suppression_file *file)
{
	ssize_t size;

	errno = 0;
	failure_clear();
	size = getline(&file->line, &file->room, file->file);
	if (size < 0)
		return errno != 0 &&
		       fail_errno(FAILURE_FILE, errno, "the file cannot be read");
	file->lines++;
	return buffer_append(&file->text, slice_make(file->line, (size_t)size)) ||
	       fail(FAILURE_DATA, "longer than %d bytes", SUPPRESSION_LINE_MAX);
}

/* Quotes may hold ends of lines; JSON has none. */
static bool read_record(struct suppression_file *file)
{
	buffer_clear(&file->text);
	file->number = file->lines + 1;
	if (!read_line(file))
		return false;
	if (slice_starts(buffer_contents(&file->text), SLICE("{")))
		return true;
	while (count_quotes(buffer_contents(&file->text)) % 2)
		if (!read_line(file))
			return failure_kind_last() == FAILURE_NONE &&
			       fail(FAILURE_DATA, "a quote is not closed");
	return true;
}

/* RFC 4180 2; the fields' bytes are the RECORD's, which is changed. */
static size_t split(
	struct slice record, char separator, struct slice fields[FIELDS_MAX])
{
	char *at = (char *)(uintptr_t)record.at, *end = at + record.size;
	size_t count = 0;

	while (count < FIELDS_MAX) {
		char *start = at, *to = at;
		bool quoted = false;

		for (; at < end && (quoted || *at != separator); at++) {
			if (*at != '"')
				*to++ = *at;
			else if (quoted && at + 1 < end && at[1] == '"')
				*to++ = *at++;
			else
				quoted = !quoted;
		}
		fields[count++] = slice_trim_all(
			slice_make(start, (size_t)(to - start)));
		if (at == end)
			break;
		at++;
	}
	return count;
}

/* ---- Entries ---- */

static bool read_names(
	struct suppression_file *file, const struct slice *fields, size_t count)
{
	int places[COLUMNS];
	int what;

	memset(places, -1, sizeof(places));
	for (size_t i = 0; i < count; i++) {
		if (slice_index(fields[i], '@') < fields[i].size)
			return false;
		what = meaning_of(columns, fields[i]);
		if (what >= 0 && places[what] < 0)
			places[what] = (int)i;
	}
	if (places[ADDRESS] < 0)
		return false;
	memcpy(file->places, places, sizeof(places));
	return true;
}

static bool set_time(struct value *entry, const char *name, struct slice text)
{
	char copy[64];
	int64_t ms;

	if (text.size == 0)
		return true;
	if (slice_to_i64(text, &ms))
		ms = ms < MS_FROM ? ms * 1000 : ms;
	else if (!slice_to_text(text, copy, sizeof(copy)) || !moment_parse(copy, &ms))
		return fail(FAILURE_DATA, "\"%.*s\" is no time", SLICE_PRINT(text));
	value_set_number(entry, name, ms);
	return true;
}

/* A reason in words of others is a detail. */
static void set_reason(struct value *entry, struct slice reason, struct slice detail)
{
	int what = meaning_of(reason_words, reason);

	if (what >= 0)
		value_set_text(entry, "reason", slice_of(reasons[what]));
	else if (detail.size == 0)
		detail = reason;
	if (detail.size)
		value_set_text(entry, "detail", detail);
}

static struct slice column(const struct suppression_file *file,
	const struct slice *fields, size_t count, enum column column)
{
	int place = file->places[column];

	return place >= 0 && (size_t)place < count ? fields[place] : SLICE_EMPTY;
}

static enum suppression_line take_fields(const struct suppression_file *file,
	const struct slice *fields, size_t count, struct value **entry_r)
{
	struct value *entry = value_object();
	struct slice tenant = column(file, fields, count, TENANT);

	value_set_text(entry, "address", column(file, fields, count, ADDRESS));
	if (tenant.size)
		value_set_text(entry, "tenant", tenant);
	set_reason(entry, column(file, fields, count, REASON),
		column(file, fields, count, DETAIL));
	if (set_time(entry, "since_ms", column(file, fields, count, SINCE)) &&
		set_time(entry, "until_ms", column(file, fields, count, UNTIL))) {
		*entry_r = entry;
		return SUPPRESSION_LINE;
	}
	value_release(&entry);
	return SUPPRESSION_LINE_WRONG;
}

enum suppression_line suppression_file_next(
	struct suppression_file *file, struct value **entry_r)
{
	struct slice fields[FIELDS_MAX], text;
	size_t count;
	bool first;

	for (;;) {
		if (!read_record(file))
			return failure_kind_last() == FAILURE_DATA
				       ? SUPPRESSION_LINE_WRONG
				       : SUPPRESSION_LINE_END;
		text = slice_trim_all(buffer_contents(&file->text));
		first = !file->begun;
		file->begun = true;
		if (first && slice_starts(text, SLICE("\xef\xbb\xbf")))
			text = slice_from(text, 3);
		if (text.size == 0 || text.at[0] == '#')
			continue;
		if (text.at[0] == '{') {
			*entry_r = value_parse(text);
			return *entry_r ? SUPPRESSION_LINE : SUPPRESSION_LINE_WRONG;
		}
		if (first && slice_index(text, ',') == text.size)
			file->separator = ';';
		count = split(text, file->separator, fields);
		if (!first || !read_names(file, fields, count))
			return take_fields(file, fields, count, entry_r);
	}
}

/* ---- Printing ---- */

static void print_field(struct slice text, char behind, struct buffer *into)
{
	bool plain = true;

	for (size_t i = 0; plain && i < text.size; i++)
		plain = !strchr("\",;\r\n", text.at[i]);
	if (!plain)
		buffer_append_byte(into, '"');
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '"')
			buffer_append_byte(into, '"');
		buffer_append_byte(into, text.at[i]);
	}
	if (!plain)
		buffer_append_byte(into, '"');
	buffer_append_byte(into, behind);
}

static void print_time(int64_t ms, struct buffer *into)
{
	char text[CLOCK_TEXT_SIZE];

	print_field(ms ? clock_format_iso(ms, text) : SLICE_EMPTY, ',', into);
}

void suppression_file_print_names(struct buffer *into)
{
	buffer_append(into, SLICE("address,tenant,reason,since,until,detail\r\n"));
}

void suppression_file_print(const struct value *entry, struct buffer *into)
{
	print_field(value_get_text(entry, "address"), ',', into);
	print_field(value_get_text(entry, "tenant"), ',', into);
	print_field(value_get_text(entry, "reason"), ',', into);
	print_time(value_get_number(entry, "since_ms"), into);
	print_time(value_get_number(entry, "until_ms"), into);
	print_field(value_get_text(entry, "detail"), '\r', into);
	buffer_append_byte(into, '\n');
}
