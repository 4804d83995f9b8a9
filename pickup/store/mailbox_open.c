/* Mailboxes in memory: held, told of changes; see mailbox_core.h. */
#include "store/mailbox_core.h"

#include <string.h>

#include "base/memory.h"
#include "store/acl_core.h"
#include "store/kept.h"

/* Open mailboxes are found by their number, which stays when they are renamed. */
static struct slice key_of(const int64_t *id)
{
	return slice_make(id, sizeof(*id));
}

struct mailbox *mailbox_find(struct store_account *account, int64_t id)
{
	return map_find(&account->mailboxes, key_of(&id));
}

struct mailbox *mailbox_make(
	struct store_account *account, const struct mailbox_row *row, struct slice name)
{
	struct mailbox *mailbox = NEW(struct mailbox);

	mailbox->account = account;
	mailbox->id = row->id;
	mailbox->name = memory_copy_text(name);
	mailbox->uidvalidity = row->uidvalidity;
	mailbox->recent_from = row->recent_from;
	mailbox->holders = 1;
	list_init(&mailbox->watches);
	list_init(&mailbox->guests);
	return mailbox;
}

void mailbox_set_keywords(struct mailbox *mailbox, uint32_t set, struct slice words)
{
	uint32_t count = mailbox->keyword_count;

	if (set >= count) {
		mailbox->keywords = memory_resize(
			mailbox->keywords, (set + 1) * sizeof(*mailbox->keywords));
		memset(&mailbox->keywords[count], 0,
			(set + 1 - count) * sizeof(*mailbox->keywords));
		mailbox->keyword_count = set + 1;
	}
	if (!mailbox->keywords[set].at)
		mailbox->keywords[set] = slice_make(
			memory_copy_text(words), words.size);
}

struct mailbox *mailbox_add(struct mailbox *mailbox)
{
	map_set(&mailbox->account->mailboxes, key_of(&mailbox->id), mailbox);
	return mailbox;
}

struct mailbox *mailbox_hold(struct mailbox *mailbox)
{
	if (mailbox->holders++ == 0)
		kept_remove(mailbox);
	return mailbox;
}

void mailbox_release(struct mailbox **mailbox)
{
	struct mailbox *old = *mailbox;

	*mailbox = NULL;
	if (!old || --old->holders)
		return;
	if (mailbox_find(old->account, old->id) == old)
		kept_add(old);
	else
		mailbox_free(old);
}

void mailbox_free(struct mailbox *old)
{
	state_release(&old->state);
	for (uint32_t i = 0; i < old->keyword_count; i++)
		memory_free((char *)(uintptr_t)old->keywords[i].at);
	memory_free(old->keywords);
	grants_free(&old->grants);
	memory_free(old->name);
	memory_free(old);
}

struct watch *watch_hold(struct store_port *port, struct mailbox *mailbox)
{
	struct watch *watch;

	LIST_EACH (&mailbox->watches, link) {
		watch = CONTAINER_OF(link, struct watch, link);
		if (watch->port == port) {
			watch->views++;
			return watch;
		}
	}
	watch = NEW(struct watch);
	watch->views = 1;
	watch->port = port;
	watch->mailbox = mailbox_hold(mailbox);
	(void)store_account_hold(port->store, slice_of(mailbox->account->name));
	condition_init(&watch->changed);
	list_init(&watch->alerts);
	list_append(&mailbox->watches, &watch->link);
	return watch;
}

static void forget(struct watch *watch)
{
	struct store_account *account = watch->mailbox->account;

	pthread_mutex_lock(&account->lock);
	mailbox_release(&watch->mailbox);
	pthread_mutex_unlock(&account->lock);
	store_account_release(&account);
	memory_free(watch);
}

void watch_release(struct watch **watch)
{
	struct watch *old = *watch;
	struct store_account *account;
	bool posted;

	*watch = NULL;
	if (!old || --old->views)
		return;
	account = old->mailbox->account;
	pthread_mutex_lock(&account->lock);
	list_remove(&old->link);
	posted = old->posted;
	pthread_mutex_unlock(&account->lock);
	if (posted)
		store_port_begin(old->port); /* for the letter, which ends it */
	else
		forget(old);
}

/* On the worker, by a letter's rules. */
static void wake_views(struct letter *letter)
{
	struct watch *watch = CONTAINER_OF(letter, struct watch, letter);
	struct store_account *account = watch->mailbox->account;
	struct store_port *port = watch->port;

	if (!watch->views) {
		forget(watch);
		store_port_end(port);
		return;
	}
	pthread_mutex_lock(&account->lock);
	watch->posted = false;
	pthread_mutex_unlock(&account->lock);
	condition_broadcast(&watch->changed);
	watch_alert(watch);
}

void mailbox_call(struct mailbox *mailbox)
{
	LIST_EACH (&mailbox->watches, link) {
		struct watch *watch = CONTAINER_OF(link, struct watch, link);

		if (watch->posted)
			continue;
		watch->posted = true;
		watch->letter.run = wake_views;
		worker_post(watch->port->worker, &watch->letter);
	}
}

void mailbox_drop(struct mailbox *mailbox)
{
	map_remove(&mailbox->account->mailboxes, key_of(&mailbox->id));
}

/* Held by somebody. */
void mailbox_forget(struct mailbox *mailbox)
{
	mailbox->gone = true;
	mailbox_drop(mailbox);
	mailbox_call(mailbox);
}

struct mailbox *mailbox_take(struct store_account *account, int64_t id)
{
	struct mailbox *mailbox;

	pthread_mutex_lock(&account->lock);
	mailbox = mailbox_find(account, id);
	if (mailbox)
		mailbox_hold(mailbox);
	pthread_mutex_unlock(&account->lock);
	return mailbox;
}

void mailbox_give(struct mailbox **mailbox, struct state *state)
{
	struct mailbox *old = *mailbox;
	struct store_account *account = old->account;
	struct state *before = NULL;

	pthread_mutex_lock(&account->lock);
	if (state) {
		before = old->state;
		old->state = state;
		mailbox_call(old);
	}
	mailbox_release(mailbox);
	pthread_mutex_unlock(&account->lock);
	state_release(&before);
}
