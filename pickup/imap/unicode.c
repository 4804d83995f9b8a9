/* Keys by the tables of libunistring; see unicode.h. */
#include "imap/unicode.h"

#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/memory.h"
#include "mail/text.h"

#define WINDOW	    4096 /* bytes of keys that are looked at together */
#define KEY_MAX	    256	 /* … of one character, at most */
#define NESTED_MOST 4	 /* decompositions within one another */

static size_t put_code(char *to, ucs4_t code)
{
	int size = u8_uctomb((uint8_t *)to, code, 6);

	return size > 0 ? (size_t)size : 0;
}

/* A character's decomposition, and that of what it consists of. */
static size_t decompose(char *to, size_t room, ucs4_t code, unsigned nested)
{
	ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
	int tag, count;
	size_t size = 0;

	if (room < 6)
		return 0;
	count = nested ? uc_decomposition(code, &tag, parts) : -1;
	if (count < 0)
		return put_code(to, code);
	for (int i = 0; i < count; i++)
		size += decompose(to + size, room - size, parts[i], nested - 1);
	return size;
}

/* The key of the character at the start of TEXT, whose bytes are returned. */
static size_t key_of(struct slice text, char to[KEY_MAX], size_t *size_r)
{
	unsigned char c = (unsigned char)text.at[0];
	uint32_t code;
	size_t bytes;

	if (c < 0x80) {
		to[0] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
		*size_r = 1;
		return 1;
	}
	bytes = text_character(text, &code);
	if (!bytes) {
		to[0] = text.at[0];
		*size_r = 1;
		return 1;
	}
	*size_r = decompose(to, KEY_MAX, uc_totitle(code), NESTED_MOST);
	return bytes;
}

#define EACH_BYTE (UINT64_MAX / 255)

/* As long as all is ASCII: SIZE bytes at most, eight at a time; how many. */
static size_t fill_ascii(char *to, struct slice text, size_t size)
{
	size_t done = 0;

	size = text.size < size ? text.size : size;
	for (; size - done >= sizeof(uint64_t); done += sizeof(uint64_t)) {
		uint64_t word, above;

		memcpy(&word, text.at + done, sizeof(word));
		if (word & EACH_BYTE * 0x80)
			break;
		/* The high bit of bytes from 'a' on, without those behind 'z'. */
		above = (word + EACH_BYTE * (0x80 - 'a')) &
			~(word + EACH_BYTE * (0x7f - 'z')) & EACH_BYTE * 0x80;
		word -= above >> 2;
		memcpy(to + done, &word, sizeof(word));
	}
	return done;
}

/* As many keys as there is room for; what of TEXT is left. */
static struct slice fill(char *window, size_t *used, size_t room, struct slice text)
{
	while (text.size && *used + KEY_MAX <= room) {
		size_t bytes = fill_ascii(window + *used, text, room - *used);
		size_t size = bytes;

		/* One that is not, or at the end. */
		if (!bytes)
			bytes = key_of(text, window + *used, &size);
		text = slice_from(text, bytes);
		*used += size;
	}
	return text;
}

void unicode_key_write(struct buffer *out, struct slice text)
{
	while (text.size) {
		size_t used = 0;
		size_t room = (text.size < WINDOW ? text.size : WINDOW) + KEY_MAX;
		char *to = buffer_reserve(out, room);

		if (!to)
			return;
		text = fill(to, &used, room, text);
		buffer_advance(out, used);
	}
}

struct slice unicode_key(struct arena *arena, struct slice text)
{
	struct buffer out = {0};
	struct slice key;

	buffer_reserve(&out, text.size + 1);
	unicode_key_write(&out, text);
	key = arena_copy(arena, buffer_contents(&out));
	buffer_finish(&out);
	return key;
}

bool unicode_has(struct slice text, struct slice key)
{
	size_t room = WINDOW + KEY_MAX + key.size, used = 0;
	bool found = !key.size;
	char *window;

	if (found)
		return true;
	window = memory_resize(NULL, room);
	while (!found && text.size) {
		text = fill(window, &used, room, text);
		found = memmem(window, used, key.at, key.size) != NULL;
		if (used >= key.size) { /* its beginning may be at the end */
			memmove(window, window + used - (key.size - 1), key.size - 1);
			used = key.size - 1;
		}
	}
	memory_free(window);
	return found;
}

struct slice unicode_compose(struct arena *arena, struct slice name)
{
	size_t size = 0;
	uint8_t *composed;
	struct slice copy = name;

	if (text_is_ascii(name))
		return name;
	composed = u8_normalize(
		UNINORM_NFC, (const uint8_t *)name.at, name.size, NULL, &size);
	if (composed)
		copy = arena_copy(arena, slice_make(composed, size));
	free(composed);
	return copy;
}
