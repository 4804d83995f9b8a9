/* Intrusive lists: order, removal while walking, moving. */
#include "check.h"

#include "base/list.h"

struct item {
	int number;
	struct link link;
};

static void number(struct item *items, int count)
{
	for (int i = 0; i < count; i++)
		items[i] = (struct item){.number = i};
}

/* The numbers in the list as digits, and the same backwards, must agree. */
static struct slice numbers_of(const struct list *list)
{
	static char text[32], backwards[32];
	size_t count = 0;

	for (struct link *l = list->head.next; l != &list->head; l = l->next)
		text[count++] = (char)('0' +
				       CONTAINER_OF(l, struct item, link)->number);
	for (struct link *l = list->head.previous; l != &list->head; l = l->previous)
		backwards[--count] = (char)('0' +
					    CONTAINER_OF(l, struct item, link)->number);
	CHECK_NUMBER(count, 0);
	count = list_count(list);
	CHECK(memcmp(text, backwards, count) == 0);
	return slice_make(text, count);
}

CASE("adding at both ends and in between")
{
	struct item items[5];
	struct list list;

	number(items, 5);
	list_init(&list);
	CHECK(list_is_empty(&list));
	CHECK(LIST_FIRST(&list, struct item, link) == NULL);
	CHECK(!link_is_linked(&items[1].link));
	list_append(&list, &items[2].link);
	list_append(&list, &items[3].link);
	list_prepend(&list, &items[1].link);
	list_insert_before(&items[3].link, &items[4].link);
	CHECK(link_is_linked(&items[1].link));
	CHECK_SLICE(numbers_of(&list), "1243");
	CHECK(LIST_FIRST(&list, struct item, link) == &items[1]);
	list_remove(&items[2].link);
	list_remove(&items[2].link);
	list_remove(&items[0].link);
	CHECK(!link_is_linked(&items[2].link));
	CHECK_SLICE(numbers_of(&list), "143");
}

CASE("taking until empty")
{
	struct item items[3];
	struct list list;

	number(items, 3);
	list_init(&list);
	for (int i = 0; i < 3; i++)
		list_append(&list, &items[i].link);
	for (int i = 0; i < 3; i++)
		CHECK(list_take(&list) == &items[i].link);
	CHECK(list_take(&list) == NULL);
	CHECK(list_is_empty(&list) && !link_is_linked(&items[0].link));
}

CASE("moving one list behind another")
{
	struct item items[4];
	struct list to, from;

	number(items, 4);
	list_init(&to);
	list_init(&from);
	list_move_all(&to, &from);
	CHECK(list_is_empty(&to));
	list_append(&from, &items[0].link);
	list_append(&from, &items[1].link);
	list_move_all(&to, &from);
	CHECK(list_is_empty(&from));
	list_append(&from, &items[2].link);
	list_append(&from, &items[3].link);
	list_move_all(&to, &from);
	CHECK_SLICE(numbers_of(&to), "0123");
	CHECK(list_is_empty(&from));
}

CASE("walking, and removing while walking")
{
	struct item items[6];
	struct list list;
	int sum = 0;

	number(items, 6);
	list_init(&list);
	for (int i = 0; i < 6; i++)
		list_append(&list, &items[i].link);
	LIST_EACH (&list, l)
		sum += CONTAINER_OF(l, struct item, link)->number;
	CHECK_NUMBER(sum, 15);
	LIST_EACH_SAFE (&list, l)
		if (CONTAINER_OF(l, struct item, link)->number % 2 == 0)
			list_remove(l);
	CHECK_SLICE(numbers_of(&list), "135");
	LIST_EACH_SAFE (&list, l)
		list_remove(l);
	CHECK(list_is_empty(&list));
}

CHECK_MAIN()
