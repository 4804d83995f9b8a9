/* What is told of the suppression list. */
#include "base/event.h"
#include "feedback/suppression_core.h"

#define FULL_APART_US 60000000

void suppression_tell_entered(
	const struct suppression_wish *wish, struct slice address, const char *by)
{
	const struct suppression_entry *entry = &wish->entry;
	struct event event;

	event_begin(&event, EVENT_INFO, "suppression_entered");
	if (wish->message.size)
		event_text(&event, "id", wish->message);
	event_text(&event, "address", address);
	if (entry->tenant.size)
		event_text(&event, "tenant", entry->tenant);
	event_text(&event, "reason", slice_of(suppression_reason_name(entry->reason)));
	if (entry->until_ms)
		event_number(&event, "until_ms", entry->until_ms);
	event_text(&event, "by", slice_of(by));
	if (entry->detail.size)
		event_text(&event, "detail", entry->detail);
	event_end(&event);
}

void suppression_tell_left(struct slice field, const char *by)
{
	struct slice tenant, address;
	struct event event;

	suppression_field_split(field, &tenant, &address);
	event_begin(&event, EVENT_INFO, "suppression_left");
	event_text(&event, "address", address);
	if (tenant.size)
		event_text(&event, "tenant", tenant);
	event_text(&event, "by", slice_of(by));
	event_end(&event);
}

void suppression_tell_full(struct suppression *suppression)
{
	int64_t now_us = worker_now_us(),
		told = atomic_load(&suppression->told_full_us);

	if (told && now_us - told < FULL_APART_US)
		return;
	if (atomic_compare_exchange_strong(&suppression->told_full_us, &told, now_us))
		event_note(EVENT_WARNING, "suppression_full",
			"the list has %llu entries (suppression.entries): what bounces "
			"does not enter any more",
			(unsigned long long)atomic_load(&suppression->most));
}
