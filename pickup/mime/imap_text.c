/* Writes strings for IMAP; see imap_text.h. */
#include "mime/imap_text.h"

#define QUOTED_MAX 1000

static bool can_be_quoted(struct slice text)
{
	if (text.size > QUOTED_MAX)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c == '\r' || c == '\n' || c >= 0x80)
			return false;
	}
	return true;
}

void imap_string(struct buffer *out, struct slice text)
{
	bool quoted = can_be_quoted(text);

	if (quoted)
		buffer_append_byte(out, '"');
	else
		buffer_append_format(out, "{%zu}\r\n", text.size);
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];

		if (quoted && (c == '"' || c == '\\'))
			buffer_append_byte(out, '\\');
		buffer_append_byte(out, c ? c : ' ');
	}
	if (quoted)
		buffer_append_byte(out, '"');
}

void imap_nstring(struct buffer *out, struct slice text)
{
	if (text.at)
		imap_string(out, text);
	else
		buffer_append(out, SLICE("NIL"));
}
