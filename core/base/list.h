/*
 * Intrusive doubly linked lists. A zeroed link is in no list; a list head
 * must be initialised. All operations take constant time but list_count.
 */
#ifndef RINGPOST_BASE_LIST_H
#define RINGPOST_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"

struct link {
	struct link *next, *previous; /* both NULL: in no list */
};

struct list {
	struct link head;
};

static inline void list_init(struct list *list)
{
	list->head.next = list->head.previous = &list->head;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->head.next == &list->head;
}

static inline bool link_is_linked(const struct link *link)
{
	return link->next != NULL;
}

static inline void list_insert_before(struct link *at, struct link *link)
{
	link->next = at;
	link->previous = at->previous;
	at->previous->next = link;
	at->previous = link;
}

static inline void list_append(struct list *list, struct link *link)
{
	list_insert_before(&list->head, link);
}

static inline void list_prepend(struct list *list, struct link *link)
{
	list_insert_before(list->head.next, link);
}

/* Does nothing when it is in no list. */
static inline void list_remove(struct link *link)
{
	if (!link->next)
		return;
	link->previous->next = link->next;
	link->next->previous = link->previous;
	link->next = link->previous = NULL;
}

/* The first link taken out of the list, or NULL. */
static inline struct link *list_take(struct list *list)
{
	struct link *first = list->head.next;

	if (first == &list->head)
		return NULL;
	list_remove(first);
	return first;
}

/* Moves all of FROM behind the end of TO. */
static inline void list_move_all(struct list *to, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->head.next->previous = to->head.previous;
	to->head.previous->next = from->head.next;
	from->head.previous->next = &to->head;
	to->head.previous = from->head.previous;
	list_init(from);
}

static inline size_t list_count(const struct list *list)
{
	size_t count = 0;

	for (const struct link *l = list->head.next; l != &list->head; l = l->next)
		count++;
	return count;
}

#define LIST_FIRST(list, type, member) \
	(list_is_empty(list) ? NULL : CONTAINER_OF((list)->head.next, type, member))

/* The current link may not be removed inside; see LIST_EACH_SAFE. */
#define LIST_EACH(list, name) \
	for (struct link *name = (list)->head.next; name != &(list)->head; \
			name = name->next)
#define LIST_EACH_SAFE(list, name) \
	for (struct link *name = (list)->head.next, *name##_next = name->next; \
			name != &(list)->head; name = name##_next, name##_next = name->next)

#endif
