/* Tells the store what the configuration says; see settings.h. */
#include "manage/settings.h"

#include <stdlib.h>

#include "base/memory.h"
#include "store/first.h"
#include "store/quota_watch.h"

static void apply_warnings(struct store *store, const struct config_texts *texts)
{
	unsigned percents[QUOTA_MARKS_MAX];
	size_t count = 0;

	for (; count < texts->count && count < QUOTA_MARKS_MAX; count++)
		percents[count] = (unsigned)strtoul(texts->at[count], NULL, 10);
	store_watch_quota(store, percents, count);
}

static void apply_mailboxes(struct store *store, const struct config_pickup *pickup)
{
	struct first_mailbox *list = memory_allocate_array(
		pickup->mailbox_count + 1, sizeof(*list));
	struct arena arena = {0};
	size_t count = 0;

	for (size_t i = 0; i < pickup->mailbox_count; i++) {
		const struct config_mailbox *from = &pickup->mailboxes[i];

		if (!mailbox_name_prepare(
			    slice_of(from->name), &arena, &list[count].name))
			continue;
		list[count++].use = (enum mailbox_use)from->use;
	}
	store_set_first(store, list, count);
	arena_finish(&arena);
	memory_free(list);
}

void settings_apply(struct store *store, const struct config *config)
{
	apply_warnings(store, &config->pickup.quota_warnings);
	apply_mailboxes(store, &config->pickup);
}
