/* Stopping mail that waits for who wants none any more. */
#include "relay/suppressed.h"

#include "base/event.h"
#include "feedback/suppression.h"
#include "feedback/suppression_key.h"
#include "queue/happened.h"
#include "run/worker.h"

#include "relay/outcome.h"

#define FRESH_MS 5000 /* so young it was asked at submission */

/* What servers bring us for our own domains is nothing that we send anybody. */
static bool is_local(const struct relay *relay, struct slice domain)
{
	const struct config_receive *receive = &relay->config->receive;

	for (size_t i = 0; i < receive->domain_count; i++) {
		struct slice local = slice_of(receive->domains[i].domain);

		if (slice_starts(local, SLICE(".")) ? slice_ends(domain, local)
						    : slice_equal(domain, local))
			return true;
	}
	return false;
}

static bool may_be(const struct relay *relay, const struct entry *entry)
{
	const struct envelope *envelope = &entry->message->envelope;

	return relay->options.suppression &&
	       relay->config->suppression.at_submission != SUPPRESSED_NONE &&
	       worker_wall_ms() - envelope->created_ms >= FRESH_MS &&
	       envelope->reverse_path.size > 0 && !is_local(relay, entry->domain);
}

static void tell(const struct envelope *envelope, const struct recipient *recipient,
	const struct suppression_found *found)
{
	struct events_fact fact;
	struct event event;

	event_begin(&event, EVENT_INFO, "suppressed");
	event_text(&event, "id", message_id_slice(&envelope->id));
	event_text(&event, "rcpt", recipient->address);
	if (envelope->tenant.size)
		event_text(&event, "tenant", envelope->tenant);
	event_text(&event, "reason", slice_of(suppression_reason_name(found->reason)));
	event_text(&event, "action", SLICE("stopped"));
	event_end(&event);
	if (!happened_is_told(envelope))
		return;
	fact = happened_fact(envelope, EVENTS_SUPPRESSED);
	fact.rcpt = recipient->address;
	fact.reason = slice_of(suppression_reason_name(found->reason));
	events_raise(&fact);
}

static struct verdict judge(const struct relay *relay, struct recipient *recipient,
	const struct suppression_found *found)
{
	bool bounced = found->reason == SUPPRESSION_HARD_BOUNCE ||
		       found->reason == SUPPRESSION_SOFT_BOUNCE;

	if (relay->config->suppression.at_submission == SUPPRESSED_RECORD)
		recipient->notify = NOTIFY_NEVER;
	return verdict_of_ours(VERDICT_NEVER, bounced ? "5.1.1" : "5.7.1",
		SLICE("suppressed while it waited: nothing is sent to this address"));
}

/* As a tenant's, and as one of this stream's. */
static bool find(const struct relay *relay, const struct envelope *envelope,
	struct slice address, struct suppression_found *found_r)
{
	const struct suppression *suppression = relay->options.suppression;
	char text[SUPPRESSION_WHOSE_MAX];

	return suppression_find(suppression, envelope->tenant, address, found_r) ||
	       (envelope->stream.size && suppression_find(suppression,
						 suppression_whose(envelope->tenant,
							 envelope->stream, text),
						 address, found_r));
}

bool suppressed_stop(struct relay *relay, struct entry *entry)
{
	const struct envelope *envelope = &entry->message->envelope;
	struct attempt attempt = {.host = SLICE_EMPTY, .suppressed = true};
	struct arena arena = {0};
	struct verdict *verdicts = NULL;
	struct suppression_found found;

	if (!may_be(relay, entry))
		return false;
	for (size_t i = 0; i < entry->recipient_count; i++) {
		struct recipient *recipient = &entry->recipients[i];

		if (!find(relay, envelope, recipient->address, &found))
			continue;
		if (!verdicts) {
			verdicts = arena_take_array(
				&arena, entry->recipient_count, sizeof(*verdicts));
			for (size_t j = 0; j < entry->recipient_count; j++)
				verdicts[j].kind = VERDICT_AGAIN;
		}
		tell(envelope, recipient, &found);
		verdicts[i] = judge(relay, recipient, &found);
	}
	if (verdicts)
		outcome_settle(relay, NULL, entry, verdicts, &attempt);
	arena_finish(&arena);
	return verdicts != NULL;
}
