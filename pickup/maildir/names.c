/* Reads and writes names in a Maildir++; see names.h. */
#include "maildir/names.h"

#include "base/memory.h"
#include "imap/utf7.h"
#include "store/mailbox.h"
#include "state/state.h"

/* Seconds since 1970, of this century. */
#define STAMP_MIN 946684800
#define STAMP_MAX 4102444800

static const struct {
	char letter;
	uint8_t flag;
} letters[] = {
	{'D', MESSAGE_DRAFT},
	{'F', MESSAGE_FLAGGED},
	{'R', MESSAGE_ANSWERED},
	{'S', MESSAGE_SEEN},
	{'T', MESSAGE_DELETED},
};

static void read_letter(struct message_name *name, char letter)
{
	for (size_t i = 0; i < ARRAY_COUNT(letters); i++) {
		if (letters[i].letter == letter)
			name->flags |= letters[i].flag;
	}
	if (letter == 'P')
		name->forwarded = true;
	if (letter >= 'a' && letter <= 'z')
		name->letters |= 1u << (letter - 'a');
}

struct message_name message_name_read(struct slice text)
{
	struct message_name name = {0};
	size_t info = slice_find(text, SLICE(":2,"));
	uint64_t stamp;

	if (slice_to_u64(slice_part(text, 0, slice_index(text, '.')), &stamp) &&
		stamp >= STAMP_MIN && stamp <= STAMP_MAX)
		name.internal_ms = (int64_t)stamp * 1000;
	for (size_t i = info + 3; i < text.size; i++)
		read_letter(&name, text.at[i]);
	return name;
}

void message_name_write_info(struct buffer *out, const struct message_name *name)
{
	buffer_append(out, SLICE("2,"));
	for (size_t i = 0; i < ARRAY_COUNT(letters); i++) {
		/* In the order of ASCII. */
		if (letters[i].letter == 'R' && name->forwarded)
			buffer_append_byte(out, 'P');
		if (name->flags & letters[i].flag)
			buffer_append_byte(out, letters[i].letter);
	}
	for (unsigned i = 0; i < LETTERS; i++) {
		if (name->letters & 1u << i)
			buffer_append_byte(out, (char)('a' + i));
	}
}

/* A level's name, "\2e" for '.'. */
static void unescape(struct buffer *out, struct slice level)
{
	size_t at;

	while ((at = slice_find(level, SLICE("\\2e"))) < level.size) {
		buffer_append(out, slice_part(level, 0, at));
		buffer_append_byte(out, '.');
		level = slice_from(level, at + 3);
	}
	buffer_append(out, level);
}

bool folder_name_read(struct slice folder, struct arena *arena, struct slice *name_r)
{
	struct buffer path = {0};
	struct slice name;
	bool good = slice_starts(folder, SLICE(".")) && folder.size > 1;

	folder = slice_from(folder, 1);
	while (good && folder.at) {
		struct slice level = slice_cut(&folder, '.');

		good = level.size && slice_index(level, '/') == level.size;
		if (buffer_size(&path))
			buffer_append_byte(&path, '/');
		unescape(&path, level);
	}
	/* Dovecot's newer ones are UTF-8 already. */
	name = arena_copy(arena, buffer_contents(&path));
	buffer_finish(&path);
	if (!good)
		return false;
	if (utf7_decode(arena, name, &folder))
		name = folder;
	return mailbox_name_prepare(name, arena, name_r);
}

void folder_name_write(struct buffer *out, struct slice name)
{
	struct buffer encoded = {0};
	struct slice rest;

	utf7_encode(&encoded, name);
	rest = buffer_contents(&encoded);
	buffer_append_byte(out, '.');
	for (size_t i = 0; i < rest.size; i++) {
		if (rest.at[i] == '.')
			buffer_append(out, SLICE("\\2e"));
		else
			buffer_append_byte(out, rest.at[i] == '/' ? '.' : rest.at[i]);
	}
	buffer_finish(&encoded);
}
