/* Finds the base of a subject, step by step as RFC 5256 2.1 numbers them. */
#include "mime/subject.h"

#include "mail/mime_decode.h"

/* Step 1: UTF-8, each run of white space one space. */
static struct slice collapse(struct arena *arena, struct slice value)
{
	struct slice text = mime_decode_words(arena, value);
	char *out = arena_take(arena, text.size + 1);
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];

		if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
			out[size++] = c;
		else if (size && out[size - 1] != ' ')
			out[size++] = ' ';
	}
	return slice_make(out, size);
}

static struct slice trim_end(struct slice text)
{
	while (text.size && text.at[text.size - 1] == ' ')
		text.size--;
	return text;
}

/* Step 2: subj-trailer. */
static struct slice cut_trailers(struct slice text, bool *answer)
{
	for (;;) {
		text = trim_end(text);
		if (!slice_ends_nocase(text, SLICE("(fwd)")))
			return text;
		text.size -= 5;
		*answer = true;
	}
}

static struct slice skip_spaces(struct slice text)
{
	while (text.size && text.at[0] == ' ')
		text = slice_from(text, 1);
	return text;
}

/* "[…] " at the start; 0: none. */
static size_t blob_size(struct slice text)
{
	size_t end;

	if (!slice_starts(text, SLICE("[")))
		return 0;
	end = slice_index(text, ']');
	if (end == text.size ||
		slice_index(slice_part(text, 1, end - 1), '[') < end - 1)
		return 0;
	return text.size - skip_spaces(slice_from(text, end + 1)).size;
}

/* subj-refwd: "re:", "fw:", "fwd:", with a blob before the colon; 0: none. */
static size_t answer_size(struct slice text)
{
	struct slice rest = text;

	if (slice_starts_nocase(rest, SLICE("fwd")))
		rest = slice_from(rest, 3);
	else if (slice_starts_nocase(rest, SLICE("re")) ||
		 slice_starts_nocase(rest, SLICE("fw")))
		rest = slice_from(rest, 2);
	else
		return 0;
	rest = skip_spaces(rest);
	rest = slice_from(rest, blob_size(rest));
	return slice_starts(rest, SLICE(":")) ? text.size - rest.size + 1 : 0;
}

/* Step 3: subj-leader: *blob "re:", or a space. False: there is none. */
static bool cut_leader(struct slice *text, bool *answer)
{
	struct slice rest = skip_spaces(*text);
	size_t size;

	while ((size = blob_size(rest)) > 0)
		rest = slice_from(rest, size);
	size = answer_size(rest);
	if (!size) {
		size = text->size - skip_spaces(*text).size;
		*text = skip_spaces(*text);
		return size > 0;
	}
	*text = slice_from(rest, size);
	*answer = true;
	return true;
}

/* Steps 3 to 5; a blob goes only where something stays. */
static struct slice cut_leaders(struct slice text, bool *answer)
{
	bool more = true;

	while (more) {
		size_t size;

		while (cut_leader(&text, answer))
			;
		size = blob_size(text);
		more = size > 0 && size < text.size;
		if (more)
			text = slice_from(text, size);
	}
	return text;
}

struct slice subject_base(struct arena *arena, struct slice value, bool *answer_r)
{
	struct slice text = collapse(arena, value);

	*answer_r = false;
	for (;;) {
		text = cut_leaders(cut_trailers(text, answer_r), answer_r);
		if (!slice_starts_nocase(text, SLICE("[fwd:")) ||
			!slice_ends(text, SLICE("]")))
			return trim_end(text);
		text = slice_part(text, 5, text.size - 6); /* step 6 */
		*answer_r = true;
	}
}
