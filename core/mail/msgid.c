/* Makes and finds Message-IDs; see msgid.h. */
#include "mail/msgid.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

static void put_word(char *text, struct slice word);
static bool is_dot_atom(char c);

struct slice msgid_make(
	struct arena *arena, struct slice queue_id, struct slice hostname)
{
	size_t size = queue_id.size + hostname.size + 3;
	char *text = arena_take(arena, size);

	text[0] = '<';
	put_word(text + 1, queue_id);
	text[1 + queue_id.size] = '@';
	put_word(text + 2 + queue_id.size, hostname);
	text[size - 1] = '>';
	return (struct slice){text, size};
}

struct slice msgid_parse(struct slice value)
{
	size_t start = slice_index(value, '<');
	struct slice id = slice_from(value, start);
	size_t at, end = slice_index(id, '>');

	if (end == id.size)
		return SLICE_EMPTY;
	id.size = end + 1;
	at = slice_index(id, '@');
	if (at < 2 || at + 2 > end)
		return SLICE_EMPTY;
	for (size_t i = 0; i < id.size; i++) {
		if ((unsigned char)id.at[i] <= ' ' || id.at[i] == 0x7f)
			return SLICE_EMPTY;
	}
	return id;
}

static void put_word(char *text, struct slice word)
{
	for (size_t i = 0; i < word.size; i++)
		text[i] = is_dot_atom(word.at[i]) ? word.at[i] : '-';
}

/* RFC 5322 3.2.3, and what id-right adds is not needed: a host's name. */
static bool is_dot_atom(char c)
{
	return ascii_is_alnum(c) || (c && strchr(".!#$%&'*+-/=?^_`{|}~", c));
}
