/* Reads transcripts. */
#include "transcript.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/encode.h"
#include "base/memory.h"

struct reader {
	struct transcript *transcript;
	FILE *errors;
	size_t line;
};

static bool complain(struct reader *reader, const char *what)
{
	fprintf(reader->errors, "%s:%zu: %s\n", reader->transcript->path, reader->line,
		what);
	return false;
}

/* One escape at the start of *text, which moves on. */
static bool read_escape(struct slice *text, char *byte_r)
{
	static const struct {
		char name, byte;
	} simple[] = {{'r', '\r'}, {'n', '\n'}, {'t', '\t'}, {'0', '\0'}, {'\\', '\\'},
		{'"', '"'}};

	if (text->size < 2)
		return false;
	if (text->at[1] == 'x' && text->size >= 4) {
		bool good = hex_decode(slice_part(*text, 2, 2), byte_r);

		*text = slice_from(*text, 4);
		return good;
	}
	for (size_t i = 0; i < ARRAY_COUNT(simple); i++)
		if (text->at[1] == simple[i].name) {
			*byte_r = simple[i].byte;
			*text = slice_from(*text, 2);
			return true;
		}
	return false;
}

/* "…" with escapes, perhaps followed by *N: so many times. */
static bool read_string(struct reader *reader, struct slice text, struct slice *bytes_r)
{
	struct buffer once = {0}, all = {0};
	uint64_t times = 1;
	bool good = slice_starts(text, SLICE("\""));

	text = slice_from(text, 1);
	while (good && text.size && text.at[0] != '"') {
		char byte = text.at[0];

		if (byte == '\\')
			good = read_escape(&text, &byte);
		else
			text = slice_from(text, 1);
		buffer_append_byte(&once, byte);
	}
	good = good && slice_starts(text, SLICE("\""));
	text = slice_from(text, 1);
	if (good && text.size)
		good = text.at[0] == '*' && slice_to_u64(slice_from(text, 1), &times) &&
		       times <= 10000000;
	for (; good && times; times--)
		buffer_append(&all, buffer_contents(&once));
	*bytes_r = arena_copy(&reader->transcript->arena, buffer_contents(&all));
	buffer_finish(&once);
	buffer_finish(&all);
	return good ||
	       complain(reader, "bytes are \"…\" or \"…\"*N, escapes \\r \\n \\t "
				"\\0 \\xHH \\\\ \\\"");
}

static bool read_wait(struct reader *reader, struct slice text, int64_t *ms_r)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	size_t digits = 0;
	uint64_t number;

	while (digits < text.size && ascii_is_digit(text.at[digits]))
		digits++;
	if (slice_to_u64(slice_part(text, 0, digits), &number) && number < 100000000)
		for (size_t i = 0; i < ARRAY_COUNT(units); i++)
			if (slice_equal(slice_from(text, digits),
				    slice_of(units[i].name))) {
				*ms_r = (int64_t)number * units[i].ms;
				return true;
			}
	return complain(reader, "a time is a number and ms, s, m or h");
}

/* A whole line must match, so the expression is bound to both ends. */
static bool read_regex(struct reader *reader, struct slice text, struct step *step)
{
	char *bound = memory_format("^(%.*s)$", (int)text.size, text.at);
	int error = regcomp(&step->regex, bound, REG_EXTENDED | REG_NOSUB);
	char why[100];

	memory_free(bound);
	if (error == 0)
		return true;
	regerror(error, NULL, why, sizeof(why));
	return complain(reader, why);
}

static bool read_setting(struct reader *reader, struct slice text)
{
	struct transcript *t = reader->transcript;
	struct slice name = slice_cut(&text, ' ');

	if (t->setting_count == SETTINGS_MAX)
		return complain(reader, "too many settings");
	t->settings[t->setting_count].name = arena_copy_text(&t->arena, name);
	t->settings[t->setting_count++].value = arena_copy_text(&t->arena, text);
	return true;
}

