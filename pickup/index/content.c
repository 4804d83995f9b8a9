/* The texts that SEARCH looks at (imap/texts.h, ENVELOPE), as words; see content.h. */
#include "index/content.h"

#include "base/memory.h"
#include "imap/envelope_read.h"
#include "imap/texts.h"

static const struct {
	enum gram_place place;
	enum envelope_field field;
} fields[] = {
	{GRAM_FROM, ENVELOPE_FROM},
	{GRAM_TO, ENVELOPE_TO},
	{GRAM_TO, ENVELOPE_CC},
	{GRAM_TO, ENVELOPE_BCC},
	{GRAM_SUBJECT, ENVELOPE_SUBJECT},
	{GRAM_IDS, ENVELOPE_MESSAGE_ID},
	{GRAM_IDS, ENVELOPE_IN_REPLY_TO},
};

bool content_words(struct grams *grams, struct slice message, const struct facts *facts,
	struct arena *arena, struct buffer *out)
{
	size_t from = buffer_size(out);
	struct texts texts;

	for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
		if (!i || fields[i].place != fields[i - 1].place)
			grams_begin(grams);
		grams_write(grams, fields[i].place,
			envelope_text(arena, facts->envelope, fields[i].field), out);
	}
	texts_read(arena, message, &texts);
	grams_begin(grams);
	grams_write(grams, GRAM_HEADER, texts.header, out);
	grams_begin(grams);
	for (size_t i = 0; i < texts.part_count; i++) {
		grams_write(grams, GRAM_PARTS, texts.parts[i], out);
		if (buffer_size(out) - from > CONTENT_WORDS_MAX)
			return false;
	}
	return buffer_size(out) - from <= CONTENT_WORDS_MAX;
}
