/* The names of schedules: a space, which no domain has, before the flow. */
#include "queue/queue_schedule.h"

#include <assert.h>
#include <string.h>

struct slice schedule_name(
	const struct schedule *schedule, char text[SCHEDULE_SIZE_MAX + 1])
{
	size_t size = schedule->domain.size;

	if (schedule->flow.size == 0)
		return schedule->domain;
	assert(size + 1 + schedule->flow.size <= SCHEDULE_SIZE_MAX);
	if (size)
		memcpy(text, schedule->domain.at, size);
	text[size] = ' ';
	memcpy(text + size + 1, schedule->flow.at, schedule->flow.size);
	return slice_make(text, size + 1 + schedule->flow.size);
}

struct schedule schedule_of_name(struct slice name)
{
	struct slice rest = name;
	struct schedule schedule = {.domain = slice_cut(&rest, ' ')};

	schedule.flow = rest;
	return schedule;
}

struct schedule schedule_of_entry(
	const struct entry *entry, char text[FLOW_SIZE_MAX + 1])
{
	return (struct schedule){entry->domain, entry_flow(entry, text)};
}
