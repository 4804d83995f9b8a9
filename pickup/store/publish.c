/*
 * What a transaction changed, into the mailboxes that are open: one new state for
 * each, whatever number of operations changed it.
 */
#include "base/memory.h"
#include "store/change.h"

/* A mailbox that is being changed; on the writer's thread. */
struct publishing {
	struct link link;	 /* of the account */
	struct mailbox *mailbox; /* held */
	struct state_edit *edit;
	uint32_t uidnext;
	uint64_t modseq;
};

/* NULL: it is not open. */
static struct publishing *find(struct store_account *account, int64_t id)
{
	struct publishing *publishing;
	struct mailbox *mailbox;

	LIST_EACH (&account->publishing, link) {
		publishing = CONTAINER_OF(link, struct publishing, link);
		if (publishing->mailbox->id == id)
			return publishing;
	}
	mailbox = mailbox_take(account, id);
	if (!mailbox)
		return NULL;
	publishing = NEW(struct publishing);
	publishing->mailbox = mailbox;
	publishing->edit = state_edit_begin(mailbox->state);
	list_append(&account->publishing, &publishing->link);
	return publishing;
}

static void put_record(struct state_edit *edit, const struct record *record)
{
	struct record *old = state_edit_record(edit, record->uid);

	if (old)
		*old = *record;
	else
		state_edit_append(edit, record);
}

void change_publish(struct store_account *account, const struct change *change)
{
	struct publishing *publishing;

	if (!change->put_count && !change->removed_count)
		return;
	publishing = find(account, change->mailbox);
	if (!publishing)
		return;
	for (size_t i = 0; i < change->put_count; i++)
		put_record(publishing->edit, &change->put[i]);
	for (size_t i = 0; i < change->removed_count; i++)
		(void)state_edit_remove(publishing->edit, change->removed[i]);
	publishing->uidnext = change->uidnext;
	publishing->modseq = change->modseq;
	pthread_mutex_lock(&account->lock);
	for (size_t i = 0; i < change->words_count; i++)
		mailbox_set_keywords(publishing->mailbox, change->words[i].set,
			change->words[i].words);
	pthread_mutex_unlock(&account->lock);
}

void change_publish_end(struct store_account *account)
{
	struct link *link;

	while ((link = list_take(&account->publishing))) {
		struct publishing *publishing = CONTAINER_OF(
			link, struct publishing, link);

		mailbox_give(&publishing->mailbox,
			state_edit_finish(&publishing->edit, publishing->uidnext,
				publishing->modseq));
		memory_free(publishing);
	}
}
