/* Who leaves a list enters the suppression list; see leaving_enter.h. */
#include "feedback/leaving_enter.h"

#include "base/failure.h"
#include "feedback/suppression_core.h"

struct suppression_report leaving_report(
	const struct leaving *leaving, enum leaving_way way)
{
	return (struct suppression_report){
		.reason = SUPPRESSION_UNSUBSCRIBE,
		.tenant = leaving->tenant,
		.stream = leaving->stream,
		.address = leaving->recipient,
		.message = message_id_slice(&leaving->id),
		.detail = way == LEAVING_BY_MAIL ? SLICE("by mail")
						 : SLICE("one click"),
	};
}

/* It was asked for before, and holds for good: nothing is to be written. */
static bool has_left(const struct suppression *list,
	const struct config_suppression *config,
	const struct suppression_report *report)
{
	char text[SUPPRESSION_WHOSE_MAX];
	struct slice whose = report->tenant;
	struct suppression_found found;

	if (config->unsubscribes == LEAVE_EVERYBODY)
		whose = SLICE_EMPTY;
	else if (config->unsubscribes == LEAVE_STREAM && report->stream.size)
		whose = suppression_whose(report->tenant, report->stream, text);
	return suppression_find(list, whose, report->address, &found) &&
	       found.reason == SUPPRESSION_UNSUBSCRIBE && !found.until_ms;
}

bool leaving_enter(struct suppression *list, struct redis *redis,
	const struct config_suppression *config, const struct leaving *leaving,
	enum leaving_way way, struct deadline deadline)
{
	struct suppression_report report = leaving_report(leaving, way);
	bool entered = true;

	if (!has_left(list, config, &report) &&
		!suppression_report(list, redis, config, &report, &entered, deadline))
		return false;
	if (!entered)
		return fail(FAILURE_LIMIT, "the suppression list is full");
	atomic_fetch_add(&list->left[way], 1);
	return true;
}

void leaving_count_wrong(struct suppression *list, enum leaving_way way)
{
	atomic_fetch_add(&list->left_wrong[way], 1);
}

uint64_t leaving_count(const struct suppression *list, enum leaving_way way, bool wrong)
{
	return atomic_load(wrong ? &list->left_wrong[way] : &list->left[way]);
}
