/* Recipients in the order they came, and an entry for each of their domains. */
#include "queue/recipients.h"

#include <string.h>

#include "base/map.h"

#define ROOM_FIRST 4

/* The recipients of one domain, by their places in the list. */
struct group {
	struct slice domain;
	size_t count, first, last;
};

static void grow(struct recipient_list *list, struct arena *arena)
{
	size_t room = list->count ? 2 * list->count : ROOM_FIRST;
	struct recipient *at = arena_take_array(arena, room, sizeof(*at));
	struct slice *domains = arena_take_array(arena, room, sizeof(*domains));

	if (list->count) {
		memcpy(at, list->at, list->count * sizeof(*at));
		memcpy(domains, list->domains, list->count * sizeof(*domains));
	}
	list->at = at;
	list->domains = domains;
	list->room = room;
}

void recipient_list_add(struct recipient_list *list, struct arena *arena,
	const struct recipient *recipient, struct slice domain)
{
	if (list->count == list->room)
		grow(list, arena);
	list->at[list->count] = *recipient;
	list->domains[list->count++] = domain;
}

/* Groups in the order their domains were first named; NEXT is each
 * recipient's next one of the same domain. */
static size_t group_them(
	const struct recipient_list *list, struct group *groups, size_t *next)
{
	struct map by_domain = {0};
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct group *group = map_find(&by_domain, list->domains[i]);

		if (group) {
			next[group->last] = i;
		} else {
			group = &groups[count++];
			*group = (struct group){.domain = list->domains[i], .first = i};
			map_set(&by_domain, list->domains[i], group);
		}
		group->last = i;
		group->count++;
	}
	map_finish(&by_domain);
	return count;
}

size_t recipient_list_make_entries(const struct recipient_list *list,
	struct message *message, struct arena *arena, struct entry ***entries_r)
{
	size_t count = list->count, group_count = 1;
	struct group *groups = arena_take_array(arena, count, sizeof(*groups));
	size_t *next = arena_take_array(arena, count, sizeof(*next));
	struct recipient *together = arena_take_array(arena, count, sizeof(*together));
	struct entry **entries = arena_take_array(arena, count, sizeof(*entries));

	if (count == 1)
		groups[0] = (struct group){.domain = list->domains[0], .count = 1};
	else
		group_count = group_them(list, groups, next);
	for (size_t i = 0; i < group_count; i++) {
		size_t at = groups[i].first;

		for (size_t j = 0; j < groups[i].count; j++, at = next[at])
			together[j] = list->at[at];
		entries[i] = entry_create(message, (unsigned)i, groups[i].domain,
			together, groups[i].count);
	}
	message->entry_count = (unsigned)group_count;
	*entries_r = entries;
	return group_count;
}
