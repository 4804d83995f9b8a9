/*
 * What a transaction changed, into the mailboxes that are open: one new state for
 * each, whatever number of operations changed it, and one for each guest of it.
 */
#include "base/memory.h"
#include "store/acl_core.h"
#include "store/change.h"

/* A mailbox that is being changed; on the writer's thread. */
struct publishing {
	struct link link;	 /* of the account */
	struct mailbox *mailbox; /* held */
	struct state_edit *edit;
	uint32_t uidnext;
	uint64_t modseq;
	struct guest_edit {
		struct guest *guest; /* held */
		struct state_edit *edit;
	} * guests;
	size_t guest_count;
};

static void begin_guests(struct publishing *publishing)
{
	struct mailbox *mailbox = publishing->mailbox;
	size_t count = 0;

	pthread_mutex_lock(&mailbox->account->lock);
	if (!list_is_empty(&mailbox->guests))
		publishing->guests = memory_allocate_array(
			list_count(&mailbox->guests), sizeof(*publishing->guests));
	LIST_EACH (&mailbox->guests, link) {
		struct guest *guest = CONTAINER_OF(link, struct guest, link);

		publishing->guests[count++] = (struct guest_edit){
			guest_hold(guest), state_edit_begin(guest->state)};
	}
	pthread_mutex_unlock(&mailbox->account->lock);
	publishing->guest_count = count;
}

static struct publishing *find_begun(struct store_account *account, int64_t id)
{
	LIST_EACH (&account->publishing, link) {
		struct publishing *publishing = CONTAINER_OF(
			link, struct publishing, link);

		if (publishing->mailbox->id == id)
			return publishing;
	}
	return NULL;
}

/* NULL: it is not open. */
static struct publishing *find(struct store_account *account, int64_t id)
{
	struct publishing *publishing = find_begun(account, id);
	struct mailbox *mailbox;

	if (publishing)
		return publishing;
	mailbox = mailbox_take(account, id);
	if (!mailbox)
		return NULL;
	publishing = NEW(struct publishing);
	publishing->mailbox = mailbox;
	publishing->edit = state_edit_begin(mailbox->state);
	begin_guests(publishing);
	list_append(&account->publishing, &publishing->link);
	return publishing;
}

static void put_record(struct publishing *publishing, const struct record *record)
{
	struct record *old = state_edit_record(publishing->edit, record->uid);

	if (old)
		*old = *record;
	else
		state_edit_append(publishing->edit, record);
	for (size_t i = 0; i < publishing->guest_count; i++)
		guest_put(publishing->guests[i].edit, record);
}

static void remove_record(struct publishing *publishing, uint32_t uid)
{
	(void)state_edit_remove(publishing->edit, uid);
	for (size_t i = 0; i < publishing->guest_count; i++)
		(void)state_edit_remove(publishing->guests[i].edit, uid);
}

static void put_seen(struct publishing *publishing, const struct change *change)
{
	const struct slice who = operation_who(change->operation);

	for (size_t i = 0; i < publishing->guest_count; i++) {
		struct guest_edit *at = &publishing->guests[i];

		if (!slice_equal(slice_of(at->guest->who), who))
			continue;
		for (size_t k = 0; k < change->seen_count; k++)
			guest_put_seen(at->edit, &change->seen[k]);
	}
}

void change_publish(struct store_account *account, const struct change *change)
{
	struct publishing *publishing;

	if (!change->put_count && !change->removed_count && !change->seen_count)
		return;
	publishing = find(account, change->mailbox);
	if (!publishing)
		return;
	for (size_t i = 0; i < change->put_count; i++)
		put_record(publishing, &change->put[i]);
	for (size_t i = 0; i < change->removed_count; i++)
		remove_record(publishing, change->removed[i]);
	if (change->seen_count)
		put_seen(publishing, change);
	publishing->uidnext = change->uidnext;
	publishing->modseq = change->modseq;
	pthread_mutex_lock(&account->lock);
	for (size_t i = 0; i < change->words_count; i++)
		mailbox_set_keywords(publishing->mailbox, change->words[i].set,
			change->words[i].words);
	pthread_mutex_unlock(&account->lock);
}

static void give_guest(struct publishing *publishing, struct guest_edit *at)
{
	struct store_account *account = publishing->mailbox->account;
	struct state *before = at->guest->state;
	struct state *state = state_edit_finish(
		&at->edit, publishing->uidnext, publishing->modseq);

	pthread_mutex_lock(&account->lock);
	at->guest->state = state;
	guest_release(&at->guest);
	pthread_mutex_unlock(&account->lock);
	state_release(&before);
}

/* The guests' first: who is called then looks. */
static void end(struct publishing *publishing)
{
	for (size_t i = 0; i < publishing->guest_count; i++)
		give_guest(publishing, &publishing->guests[i]);
	mailbox_give(
		&publishing->mailbox, state_edit_finish(&publishing->edit,
					      publishing->uidnext, publishing->modseq));
	memory_free(publishing->guests);
	memory_free(publishing);
}

void change_publish_now(struct store_account *account, int64_t mailbox)
{
	struct publishing *publishing = find_begun(account, mailbox);

	if (!publishing)
		return;
	list_remove(&publishing->link);
	end(publishing);
}

void change_publish_end(struct store_account *account)
{
	struct link *link;

	while ((link = list_take(&account->publishing)))
		end(CONTAINER_OF(link, struct publishing, link));
}
