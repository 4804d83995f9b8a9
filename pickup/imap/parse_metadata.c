/* Reads GETMETADATA and SETMETADATA (RFC 5464 5), and writes their answer. */
#include "imap/metadata.h"

#include "imap/lex_core.h"
#include "imap/parse_core.h"
#include "imap/write.h"

/* ROOT_TOO: all there are may be asked for. RFC 5464 3.2: levels that are not empty, of
 * ASCII; '*' and '%' are not for names. */
static bool is_entry(struct slice name, bool root_too)
{
	if (root_too && (slice_equal(name, SLICE("/private")) ||
				slice_equal(name, SLICE("/shared"))))
		return true;
	if (!slice_starts(name, SLICE("/private/")) &&
		!slice_starts(name, SLICE("/shared/")))
		return false;
	for (size_t i = 0; i < name.size; i++) {
		unsigned char c = (unsigned char)name.at[i];

		if (c < ' ' || c > '~' || c == '*' || c == '%' ||
			(c == '/' && (i + 1 == name.size || name.at[i + 1] == '/')))
			return false;
	}
	return name.size <= IMAP_ENTRY_NAME_MAX;
}

/* Their case does not matter. */
static bool take_entry(struct lex *lex, struct imap_metadata *args, bool root_too)
{
	struct slice text;
	char *name;

	if (!lex_astring(lex, &text))
		return false;
	if (args->count == IMAP_ENTRIES_MAX)
		return lex_no(lex, "METADATA TOOMANY", "Too many entries in a command");
	name = arena_copy_text(lex->arena, text);
	for (size_t i = 0; i < text.size; i++)
		name[i] = ascii_lower(name[i]);
	text = slice_make(name, text.size);
	if (!is_entry(text, root_too))
		return lex_bad(lex, "No entry can be called that");
	args->entries = arena_grow(
		lex->arena, args->entries, args->count, sizeof(*args->entries));
	args->entries[args->count++] = (struct imap_entry_value){.entry = text};
	return true;
}

/* "(MAXSIZE 1024 DEPTH infinity)" */
static bool take_options(struct lex *lex, struct imap_metadata *args)
{
	do {
		if (lex_if_word(lex, "MAXSIZE")) {
			args->has_size = true;
			if (!lex_space(lex) || !lex_number64(lex, &args->size))
				return false;
		} else if (!lex_word(lex, "DEPTH") || !lex_space(lex)) {
			return false;
		} else if (lex_if_word(lex, "infinity")) {
			args->all = args->children = true;
		} else if (lex_if_char(lex, '1')) {
			args->children = true;
		} else if (!lex_char(lex, '0')) {
			return false;
		}
	} while (lex_if_char(lex, ' '));
	return lex_char(lex, ')');
}

/* Options stand before the mailbox (RFC 5464 5); its examples have them behind it. */
bool imap_parse_getmetadata(struct lex *lex, struct imap_command *command)
{
	struct imap_metadata *args = &command->metadata;
	bool list;

	if (!lex_space(lex))
		return false;
	if (lex_if_char(lex, '(') && (!take_options(lex, args) || !lex_space(lex)))
		return false;
	if (!lex_mailbox(lex, &args->mailbox) || !lex_space(lex))
		return false;
	list = lex_if_char(lex, '(');
	if (list && !lex_is_char(lex, '/') && !lex_is_char(lex, '"') &&
		!lex_is_char(lex, '{')) {
		if (!take_options(lex, args) || !lex_space(lex))
			return false;
		list = lex_if_char(lex, '(');
	}
	do {
		if (!take_entry(lex, args, true))
			return false;
	} while (list && lex_if_char(lex, ' '));
	return !list || lex_char(lex, ')');
}

bool imap_parse_setmetadata(struct lex *lex, struct imap_command *command)
{
	struct imap_metadata *args = &command->metadata;

	if (!lex_space(lex) || !lex_mailbox(lex, &args->mailbox) || !lex_space(lex) ||
		!lex_char(lex, '('))
		return false;
	do {
		if (!take_entry(lex, args, false) || !lex_space(lex) ||
			!lex_nstring(lex, &args->entries[args->count - 1].value))
			return false;
	} while (lex_if_char(lex, ' '));
	return lex_char(lex, ')');
}

static void write_value(struct buffer *out, struct slice value)
{
	if (value.at && slice_index(value, '\0') < value.size) {
		buffer_append_format(out, "~{%zu}\r\n", value.size);
		buffer_append(out, value);
	} else {
		imap_write_nstring(out, value, false);
	}
}

void imap_write_metadata(struct buffer *out, struct slice mailbox,
	const struct imap_entry_value *entries, size_t count, bool utf8)
{
	if (!count)
		return;
	buffer_append(out, SLICE("* METADATA "));
	if (mailbox.size)
		imap_write_mailbox(out, mailbox, utf8);
	else
		buffer_append(out, SLICE("\"\""));
	for (size_t i = 0; i < count; i++) {
		buffer_append(out, i ? SLICE(" ") : SLICE(" ("));
		imap_write_astring(out, entries[i].entry, false);
		buffer_append_byte(out, ' ');
		write_value(out, entries[i].value);
	}
	buffer_append(out, SLICE(")\r\n"));
}
