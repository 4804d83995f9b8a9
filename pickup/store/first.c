/* Makes the first mailboxes of accounts; see first.h. */
#include "store/first.h"

#include "base/memory.h"
#include "store/mailbox_make.h"
#include "store/store_core.h"

/* In an arena of its own; all under the store's lock. */
struct first {
	struct arena arena;
	struct first_mailbox *list;
	size_t count;
};

static struct first_mailbox *copy(
	struct arena *arena, const struct first_mailbox *list, size_t count)
{
	struct first_mailbox *made = arena_take_array(arena, count + 1, sizeof(*made));

	for (size_t i = 0; i < count; i++)
		made[i] = (struct first_mailbox){
			arena_copy(arena, list[i].name), list[i].use};
	return made;
}

void first_destroy(struct first **first)
{
	if (*first)
		arena_finish(&(*first)->arena);
	memory_free(*first);
	*first = NULL;
}

void store_set_first(
	struct store *store, const struct first_mailbox *list, size_t count)
{
	struct first *first = NEW(struct first), *old;

	first->count = count < FIRST_MAILBOXES_MAX ? count : FIRST_MAILBOXES_MAX;
	first->list = copy(&first->arena, list, first->count);
	pthread_mutex_lock(&store->lock);
	old = store->first;
	store->first = first;
	pthread_mutex_unlock(&store->lock);
	first_destroy(&old);
}

static bool make_one(struct operation *operation, struct database *database,
	struct first_mailbox *one)
{
	struct query *query;

	if (!mailbox_ensure(operation, database, one->name))
		return false;
	query = database_query(database, "UPDATE mailbox SET use = ? WHERE name = ?");
	query_number(query, 1, one->use);
	query_text(query, 2, one->name);
	return query_run(query);
}

bool first_make(struct operation *operation, struct database *database)
{
	struct store *store = operation->account->store;
	struct first_mailbox *list = NULL;
	size_t count = 0;

	pthread_mutex_lock(&store->lock);
	if (store->first) {
		count = store->first->count;
		list = copy(&operation->arena, store->first->list, count);
	}
	pthread_mutex_unlock(&store->lock);
	for (size_t i = 0; i < count; i++)
		if (!make_one(operation, database, &list[i]))
			return false;
	return true;
}
