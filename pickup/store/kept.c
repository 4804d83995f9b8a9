/* Keeps mailboxes in memory for a while; see kept.h. */
#include "store/kept.h"

#include "base/clock.h"
#include "base/memory.h"

/* About what it takes, when no view shares it. */
static size_t size_of(const struct mailbox *mailbox)
{
	return sizeof(*mailbox) + sizeof(struct state) +
	       mailbox->state->count * sizeof(struct record) +
	       mailbox->state->chunk_count * sizeof(struct chunk_place) +
	       mailbox->keyword_count * sizeof(struct slice);
}

void kept_add(struct mailbox *mailbox)
{
	struct store *store = mailbox->account->store;

	pthread_mutex_lock(&store->lock);
	mailbox->kept_bytes = size_of(mailbox);
	mailbox->kept_since_us = clock_monotonic_us();
	store->kept_bytes += mailbox->kept_bytes;
	list_append(&store->kept, &mailbox->kept_link);
	/* Somebody has to look, and nobody may come. */
	if (store->kept_bytes > KEPT_BYTES_MAX)
		pthread_cond_signal(&store->changed);
	pthread_mutex_unlock(&store->lock);
}

void kept_remove(struct mailbox *mailbox)
{
	struct store *store = mailbox->account->store;

	pthread_mutex_lock(&store->lock);
	if (link_is_linked(&mailbox->kept_link)) {
		list_remove(&mailbox->kept_link);
		store->kept_bytes -= mailbox->kept_bytes;
	}
	pthread_mutex_unlock(&store->lock);
}

/* Held, if one has to go. */
static struct store_account *choose(struct store *store, int64_t *id_r)
{
	struct store_account *account = NULL;
	struct mailbox *mailbox;

	pthread_mutex_lock(&store->lock);
	mailbox = LIST_FIRST(&store->kept, struct mailbox, kept_link);
	if (mailbox && (store->kept_bytes > KEPT_BYTES_MAX ||
			       clock_monotonic_us() - mailbox->kept_since_us >
				       KEPT_MS * (int64_t)1000)) {
		account = mailbox->account;
		*id_r = mailbox->id;
		store_hold(account);
	}
	pthread_mutex_unlock(&store->lock);
	return account;
}

void kept_shrink(struct store *store)
{
	struct store_account *account;
	int64_t id;

	while ((account = choose(store, &id))) {
		struct mailbox *mailbox;

		pthread_mutex_lock(&account->lock);
		mailbox = mailbox_find(account, id);
		if (mailbox && mailbox->holders)
			mailbox = NULL; /* somebody came */
		if (mailbox) {
			kept_remove(mailbox);
			mailbox_drop(mailbox);
		}
		pthread_mutex_unlock(&account->lock);
		store_account_release(&account);
		if (mailbox)
			mailbox_free(mailbox);
	}
}

void kept_free_all(struct store_account *account)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *mailbox;

	while (map_next(&account->mailboxes, &cursor, &key, &mailbox)) {
		kept_remove(mailbox);
		mailbox_free(mailbox);
	}
	map_finish(&account->mailboxes);
}