static bool read_said(struct reader *reader, struct slice text, struct step *step)
{
	step->kind = STEP_SAY;
	if (slice_starts(text, SLICE("<raw ")))
		return read_string(reader, slice_from(text, 5), &step->bytes);
	if (text.size > 1 && text.at[1] != ' ')
		return complain(reader, "after < comes a space, or <raw \"…\"");
	step->bytes = arena_format(&reader->transcript->arena, "%.*s\r\n",
		(int)slice_from(text, 2).size, text.at + 2);
	return true;
}

static bool read_heard(struct reader *reader, struct slice text, struct step *step)
{
	if (slice_starts(text, SLICE(">~ "))) {
		step->kind = STEP_MATCH;
		step->bytes = arena_copy(
			&reader->transcript->arena, slice_from(text, 3));
		return read_regex(reader, slice_from(text, 3), step);
	}
	if (slice_starts(text, SLICE(">raw "))) {
		step->kind = STEP_HEAR_RAW;
		return read_string(reader, slice_from(text, 5), &step->bytes);
	}
	if (text.size > 1 && text.at[1] != ' ')
		return complain(
			reader, "after > comes a space, or >~ regex, >raw \"…\"");
	step->kind = STEP_HEAR;
	step->bytes = arena_copy(&reader->transcript->arena, slice_from(text, 2));
	return true;
}

static bool read_word(struct reader *reader, struct slice text, struct step *step)
{
	static const struct {
		const char *text;
		enum step_kind kind;
	} words[] = {
		{"close", STEP_CLOSE},
		{"expect closed", STEP_CLOSED},
		{"tls client", STEP_TLS_CLIENT},
		{"tls server", STEP_TLS_SERVER},
		{"deflate", STEP_DEFLATE},
	};

	if (slice_starts(text, SLICE("wait "))) {
		step->kind = STEP_WAIT;
		return read_wait(reader, slice_from(text, 5), &step->wait_ms);
	}
	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (slice_equal(text, slice_of(words[i].text))) {
			step->kind = words[i].kind;
			return true;
		}
	return complain(reader, "a line is <, >, >~, wait, close, expect closed, "
				"tls client, tls server, deflate, set or #");
}

static bool read_line(struct reader *reader, struct slice text)
{
	struct transcript *t = reader->transcript;
	struct step step = {.line = reader->line};
	bool good;

	if (text.size == 0 || text.at[0] == '#')
		return true;
	if (slice_starts(text, SLICE("set ")))
		return read_setting(reader, slice_from(text, 4));
	if (text.at[0] == '<')
		good = read_said(reader, text, &step);
	else if (text.at[0] == '>')
		good = read_heard(reader, text, &step);
	else
		good = read_word(reader, text, &step);
	if (!good)
		return false;
	if (step.kind == STEP_SAY)
		t->bytes_said += step.bytes.size;
	t->steps = memory_resize(t->steps, (t->count + 1) * sizeof(*t->steps));
	t->steps[t->count++] = step;
	return true;
}

struct transcript *transcript_read(const char *path, FILE *errors)
{
	struct transcript *t = NEW(struct transcript);
	struct reader reader = {.transcript = t, .errors = errors};
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t size;
	bool good = file != NULL;

	t->path = path;
	if (!file)
		fprintf(errors, "%s: %m\n", path);
	while (good && (size = getline(&line, &room, file)) > 0) {
		struct slice text = slice_make(line, (size_t)size);

		reader.line = ++t->lines;
		if (slice_ends(text, SLICE("\n")))
			text.size--;
		good = read_line(&reader, text);
	}
	free(line);
	if (file)
		fclose(file);
	if (!good)
		transcript_free(&t);
	return t;
}

void transcript_free(struct transcript **transcript)
{
	struct transcript *t = *transcript;

	*transcript = NULL;
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		if (t->steps[i].kind == STEP_MATCH)
			regfree(&t->steps[i].regex);
	memory_free(t->steps);
	arena_finish(&t->arena);
	memory_free(t);
}
