/* The table from a member of the snapshot to its place in the file. */
#include "base/config_reading.h"

#include <stdlib.h>

#include "base/memory.h"

static int compare(const void *left, const void *right);

size_t config_marks_add(
	struct config_marks *marks, const void *member, struct config_mark mark)
{
	if (marks->count == marks->capacity) {
		marks->capacity = marks->capacity ? marks->capacity * 2 : 64;
		marks->list = memory_resize(
			marks->list, marks->capacity * sizeof(*marks->list));
	}
	marks->list[marks->count] = (struct config_written){
		.member = member, .mark = mark};
	return marks->count++;
}

void config_marks_sort(struct config_marks *marks)
{
	if (marks->count > 0)
		qsort(marks->list, marks->count, sizeof(*marks->list), compare);
}

const struct config_written *config_marks_find(
	const struct config_marks *marks, const void *member)
{
	struct config_written wanted = {.member = member};

	if (marks->count == 0)
		return NULL;
	return bsearch(&wanted, marks->list, marks->count, sizeof(wanted), compare);
}

struct config_mark config_reading_mark(const struct config_reading *reading,
	const void *member, struct config_mark holder)
{
	const struct config_written *written = config_marks_find(
		&reading->marks, member);

	return written ? written->mark : holder;
}

bool config_reading_written(const struct config_reading *reading, const void *member)
{
	return config_marks_find(&reading->marks, member) != NULL;
}

bool config_reading_wrong(const struct config_reading *reading, const void *member)
{
	const struct config_written *written = config_marks_find(
		&reading->marks, member);

	return written && written->wrong;
}

static int compare(const void *left, const void *right)
{
	uintptr_t a = (uintptr_t)((const struct config_written *)left)->member;
	uintptr_t b = (uintptr_t)((const struct config_written *)right)->member;

	return a < b ? -1 : a > b;
}
