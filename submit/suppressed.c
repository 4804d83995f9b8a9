/*
 * Suppressed recipients. The memory of the process answers; only in the moment
 * between a start and the list's arrival Redis does, so that nothing slips through
 * and nobody has to come again.
 */
#include "submit/suppressed.h"

#include "base/clock.h"
#include "base/event.h"
#include "feedback/suppression_key.h"
#include "queue/happened.h"
#include "submit/transaction.h"

#define DAY_SIZE 10 /* of "2026-11-21T…" */
#define CANNOT_TELL                                                           \
	REPLY(451, 4, 3, 0,                                                   \
		"Cannot tell whether this address may be sent to, try again " \
		"soon")

static void tell(struct smtp_session *session, const struct envelope *envelope,
	const struct suppressed *one, const char *action)
{
	struct slice tenant = transaction_tenant(session);
	struct event event;

	event_begin(&event, EVENT_INFO, "suppressed");
	if (envelope)
		event_text(&event, "id", message_id_slice(&envelope->id));
	event_text(&event, "rcpt", one->address);
	if (tenant.size)
		event_text(&event, "tenant", tenant);
	event_text(&event, "reason", slice_of(suppression_reason_name(one->reason)));
	event_text(&event, "action", slice_of(action));
	event_text(&event, "client",
		slice_of(stream_facts(session->stream)->peer_address));
	if (session->account.size)
		event_text(&event, "account", session->account);
	event_end(&event);
}

static void tell_application(struct smtp_session *session,
	const struct envelope *envelope, const struct suppressed *one)
{
	struct events_fact fact = {.kind = EVENTS_SUPPRESSED};

	if (!events_wanted())
		return;
	if (envelope)
		fact = happened_fact(envelope, EVENTS_SUPPRESSED);
	else
		fact.client = slice_of(stream_facts(session->stream)->peer_address);
	fact.account = session->account;
	fact.tenant = transaction_tenant(session);
	fact.rcpt = one->address;
	fact.reason = slice_of(suppression_reason_name(one->reason));
	events_raise(&fact);
}

/* RFC 3463: 5.1.1 of a mailbox that is no good, 5.7.1 of one that wants none. */
static struct reply refusal(
	struct smtp_session *session, const struct suppression_found *found)
{
	bool bounced = found->reason == SUPPRESSION_HARD_BOUNCE ||
		       found->reason == SUPPRESSION_SOFT_BOUNCE;
	char since[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
	struct slice text = arena_format(&session->command_arena,
		"Suppressed since %.*s (%s): nothing is sent %s", DAY_SIZE,
		clock_format_iso(found->since_ms, since).at,
		suppression_reason_name(found->reason),
		found->domain ? "to this domain" : "to this address");

	if (found->until_ms)
		text = arena_format(&session->command_arena, "%.*s until %.*s",
			SLICE_PRINT(text), DAY_SIZE,
			clock_format_iso(found->until_ms, until).at);
	return (struct reply){.code = 550,
		.enhanced = bounced ? (struct enhanced_code){5, 1, 1}
				    : (struct enhanced_code){5, 7, 1},
		.text = text};
}

static void record(struct transaction *transaction, const struct suppressed *one)
{
	struct arena *arena = &transaction->message->arena;
	struct suppressed *copy = ARENA_NEW(arena, struct suppressed);

	*copy = *one;
	copy->address = arena_copy(arena, one->address);
	copy->next = transaction->recorded;
	transaction->recorded = copy;
	transaction->recorded_count++;
}

bool suppressed_rcpt(struct smtp_session *session, struct slice address,
	struct reply *reply, struct deadline deadline)
{
	struct submission *submission = submission_of(session)->submission;
	enum config_suppressed way = session->config->suppression.at_submission;
	struct suppressed one = {.address = address};
	struct suppression_found found;
	enum suppression_answer answer;

	if (!submission->suppression || way == SUPPRESSED_NONE)
		return false;
	answer = suppression_ask(submission->suppression, submission->accounts->redis,
		transaction_tenant(session), address, &found, deadline);
	if (answer == SUPPRESSION_UNKNOWN) {
		*reply = CANNOT_TELL;
		return true;
	}
	if (answer == SUPPRESSION_NO)
		return false;
	one.reason = found.reason;
	if (way == SUPPRESSED_RECORD) {
		record(transaction_of(session), &one);
		return true;
	}
	*reply = refusal(session, &found);
	tell(session, NULL, &one, "refused");
	tell_application(session, NULL, &one);
	return true;
}

static bool refuse_all(struct smtp_session *session,
	const struct suppression_found *found, struct reply *reply)
{
	const struct suppressed *one = transaction_of(session)->recorded;

	for (; one; one = one->next) {
		tell(session, NULL, one, "refused");
		tell_application(session, NULL, one);
	}
	*reply = refusal(session, found);
	return false;
}

bool suppressed_by_stream(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct submission *submission = submission_of(session)->submission;
	enum config_suppressed way = session->config->suppression.at_submission;
	struct transaction *transaction = transaction_of(session);
	const struct envelope *envelope = &transaction->message->envelope;
	struct recipient_list *list = &transaction->recipients;
	char text[SUPPRESSION_WHOSE_MAX];
	struct suppression_found found;
	struct slice whose;
	size_t kept = 0, all = list->count;

	if (!submission->suppression || way == SUPPRESSED_NONE ||
		!envelope->stream.size)
		return true;
	whose = suppression_whose(envelope->tenant, envelope->stream, text);
	for (size_t i = 0; i < all; i++) {
		struct suppressed one = {.address = list->at[i].address};
		enum suppression_answer answer = suppression_ask(
			submission->suppression, submission->accounts->redis, whose,
			one.address, &found, deadline);

		if (answer == SUPPRESSION_UNKNOWN) {
			*reply = CANNOT_TELL;
			return false;
		}
		if (answer == SUPPRESSION_YES) {
			one.reason = found.reason;
			record(transaction, &one);
			continue;
		}
		list->at[kept] = list->at[i];
		list->domains[kept++] = list->domains[i];
	}
	list->count = kept;
	return kept || kept == all || way == SUPPRESSED_RECORD ||
	       refuse_all(session, &found, reply);
}

void suppressed_tell(struct smtp_session *session, const struct envelope *envelope,
	const struct suppressed *list)
{
	for (; list; list = list->next)
		tell(session, envelope, list, "recorded");
}

void suppressed_tell_applications(struct smtp_session *session,
	const struct envelope *envelope, const struct suppressed *list)
{
	for (; list; list = list->next)
		tell_application(session, envelope, list);
}
