/* What an account has and may have: GETQUOTA, GETQUOTAROOT (RFC 9208). One root for all
 * its mailboxes: "", and by its name for who may read a mailbox of another. */
#include "imap/write.h"
#include "imap_server/commands.h"
#include "imap_server/others.h"
#include "store/rights.h"

static bool write_quota(struct imap_dialogue *dialogue, struct slice root,
	struct store_account *account, struct deadline deadline)
{
	struct store_sums used, quota = store_account_quota(account);
	struct imap_usage usage = {.has_storage = quota.bytes != 0,
		.has_message = quota.messages != 0,
		.storage_limit = quota.bytes / 1024,
		.message_limit = quota.messages};

	if (!store_account_used(account, &used) &&
		!store_account_read(dialogue->port, account, &used, deadline)) {
		imap_no_fault(dialogue, STORE_NO_FAULT, NULL);
		return false;
	}
	usage.storage = (used.bytes + 1023) / 1024;
	usage.message = used.messages;
	imap_write_quota(&dialogue->out, root, &usage);
	return true;
}

/* Another's root is known to who was told of it by GETQUOTAROOT. */
static bool may_ask(struct imap_dialogue *dialogue, struct slice root,
	struct imap_place *place, struct deadline deadline)
{
	const struct mailbox_entry *list;
	size_t count;

	if (!imap_find_account(dialogue, root, place, deadline) ||
		!mailbox_list(place->port, place->account, false, &dialogue->arena,
			&list, &count, deadline))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (list[i].rights & RIGHT_READ)
			return true;
	}
	return false;
}

void imap_getquota(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	struct slice root = command->quota.root.size ? command->quota.root : SLICE("");
	struct imap_place place = {.account = dialogue->account};

	if (root.size && !may_ask(dialogue, root, &place, deadline))
		imap_no(dialogue, "NONEXISTENT", "There is no such quota root");
	else if (write_quota(dialogue, root, place.account, deadline))
		imap_ok(dialogue, SLICE_EMPTY, "GETQUOTA completed");
}

void imap_getquotaroot(struct imap_dialogue *dialogue,
	const struct imap_command *command, struct deadline deadline)
{
	struct mailbox_entry entry;
	struct imap_place place;
	struct slice root = SLICE("");
	enum store_fault fault;

	if (!imap_locate(dialogue, command->mailbox, "NONEXISTENT", &place, deadline))
		return;
	if (!mailbox_status(
		    place.port, place.account, place.name, &entry, &fault, deadline)) {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
		return;
	}
	if (place.other)
		root = store_account_name(place.account);
	imap_write_quotaroot(&dialogue->out, command->mailbox, root,
		dialogue->utf8 || dialogue->rev2);
	if (write_quota(dialogue, root, place.account, deadline))
		imap_ok(dialogue, SLICE_EMPTY, "GETQUOTAROOT completed");
}
