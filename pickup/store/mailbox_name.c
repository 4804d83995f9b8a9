/* Which names mailboxes may have; see mailbox.h. */
#include <string.h>

#include "mail/text.h"
#include "store/mailbox.h"

bool mailbox_name_prepare(struct slice name, struct arena *arena, struct slice *name_r)
{
	struct slice rest = name, level = slice_cut(&rest, '/');
	size_t levels = 1;
	char *text;

	if (name.size > MAILBOX_NAME_MAX || !text_is_utf8(name))
		return false;
	for (size_t i = 0; i < name.size; i++) {
		unsigned char c = (unsigned char)name.at[i];

		if (c < ' ' || c == 0x7f)
			return false;
	}
	text = arena_copy_text(arena, name);
	if (slice_equal_nocase(level, SLICE("INBOX")))
		memcpy(text, "INBOX", 5);
	for (; level.size; level = slice_cut(&rest, '/')) {
		if (!rest.at) {
			*name_r = slice_make(text, name.size);
			return levels <= MAILBOX_LEVELS_MAX;
		}
		levels++;
	}
	return false;
}
