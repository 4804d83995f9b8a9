/* Messages of our own making into a mailbox; see delivery.h. */
#include "base/failure.h"
#include "run/worker.h"
#include "store/draft.h"
#include "store/mailbox.h"

#include "deliver/delivery_core.h"

static bool put(struct delivery *delivery, const struct owner *owner,
	const struct placement *placement, struct slice text, struct deadline deadline)
{
	struct store_account *account = store_account_hold(
		delivery->options.store, owner->account);
	struct placement whole = *placement;
	enum store_fault fault;
	bool good, again;

	store_account_set_quota(account, owner->quota);
	whole.draft = draft_begin(delivery->options.port, account, deadline);
	good = whole.draft && draft_write(whole.draft, text, deadline) &&
	       draft_finish(whole.draft, deadline) &&
	       mailbox_place(delivery->options.port, account, &whole, &again, &fault,
		       deadline);
	draft_discard(&whole.draft);
	store_account_release(&account);
	return good;
}

bool delivery_put(struct delivery *delivery, struct slice account, struct slice mailbox,
	struct slice key, struct slice text, struct deadline deadline)
{
	const struct owners *owners = &delivery->options.owners;
	struct arena arena = {0};
	struct owner owner;
	struct place place = {.mailbox = mailbox};
	struct placement placement = {.key = key,
		.internal_ms = worker_wall_ms(),
		.places = &place,
		.count = 1};
	bool good = owners->read(owners->context, account, &arena, &owner, deadline);

	if (good && !mailbox_name_prepare(mailbox, &arena, &place.mailbox))
		good = fail(
			FAILURE_DATA, "%.*s can be no mailbox", SLICE_PRINT(mailbox));
	good = good && put(delivery, &owner, &placement, text, deadline);
	arena_finish(&arena);
	return good;
}
