/* A message in hand at the gate (gate/gate.h), and what comes of it. */
#include "base/event.h"
#include "feedback/verp_keeper.h"
#include "gate/phishing.h"
#include "run/worker.h"

#include "submit/transaction.h"

#define LEAVING_DAYS 90 /* a link to leave a list is good for */

/* Who it is for, signed, as in the addresses that bounces go to; empty where
 * nobody asks for it, or nobody has the secret yet. */
static struct slice token_of(struct smtp_session *session, struct slice recipient)
{
	struct transaction *transaction = transaction_of(session);
	const struct envelope *envelope = &transaction->message->envelope;
	const struct verp_secret *secret;
	struct verp_subject subject = {.id = &envelope->id,
		.tenant = envelope->tenant,
		.recipient = recipient,
		.days = LEAVING_DAYS,
		.domain = slice_of(session->config->hostname)};
	struct slice address;

	if (session->config->gate.unsubscribe != CONFIG_GATE_FIX)
		return SLICE_EMPTY;
	secret = verp_keeper_secret(submission_of(session)->submission->verp);
	if (!secret)
		return SLICE_EMPTY;
	address = verp_write(secret, &subject,
		arena_take(&transaction->arena, VERP_ADDRESS_MAX + 1));
	return slice_part(address, 0, slice_index_last(address, '@'));
}

bool transaction_pass_gate(
	struct smtp_session *session, struct reply *refusal, struct deadline deadline)
{
	struct gate *gate = submission_of(session)->submission->gate;
	struct transaction *transaction = transaction_of(session);
	const struct envelope *envelope = &transaction->message->envelope;
	struct gate_question question = {.header = &transaction->header,
		.reverse_path = envelope->reverse_path,
		.authors = transaction->authors,
		.author_count = transaction->author_count,
		.author_domain = transaction->author_domain,
		.tenant = envelope->tenant,
		.stream = envelope->stream,
		.id = message_id_slice(&envelope->id),
		.now_ms = worker_wall_ms()};

	if (transaction->recipients.count == 1) {
		question.recipient = transaction->recipients.at[0].address;
		question.token = token_of(session, question.recipient);
	}
	if (!transaction_make_link(session, &question, refusal))
		return false;
	gate_judge(gate, &question, &transaction->arena, &transaction->gate, deadline);
	*refusal = transaction->gate.refusal;
	if (!refusal->code)
		gate_look_begin(
			gate, &question, &transaction->look, &transaction->arena);
	return !refusal->code;
}

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
		    &transaction->header, transaction->author_domain,
		    &transaction->look, &transaction->arena))
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
