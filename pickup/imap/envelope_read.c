/* Reads envelopes; see envelope_read.h. */
#include "imap/envelope_read.h"

#include "base/buffer.h"
#include "imap/lex.h"
#include "mail/mime_decode.h"

/* One value, whatever it is. */
static bool skip(struct lex *lex)
{
	unsigned depth = 0;

	do {
		struct slice text;

		if (lex_if_char(lex, '('))
			depth++;
		else if (lex_if_char(lex, ')'))
			depth -= depth ? 1 : 0;
		else if (!lex_if_char(lex, ' ') && !lex_nstring(lex, &text))
			return false;
	} while (depth);
	return true;
}

static void add_address(
	struct arena *arena, const struct slice parts[4], struct buffer *out)
{
	struct slice name = mime_decode_words(arena, parts[0]);

	if (buffer_size(out))
		buffer_append(out, SLICE(", "));
	if (!parts[3].at) { /* a group's name, or its end */
		buffer_append(out, parts[2]);
		return;
	}
	if (name.size) {
		buffer_append(out, name);
		buffer_append(out, SLICE(" <"));
	}
	buffer_append(out, parts[2]);
	if (parts[3].size)
		buffer_append_byte(out, '@');
	buffer_append(out, parts[3]);
	if (name.size)
		buffer_append_byte(out, '>');
}

static struct slice read_addresses(struct lex *lex)
{
	struct buffer out = {0};
	struct slice text = SLICE_EMPTY;

	if (lex_if_word(lex, "NIL") || !lex_char(lex, '('))
		return text;
	while (lex_if_char(lex, '(')) {
		struct slice parts[4];

		for (int i = 0; i < 4; i++) {
			if ((i && !lex_space(lex)) || !lex_nstring(lex, &parts[i]))
				goto done;
		}
		add_address(lex->arena, parts, &out);
		if (!lex_char(lex, ')'))
			break;
	}
done:
	text = arena_copy(lex->arena, buffer_contents(&out));
	buffer_finish(&out);
	return text.at ? text : SLICE("");
}

struct slice envelope_text(
	struct arena *arena, struct slice envelope, enum envelope_field field)
{
	struct lex lex = {.rest = envelope, .arena = arena};
	struct slice text = SLICE_EMPTY;

	if (!lex_char(&lex, '('))
		return text;
	for (int i = 0; i < (int)field; i++) {
		if (!skip(&lex) || !lex_space(&lex))
			return text;
	}
	if (field >= ENVELOPE_FROM && field <= ENVELOPE_BCC)
		return read_addresses(&lex);
	if (!lex_nstring(&lex, &text))
		return SLICE_EMPTY;
	if (text.size && field == ENVELOPE_SUBJECT)
		return mime_decode_words(arena, text);
	return text;
}
