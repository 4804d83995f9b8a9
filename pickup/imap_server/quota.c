/* What an account has and may have: GETQUOTA, GETQUOTAROOT (RFC 9208). One root, "",
 * for all its mailboxes. */
#include "imap/write.h"
#include "imap_server/commands.h"

static bool write_quota(struct imap_dialogue *dialogue, struct deadline deadline)
{
	struct store_sums used, quota = store_account_quota(dialogue->account);
	struct imap_usage usage = {.has_storage = quota.bytes != 0,
		.has_message = quota.messages != 0,
		.storage_limit = quota.bytes / 1024,
		.message_limit = quota.messages};

	if (!store_account_used(dialogue->account, &used) &&
		!store_account_read(
			dialogue->port, dialogue->account, &used, deadline)) {
		imap_no_fault(dialogue, STORE_NO_FAULT, NULL);
		return false;
	}
	usage.storage = (used.bytes + 1023) / 1024;
	usage.message = used.messages;
	imap_write_quota(&dialogue->out, SLICE(""), &usage);
	return true;
}

void imap_getquota(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	if (command->quota.root.size)
		imap_no(dialogue, "NONEXISTENT", "There is no such quota root");
	else if (write_quota(dialogue, deadline))
		imap_ok(dialogue, SLICE_EMPTY, "GETQUOTA completed");
}

void imap_getquotaroot(struct imap_dialogue *dialogue,
	const struct imap_command *command, struct deadline deadline)
{
	struct mailbox_entry entry;
	enum store_fault fault;

	if (!mailbox_status(dialogue->port, dialogue->account, command->mailbox, &entry,
		    &fault, deadline)) {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
		return;
	}
	imap_write_quotaroot(&dialogue->out, command->mailbox, SLICE(""),
		dialogue->utf8 || dialogue->rev2);
	if (write_quota(dialogue, deadline))
		imap_ok(dialogue, SLICE_EMPTY, "GETQUOTAROOT completed");
}
