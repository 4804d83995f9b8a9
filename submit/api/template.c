/* {{name}} in a text replaced by what variables say. */
#include "api/message.h"

#include <string.h>

#define NAME_SIZE_MAX 64

static bool append_escaped(struct buffer *out, struct slice text)
{
	bool good = true;

	for (size_t i = 0; good && i < text.size; i++)
		switch (text.at[i]) {
		case '&':
			good = buffer_append(out, SLICE("&amp;"));
			break;
		case '<':
			good = buffer_append(out, SLICE("&lt;"));
			break;
		case '>':
			good = buffer_append(out, SLICE("&gt;"));
			break;
		case '"':
			good = buffer_append(out, SLICE("&quot;"));
			break;
		case '\'':
			good = buffer_append(out, SLICE("&#39;"));
			break;
		default:
			good = buffer_append_byte(out, text.at[i]);
		}
	return good;
}

static bool is_name(struct slice name)
{
	for (size_t i = 0; i < name.size; i++)
		if (!ascii_is_alnum(name.at[i]) &&
			(!name.at[i] || !strchr("-_.", name.at[i])))
			return false;
	return name.size > 0 && name.size <= NAME_SIZE_MAX;
}

static bool put_value(struct slice name, const struct doc *variables, bool escaped,
	struct problems *problems, const struct place *place, struct buffer *out)
{
	const struct doc *value = doc_get_slice(variables, name);
	struct slice text = doc_print(value);

	if (!value || !text.at)
		return problem_add(problems, place, "there is no variable for {{%.*s}}",
			SLICE_PRINT(name));
	return escaped ? append_escaped(out, text) : buffer_append(out, text);
}

bool template_next(struct slice *text, struct template_piece *piece_r)
{
	size_t at = slice_find(*text, SLICE("{{")), end;
	struct slice rest = slice_from(*text, at + 2);
	bool raw = slice_starts(rest, SLICE("{"));

	*piece_r = (struct template_piece){.before = slice_part(*text, 0, at)};
	if (at == text->size) {
		*text = SLICE_EMPTY;
		return false;
	}
	end = slice_find(rest, raw ? SLICE("}}}") : SLICE("}}"));
	piece_r->name = slice_trim(slice_part(rest, raw, end - raw));
	piece_r->raw = raw;
	if (end < rest.size && is_name(piece_r->name)) {
		*text = slice_from(rest, end + (raw ? 3 : 2));
		return true;
	}
	piece_r->name = SLICE_EMPTY;
	piece_r->broken = slice_from(*text, at);
	*text = rest;
	return true;
}

/* What is no {{name}} stays as it is: styles and scripts have braces, too. */
bool template_fill(struct slice text, const struct doc *variables, bool html,
	struct problems *problems, const struct place *place, struct buffer *out)
{
	struct template_piece piece;
	bool good = true;

	while (good && template_next(&text, &piece)) {
		good = buffer_append(out, piece.before);
		if (piece.name.at)
			good = good &&
			       put_value(piece.name, variables, html && !piece.raw,
				       problems, place, out);
		else
			good = good && buffer_append(out, SLICE("{{"));
	}
	return good && buffer_append(out, piece.before);
}
