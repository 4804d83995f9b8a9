/* Writes ENVELOPE; see envelope.h. */
#include "mime/envelope.h"

#include "mime/addresses.h"
#include "mime/imap_text.h"

static struct slice field(
	const struct header *header, struct arena *arena, enum header_name name)
{
	const struct header_field *found = header_find(header, name);
	struct slice value = found ? header_unfold(arena, found->value) : SLICE_EMPTY;

	return found && !value.at ? SLICE("") : value;
}

/* Without a host it would be a group (RFC 9051 7.5.2): an address that has none has an
 * empty one. */
static void write_address(struct buffer *out, const struct mime_address *address)
{
	struct slice none = SLICE_EMPTY;
	struct slice host = address->host.at ? address->host : SLICE("");

	buffer_append_byte(out, '(');
	imap_nstring(out, address->name.size ? address->name : none);
	buffer_append_byte(out, ' ');
	imap_nstring(out, address->route.size ? address->route : none);
	buffer_append_byte(out, ' ');
	imap_nstring(out, address->kind == MIME_GROUP_END ? none : address->mailbox);
	buffer_append_byte(out, ' ');
	imap_nstring(out, address->kind == MIME_ADDRESS ? host : none);
	buffer_append_byte(out, ')');
}

/* All fields so named, as one list; false: there was no address. */
static bool write_addresses(const struct header *header, struct arena *arena,
	enum header_name name, struct buffer *out)
{
	const struct header_field *found = header_find(header, name);
	bool any = false;

	for (; found; found = header_find_next(header, found)) {
		const struct mime_address *list;
		size_t count;

		addresses_read(arena, found->value, &list, &count);
		if (count && !any)
			buffer_append_byte(out, '(');
		for (size_t i = 0; i < count; i++)
			write_address(out, &list[i]);
		any |= count > 0;
	}
	if (any)
		buffer_append_byte(out, ')');
	return any;
}

void envelope_write(
	const struct header *header, struct arena *arena, struct buffer *out)
{
	static const enum header_name lists[] = {HEADER_FROM, HEADER_SENDER,
		HEADER_REPLY_TO, HEADER_TO, HEADER_CC, HEADER_BCC};

	buffer_append_byte(out, '(');
	imap_nstring(out, field(header, arena, HEADER_DATE));
	buffer_append_byte(out, ' ');
	imap_nstring(out, field(header, arena, HEADER_SUBJECT));
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		bool like_from = lists[i] == HEADER_SENDER ||
				 lists[i] == HEADER_REPLY_TO;

		buffer_append_byte(out, ' ');
		if (!write_addresses(header, arena, lists[i], out) &&
			!(like_from &&
				write_addresses(header, arena, HEADER_FROM, out)))
			buffer_append(out, SLICE("NIL"));
	}
	buffer_append_byte(out, ' ');
	imap_nstring(out, field(header, arena, HEADER_IN_REPLY_TO));
	buffer_append_byte(out, ' ');
	imap_nstring(out, field(header, arena, HEADER_MESSAGE_ID));
	buffer_append_byte(out, ')');
}
