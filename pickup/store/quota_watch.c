/* Who has come to a share of his quota; see quota_watch.h. */
#include "store/quota_watch.h"

#include <string.h>

#include "base/memory.h"
#include "store/store_core.h"

struct crossing {
	struct link link;
	unsigned percent;
	struct store_sums used, quota;
	size_t size;
	char name[];
};

void store_watch_quota(struct store *store, const unsigned *percents, size_t count)
{
	for (size_t i = 0; i < QUOTA_MARKS_MAX; i++)
		atomic_store(&store->quota_marks[i], i < count ? percents[i] : 0);
}

/* PERCENT of LIMIT, without overflow. */
static bool reaches(uint64_t used, uint64_t limit, unsigned percent)
{
	return limit &&
	       used >= limit / 100 * percent + (limit % 100 * percent + 99) / 100;
}

static bool comes_to(struct store_sums before, struct store_sums used,
	struct store_sums quota, unsigned percent)
{
	return (reaches(used.bytes, quota.bytes, percent) &&
		       !reaches(before.bytes, quota.bytes, percent)) ||
	       (reaches(used.messages, quota.messages, percent) &&
		       !reaches(before.messages, quota.messages, percent));
}

static void add(struct store_account *account, const struct crossing *like)
{
	struct store *store = account->store;
	struct slice name = slice_of(account->name);
	struct crossing *crossing = memory_allocate(sizeof(*crossing) + name.size);

	*crossing = *like;
	crossing->size = name.size;
	memcpy(crossing->name, name.at, name.size);
	pthread_mutex_lock(&store->lock);
	if (store->crossing_count < QUOTA_CROSSINGS_MAX) {
		list_append(&store->crossings, &crossing->link);
		store->crossing_count++;
		crossing = NULL;
	}
	pthread_mutex_unlock(&store->lock);
	memory_free(crossing);
}

void quota_compare(
	struct store_account *account, struct store_sums before, struct store_sums used)
{
	struct crossing found = {.used = used, .quota = store_account_quota(account)};

	if (!found.quota.bytes && !found.quota.messages)
		return;
	for (size_t i = 0; i < QUOTA_MARKS_MAX; i++) {
		unsigned percent = atomic_load(&account->store->quota_marks[i]);

		if (percent > found.percent &&
			comes_to(before, used, found.quota, percent))
			found.percent = percent;
	}
	if (found.percent)
		add(account, &found);
}

size_t store_quota_crossings(
	struct store *store, struct arena *arena, const struct quota_crossing **list_r)
{
	struct quota_crossing *list = NULL;
	struct list taken;
	struct link *link;
	size_t count = 0;

	list_init(&taken);
	pthread_mutex_lock(&store->lock);
	while ((link = list_take(&store->crossings)))
		list_append(&taken, link);
	store->crossing_count = 0;
	pthread_mutex_unlock(&store->lock);
	while ((link = list_take(&taken))) {
		struct crossing *crossing = CONTAINER_OF(link, struct crossing, link);

		list = arena_grow(arena, list, count, sizeof(*list));
		list[count++] = (struct quota_crossing){
			arena_copy(arena, slice_make(crossing->name, crossing->size)),
			crossing->percent, crossing->used, crossing->quota};
		memory_free(crossing);
	}
	*list_r = list;
	return count;
}
