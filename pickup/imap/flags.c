/* Names of flags and attributes; see flags.h. */
#include "imap/flags.h"

struct named {
	const char *name;
	uint32_t bit;
};

static const struct named flags[] = {
	{"\\Answered", IMAP_ANSWERED},
	{"\\Flagged", IMAP_FLAGGED},
	{"\\Deleted", IMAP_DELETED},
	{"\\Seen", IMAP_SEEN},
	{"\\Draft", IMAP_DRAFT},
	{"\\Recent", IMAP_RECENT},
	{NULL, 0},
};

static const struct named attributes_known[] = {
	{"\\NonExistent", IMAP_NONEXISTENT},
	{"\\Noselect", IMAP_NOSELECT},
	{"\\Noinferiors", IMAP_NOINFERIORS},
	{"\\HasChildren", IMAP_HASCHILDREN},
	{"\\HasNoChildren", IMAP_HASNOCHILDREN},
	{"\\Marked", IMAP_MARKED},
	{"\\Unmarked", IMAP_UNMARKED},
	{"\\Subscribed", IMAP_SUBSCRIBED},
	{"\\Remote", IMAP_REMOTE},
	{"\\All", IMAP_USE_ALL},
	{"\\Archive", IMAP_USE_ARCHIVE},
	{"\\Drafts", IMAP_USE_DRAFTS},
	{"\\Flagged", IMAP_USE_FLAGGED},
	{"\\Junk", IMAP_USE_JUNK},
	{"\\Sent", IMAP_USE_SENT},
	{"\\Trash", IMAP_USE_TRASH},
	{"\\Important", IMAP_USE_IMPORTANT},
	{NULL, 0},
};

static uint32_t find(const struct named *list, struct slice name)
{
	for (; list->name; list++) {
		if (slice_equal_nocase(slice_of(list->name), name))
			return list->bit;
	}
	return 0;
}

/* "(" and those that are set. */
static bool write_set(struct buffer *out, const struct named *list, uint32_t bits)
{
	bool any = false;

	buffer_append_byte(out, '(');
	for (; list->name; list++) {
		if (!(bits & list->bit))
			continue;
		if (any)
			buffer_append_byte(out, ' ');
		buffer_append(out, slice_of(list->name));
		any = true;
	}
	return any;
}

uint8_t imap_flag_of(struct slice name)
{
	return (uint8_t)find(flags, name);
}

void imap_flags_write(struct buffer *out, const struct imap_flags *set)
{
	bool any = write_set(out, flags, set->system);

	for (size_t i = 0; i < set->keyword_count; i++) {
		if (any)
			buffer_append_byte(out, ' ');
		buffer_append(out, set->keywords[i]);
		any = true;
	}
	buffer_append_byte(out, ')');
}

void imap_flags_write_words(struct buffer *out, uint8_t system, struct slice words)
{
	if (write_set(out, flags, system) && words.size)
		buffer_append_byte(out, ' ');
	buffer_append(out, words);
	buffer_append_byte(out, ')');
}

struct slice imap_keywords_join(struct arena *arena, const struct imap_flags *set)
{
	struct buffer out = {0};
	struct slice words;

	for (size_t i = 0; i < set->keyword_count; i++) {
		if (i)
			buffer_append_byte(&out, ' ');
		buffer_append(&out, set->keywords[i]);
	}
	words = arena_copy(arena, buffer_contents(&out));
	buffer_finish(&out);
	return words;
}

bool imap_keywords_have(struct slice words, struct slice keyword)
{
	while (words.size) {
		if (slice_equal_nocase(slice_cut(&words, ' '), keyword))
			return true;
	}
	return false;
}

uint32_t imap_use_of(struct slice name)
{
	return find(attributes_known, name) & IMAP_USES;
}

void imap_attributes_write(struct buffer *out, uint32_t attributes)
{
	(void)write_set(out, attributes_known, attributes);
	buffer_append_byte(out, ')');
}
