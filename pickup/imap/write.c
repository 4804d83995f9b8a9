/* Writes strings, names and states; see write.h. */
#include "imap/write.h"

#include <inttypes.h>

#include "imap/lex_core.h"
#include "imap/utf7.h"
#include "mail/text.h"
#include "mime/imap_text.h"

#define QUOTED_MAX 1000

void imap_write_nstring(struct buffer *out, struct slice text, bool utf8)
{
	/* UTF-8 without controls has no CR, LF, NUL, either. */
	if (!utf8 || !text.at || text.size > QUOTED_MAX || text_is_ascii(text) ||
		!text_is_utf8(text)) {
		imap_nstring(out, text);
		return;
	}
	buffer_append_byte(out, '"');
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			buffer_append_byte(out, '\\');
		buffer_append_byte(out, text.at[i]);
	}
	buffer_append_byte(out, '"');
}

void imap_write_astring(struct buffer *out, struct slice text, bool utf8)
{
	size_t size = 0;

	while (size < text.size && lex_is_atom_char(text.at[size]))
		size++;
	if (size && size == text.size && !slice_equal_nocase(text, SLICE("NIL")))
		buffer_append(out, text);
	else
		imap_write_nstring(out, text.at ? text : slice_make("", 0), utf8);
}

void imap_write_mailbox(struct buffer *out, struct slice name, bool utf8)
{
	struct buffer encoded = {0};

	if (utf8 || (text_is_ascii(name) && slice_index(name, '&') == name.size)) {
		imap_write_astring(out, name, utf8);
		return;
	}
	utf7_encode(&encoded, name);
	imap_write_astring(out, buffer_contents(&encoded), false);
	buffer_finish(&encoded);
}

void imap_write_state(struct buffer *out, struct slice tag, const char *kind,
	struct slice code, const char *text)
{
	buffer_append(out, tag);
	buffer_append_format(out, " %s ", kind);
	if (code.size) {
		buffer_append_byte(out, '[');
		buffer_append(out, code);
		buffer_append(out, SLICE("] "));
	}
	buffer_append(out, slice_of(text));
	buffer_append(out, SLICE("\r\n"));
}

void imap_code_appenduid(
	struct buffer *code, uint32_t uidvalidity, const struct uid_set *uids)
{
	buffer_append_format(code, "APPENDUID %" PRIu32 " ", uidvalidity);
	uid_set_write(uids, code);
}

void imap_code_copyuid(struct buffer *code, uint32_t uidvalidity,
	const struct uid_set *from, const struct uid_set *to)
{
	buffer_append_format(code, "COPYUID %" PRIu32 " ", uidvalidity);
	uid_set_write(from, code);
	buffer_append_byte(code, ' ');
	uid_set_write(to, code);
}

void imap_write_number(struct buffer *out, uint32_t number, const char *name)
{
	buffer_append(out, SLICE("* "));
	buffer_append_number(out, number);
	buffer_append_byte(out, ' ');
	buffer_append(out, slice_of(name));
	buffer_append(out, SLICE("\r\n"));
}

void imap_write_words(
	struct buffer *out, const char *name, const struct slice *words, size_t count)
{
	buffer_append_format(out, "* %s", name);
	for (size_t i = 0; i < count; i++) {
		buffer_append_byte(out, ' ');
		buffer_append(out, words[i]);
	}
	buffer_append(out, SLICE("\r\n"));
}

void imap_write_flags(struct buffer *out, const struct imap_flags *flags)
{
	buffer_append(out, SLICE("* FLAGS "));
	imap_flags_write(out, flags);
	buffer_append(out, SLICE("\r\n"));
}

void imap_write_permanent_flags(
	struct buffer *out, const struct imap_flags *flags, bool more)
{
	buffer_append(out, SLICE("* OK [PERMANENTFLAGS "));
	imap_flags_write(out, flags);
	if (more) {
		buffer_truncate(out, buffer_size(out) - 1);
		buffer_append(out, flags->system || flags->keyword_count
					   ? SLICE(" \\*)")
					   : SLICE("\\*)"));
	}
	buffer_append(out, SLICE("] Flags that are kept\r\n"));
}

void imap_write_id(struct buffer *out, const struct imap_id *id)
{
	buffer_append(out, SLICE("* ID "));
	if (!id->count)
		buffer_append(out, SLICE("NIL"));
	for (size_t i = 0; i < id->count; i++) {
		buffer_append_byte(out, i ? ' ' : '(');
		imap_string(out, id->names[i]);
		buffer_append_byte(out, ' ');
		imap_nstring(out, id->values[i]);
	}
	buffer_append(out, id->count ? SLICE(")\r\n") : SLICE("\r\n"));
}
