/* One account's copy of a message: written, placed, forwarded, answered for. */
#include "base/buffer.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"
#include "store/draft.h"

#include "deliver/delivery_core.h"

#define KEY_SIZE 64

static bool write_to_draft(void *context, struct slice bytes, struct deadline deadline)
{
	return draft_write(context, bytes, deadline);
}

/* Return-Path (RFC 5321 4.4), and whose it is; of captured mail, whose it would be. */
static void write_front(
	const struct handing *handing, const struct group *group, struct buffer *front)
{
	const struct envelope *envelope = &handing->entry->message->envelope;

	buffer_append_format(
		front, "Return-Path: <%.*s>\r\n", SLICE_PRINT(envelope->reverse_path));
	GROUP_EACH (handing, group, i)
		buffer_append_format(front, "%s: %.*s\r\n",
			handing->capture ? "X-Envelope-To" : "Delivered-To",
			SLICE_PRINT(handing->entry->recipients[i].address));
	if (handing->capture)
		buffer_append_format(front, "X-Envelope-Id: %.*s\r\n",
			SLICE_PRINT(message_id_slice(&envelope->id)));
}

static struct draft *make_draft(const struct handing *handing,
	const struct group *group, struct store_account *account,
	struct deadline deadline)
{
	struct draft *draft = draft_begin(
		handing->delivery->options.port, account, deadline);
	struct content_sink sink = {write_to_draft, draft};
	struct buffer front = {0};
	bool good = draft != NULL;

	write_front(handing, group, &front);
	good = good &&
	       content_write(
		       &handing->content, buffer_contents(&front), &sink, deadline) &&
	       draft_finish(draft, deadline);
	buffer_finish(&front);
	if (!good)
		draft_discard(&draft);
	return draft;
}

/* What it is for its sender that it is not there. False: CANCELLED. */
static bool refuse(
	struct handing *handing, const struct group *group, enum store_fault fault)
{
	const struct failure *failure = failure_last();
	bool full = fault == STORE_OVERQUOTA;
	bool never = full &&
		     handing->config->delivery.over_quota == CONFIG_OVER_QUOTA_REFUSE;

	if (failure->kind == FAILURE_CANCELLED)
		return false;
	group_answer(handing, group, never ? LOCAL_NEVER : LOCAL_LATER,
		never  ? "5.2.2"
		: full ? "4.2.2"
		       : "4.2.0",
		full ? SLICE("the mailbox is full")
		     : arena_format(handing->arena, "%s", failure->text));
	return true;
}

static void say_delivered(
	struct handing *handing, const struct group *group, bool again)
{
	struct slice account = group->owner.account, where;

	if (group->place_count == 0)
		where = arena_format(handing->arena, "%s, as rule %s says",
			group->forward_count ? "forwarded" : "discarded",
			group->rule && *group->rule ? group->rule : "(no name)");
	else
		where = arena_format(handing->arena, "%s %.*s: %.*s%s%s%s",
			again ? "it was there already, with" : "delivered to",
			SLICE_PRINT(account), SLICE_PRINT(group->places[0].mailbox),
			group->places[0].if_there ? ", or else INBOX" : "",
			group->place_count > 1 ? " and others" : "",
			group->forward_count ? ", and forwarded" : "");
	group_answer(handing, group, LOCAL_DELIVERED, "2.0.0", where);
}

static bool place(struct handing *handing, const struct group *group,
	struct draft *draft, struct store_account *account, bool *again_r,
	enum store_fault *fault_r, struct deadline deadline)
{
	char key[KEY_SIZE];
	struct placement placement = {.draft = draft,
		.key = entry_key(handing->entry, key),
		.internal_ms = worker_wall_ms(),
		.places = group->places,
		.count = group->place_count};

	return mailbox_place(handing->delivery->options.port, account, &placement,
		again_r, fault_r, deadline);
}

static bool put(struct handing *handing, const struct group *group, bool *again_r,
	enum store_fault *fault_r, struct deadline deadline)
{
	struct store_account *account = store_account_hold(
		handing->delivery->options.store, group->owner.account);
	struct draft *draft;
	bool good;

	*fault_r = STORE_NO_FAULT;
	store_account_set_quota(account, group->owner.quota);
	draft = make_draft(handing, group, account, deadline);
	good = draft &&
	       place(handing, group, draft, account, again_r, fault_r, deadline);
	draft_discard(&draft);
	store_account_release(&account);
	return good;
}

bool group_deliver(
	struct handing *handing, struct group *group, struct deadline deadline)
{
	enum store_fault fault = STORE_NO_FAULT;
	bool again = false;

	if (group->place_count && !put(handing, group, &again, &fault, deadline))
		return refuse(handing, group, fault);
	if (group->forward_count && !group_forward(handing, group, deadline))
		return refuse(handing, group, STORE_NO_FAULT);
	say_delivered(handing, group, again);
	return true;
}
