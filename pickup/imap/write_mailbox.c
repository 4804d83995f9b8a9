/* Writes what is said of mailboxes: LIST, STATUS, NAMESPACE, quotas, rights; see
 * write.h. */
#include "imap/write.h"

#include <inttypes.h>

#include "imap/match.h"

void imap_write_list(struct buffer *out, const struct imap_listed *listed, bool utf8)
{
	bool more = listed->child_subscribed || listed->old.size;

	buffer_append_format(out, "* %s ", listed->name);
	imap_attributes_write(out, listed->attributes);
	buffer_append_format(out, " \"%c\" ", IMAP_DELIMITER);
	imap_write_mailbox(out, listed->mailbox, utf8);
	if (more)
		buffer_append(out, SLICE(" ("));
	if (listed->child_subscribed)
		buffer_append(out, SLICE("\"CHILDINFO\" (\"SUBSCRIBED\")"));
	if (listed->old.size) {
		buffer_append(out, listed->child_subscribed ? SLICE(" \"OLDNAME\" (")
							    : SLICE("\"OLDNAME\" ("));
		imap_write_mailbox(out, listed->old, utf8);
		buffer_append_byte(out, ')');
	}
	buffer_append(out, more ? SLICE(")\r\n") : SLICE("\r\n"));
	if (listed->rights.at)
		imap_write_myrights(out, listed->mailbox, listed->rights, utf8);
}

void imap_write_status(struct buffer *out, struct slice mailbox, unsigned items,
	const struct imap_status_values *values, bool utf8)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{"MESSAGES", values->messages},
		{"RECENT", values->recent},
		{"UIDNEXT", values->uidnext},
		{"UIDVALIDITY", values->uidvalidity},
		{"UNSEEN", values->unseen},
		{"DELETED", values->deleted},
		{"SIZE", values->size},
		{"HIGHESTMODSEQ", values->highest_modseq},
		{NULL, 0},
		{"APPENDLIMIT", values->append_limit},
		{"DELETED-STORAGE", values->deleted_storage},
	};
	const char *space = "";

	buffer_append(out, SLICE("* STATUS "));
	imap_write_mailbox(out, mailbox, utf8);
	buffer_append(out, SLICE(" ("));
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (!(items & 1U << i))
			continue;
		if (numbers[i].name)
			buffer_append_format(out, "%s%s %" PRIu64, space,
				numbers[i].name, numbers[i].value);
		else
			buffer_append_format(out, "%sMAILBOXID (%.*s)", space,
				SLICE_PRINT(values->mailbox_id));
		space = " ";
	}
	buffer_append(out, SLICE(")\r\n"));
}

/* RFC 2342 5: a string, never an atom. */
static void write_prefix(struct buffer *out, struct slice prefix, bool there)
{
	if (!there) {
		buffer_append(out, SLICE("NIL"));
		return;
	}
	buffer_append(out, SLICE("(("));
	imap_write_nstring(out, prefix.at ? prefix : SLICE(""), false);
	buffer_append_format(out, " \"%c\"))", IMAP_DELIMITER);
}

void imap_write_namespace(struct buffer *out, struct slice others, struct slice shared)
{
	buffer_append(out, SLICE("* NAMESPACE "));
	write_prefix(out, SLICE_EMPTY, true);
	buffer_append_byte(out, ' ');
	write_prefix(out, others, others.size > 0);
	buffer_append_byte(out, ' ');
	write_prefix(out, shared, shared.size > 0);
	buffer_append(out, SLICE("\r\n"));
}

void imap_write_quota(
	struct buffer *out, struct slice root, const struct imap_usage *usage)
{
	buffer_append(out, SLICE("* QUOTA "));
	imap_write_nstring(out, root.at ? root : slice_make("", 0), true);
	buffer_append(out, SLICE(" ("));
	if (usage->has_storage)
		buffer_append_format(out, "STORAGE %" PRIu64 " %" PRIu64,
			usage->storage, usage->storage_limit);
	if (usage->has_message)
		buffer_append_format(out, "%sMESSAGE %" PRIu64 " %" PRIu64,
			usage->has_storage ? " " : "", usage->message,
			usage->message_limit);
	buffer_append(out, SLICE(")\r\n"));
}

void imap_write_quotaroot(
	struct buffer *out, struct slice mailbox, struct slice root, bool utf8)
{
	buffer_append(out, SLICE("* QUOTAROOT "));
	imap_write_mailbox(out, mailbox, utf8);
	buffer_append_byte(out, ' ');
	imap_write_nstring(out, root.at ? root : slice_make("", 0), utf8);
	buffer_append(out, SLICE("\r\n"));
}

void imap_write_acl(struct buffer *out, struct slice mailbox,
	const struct imap_entry *entries, size_t count, bool utf8)
{
	buffer_append(out, SLICE("* ACL "));
	imap_write_mailbox(out, mailbox, utf8);
	for (size_t i = 0; i < count; i++) {
		buffer_append_byte(out, ' ');
		imap_write_astring(out, entries[i].identifier, utf8);
		buffer_append_byte(out, ' ');
		imap_write_astring(out, entries[i].rights, utf8);
	}
	buffer_append(out, SLICE("\r\n"));
}

void imap_write_listrights(struct buffer *out, struct slice mailbox,
	struct slice identifier, struct slice always, struct slice optional, bool utf8)
{
	buffer_append(out, SLICE("* LISTRIGHTS "));
	imap_write_mailbox(out, mailbox, utf8);
	buffer_append_byte(out, ' ');
	imap_write_astring(out, identifier, utf8);
	buffer_append_byte(out, ' ');
	imap_write_astring(out, always, utf8);
	for (size_t i = 0; i < optional.size; i++)
		buffer_append_format(out, " %c", optional.at[i]);
	buffer_append(out, SLICE("\r\n"));
}

void imap_write_myrights(
	struct buffer *out, struct slice mailbox, struct slice rights, bool utf8)
{
	buffer_append(out, SLICE("* MYRIGHTS "));
	imap_write_mailbox(out, mailbox, utf8);
	buffer_append_byte(out, ' ');
	imap_write_astring(out, rights, utf8);
	buffer_append(out, SLICE("\r\n"));
}
