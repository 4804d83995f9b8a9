/* What follows from a report, by the configuration. */
#include "events/events.h"
#include "feedback/suppression_core.h"
#include "mail/text.h"

/* Whose mail somebody leaves: the stream's, the tenant's or all. */
static struct slice left(const struct config_suppression *config,
	const struct suppression_report *report, char text[SUPPRESSION_WHOSE_MAX])
{
	if (config->unsubscribes == LEAVE_EVERYBODY)
		return SLICE_EMPTY;
	if (config->unsubscribes == LEAVE_TENANT || !report->stream.size)
		return report->tenant;
	return suppression_whose(report->tenant, report->stream, text);
}

static bool enters(const struct config_suppression *config,
	const struct suppression_report *report, enum config_suppress *whose_r,
	int64_t *for_ms_r)
{
	*whose_r = SUPPRESS_TENANT;
	*for_ms_r = 0;
	switch (report->reason) {
	case SUPPRESSION_HARD_BOUNCE:
		*whose_r = config->hard_bounces;
		*for_ms_r = config->hard_bounces_for_ms;
		break;
	case SUPPRESSION_SOFT_BOUNCE:
		*for_ms_r = config->soft_bounces_for_ms;
		return config->soft_bounces > 0;
	case SUPPRESSION_COMPLAINT:
		*whose_r = config->complaints;
		*for_ms_r = config->complaints_for_ms;
		break;
	case SUPPRESSION_UNSUBSCRIBE:
	case SUPPRESSION_MANUAL:
	case SUPPRESSION_IMPORTED:
	case SUPPRESSION_REASONS:
		break;
	}
	return *whose_r != SUPPRESS_NONE;
}

bool suppression_make_wish(const struct config_suppression *config,
	const struct suppression_report *report, struct suppression_words *words,
	struct suppression_wish *wish)
{
	enum config_suppress whose;
	int64_t for_ms, now_ms = worker_wall_ms();

	if (!enters(config, report, &whose, &for_ms))
		return false;
	*wish = (struct suppression_wish){
		.entry = {.tenant = whose == SUPPRESS_TENANT ? report->tenant
							     : SLICE_EMPTY,
			.address = report->address,
			.reason = report->reason,
			.since_ms = now_ms,
			.until_ms = for_ms ? now_ms + for_ms : 0},
		.message = report->message,
	};
	if (report->reason == SUPPRESSION_UNSUBSCRIBE)
		wish->entry.tenant = left(config, report, words->whose);
	wish->entry.detail = slice_make(words->detail,
		text_clean(report->detail, words->detail, sizeof(words->detail)));
	if (report->reason == SUPPRESSION_SOFT_BOUNCE && config->soft_bounces > 1) {
		wish->soft_count = config->soft_bounces;
		wish->soft_within_ms = config->soft_bounces_within_ms;
	}
	return true;
}

static bool write_one(struct suppression *suppression, struct redis *redis,
	const struct suppression_wish *wish, bool *entered_r, struct deadline deadline)
{
	struct suppression_batch batch = {.wishes = wish, .count = 1, .by = "report"};

	if (wish->soft_count)
		return suppression_write_soft(
			suppression, redis, wish, entered_r, deadline);
	if (!suppression_write(suppression, redis, &batch, deadline))
		return false;
	*entered_r = !batch.full;
	/* To repeat it would not help. */
	if (batch.full)
		suppression_tell_full(suppression);
	return true;
}

void suppression_tell_left_list(const struct suppression_report *report)
{
	events_raise(&(struct events_fact){
		.kind = EVENTS_UNSUBSCRIBED,
		.message = report->message,
		.tenant = report->tenant,
		.rcpt = report->address,
	});
	events_flush();
}

bool suppression_report(struct suppression *suppression, struct redis *redis,
	const struct config_suppression *config,
	const struct suppression_report *report, bool *entered_r,
	struct deadline deadline)
{
	struct suppression_words words;
	struct suppression_wish wish;
	bool good;

	*entered_r = false;
	good = !suppression_make_wish(config, report, &words, &wish) ||
	       write_one(suppression, redis, &wish, entered_r, deadline);
	if (good && report->reason == SUPPRESSION_UNSUBSCRIBE)
		suppression_tell_left_list(report);
	return good;
}
