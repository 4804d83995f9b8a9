/* The look for phishing at a message in hand, and what comes of it. */
#include "base/event.h"
#include "gate/phishing.h"

#include "submit/transaction.h"

static void tell(struct smtp_session *session)
{
	const struct transaction *transaction = transaction_of(session);
	const struct envelope *envelope = &transaction->message->envelope;
	struct slice names[PHISHING_SIGNS];
	struct event event;

	event_begin(&event, EVENT_WARNING, "suspicious");
	event_text(&event, "id", message_id_slice(&envelope->id));
	event_text(&event, "from", envelope->reverse_path);
	event_text(&event, "client", envelope->client);
	if (envelope->account.size)
		event_text(&event, "account", envelope->account);
	if (envelope->tenant.size)
		event_text(&event, "tenant", envelope->tenant);
	event_number(&event, "phishing", (int64_t)transaction->look.score);
	event_texts(
		&event, "signs", names, phishing_names(transaction->look.signs, names));
	event_end(&event);
}

bool transaction_pass_look(struct smtp_session *session, struct reply *refusal)
{
	struct transaction *transaction = transaction_of(session);

	if (!transaction->look.on && !transaction->look.signs)
		return true;
	if (!gate_look_end(submission_of(session)->submission->gate,
		    transaction->author_domain, &transaction->look,
		    &transaction->arena))
		return true;
	tell(session);
	if (!rights_count_suspicious(session, refusal))
		return false;
	if (session->config->gate.phishing != CONFIG_GATE_REFUSE)
		return true;
	*refusal = gate_check_refusal(GATE_PHISHING,
		SLICE("This message looks like phishing; ask the postmaster"));
	return false;
}
