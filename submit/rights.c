/*
 * Rights: who may submit, as which sender, and how much.
 *
 * Who logged in has the rights of the account, and no others. Without login,
 * machines of the trusted networks may send as the trusted senders, and whoever
 * may connect to a listener without require_auth may send as anybody.
 *
 * The null sender is allowed to all of them: programs need it for receipts and
 * notifications, and RFC 6409 3.2 forbids to refuse it for itself. The From
 * field is checked all the same.
 */
#include "run/worker.h"
#include "submit/node.h"
#include "submit/session.h"

static bool trusted_may_send_as(struct smtp_session *session, struct slice address);

bool rights_may_submit(struct smtp_session *session, struct reply *reply)
{
	if (session->account.size || submission_of(session)->trusted ||
		!session->listener->require_auth)
		return true;
	*reply = session->tls && !stream_facts(session->stream)->encrypted
			 ? REPLY(530, 5, 7, 0, "Say STARTTLS and AUTH first")
			 : REPLY(530, 5, 7, 0, "Say AUTH first");
	return false;
}

bool rights_may_send_as(struct smtp_session *session, struct slice address,
	const char *what, struct reply *reply)
{
	const struct submission_session *self = submission_of(session);
	bool may;

	if (!address.size)
		may = true;
	else if (session->account.size)
		may = account_may_send_as(&self->who.account, address);
	else
		may = !session->listener->require_auth ||
		      trusted_may_send_as(session, address);
	if (!may)
		*reply = (struct reply){.code = 550,
			.enhanced = {5, 7, 1},
			.text = arena_format(&session->command_arena,
				"%s %.*s is not yours to use", what,
				SLICE_PRINT(address))};
	return may;
}

bool rights_may_lack_author(struct smtp_session *session)
{
	const struct submission_session *self = submission_of(session);

	if (session->account.size)
		return account_may_send_as(&self->who.account, SLICE_EMPTY);
	return !session->listener->require_auth ||
	       session->config->submission.trusted_senders.count == 0;
}

bool rights_count_message(struct smtp_session *session, struct reply *reply)
{
	const struct submission_session *self = submission_of(session);
	uint64_t per_hour = session->config->submission.messages_per_hour;
	unsigned wait_s;

	if (!session->account.size)
		return true;
	if (self->who.account.messages_per_hour)
		per_hour = self->who.account.messages_per_hour;
	if (!per_hour || node_count_message(self->submission->node, session->account,
				 per_hour, worker_now_us(), &wait_s))
		return true;
	*reply = (struct reply){.code = 450,
		.enhanced = {4, 7, 1},
		.text = arena_format(&session->command_arena,
			"This account may send %llu messages an hour; "
			"try again in %u seconds",
			(unsigned long long)per_hour, wait_s)};
	return false;
}

bool rights_count_suspicious(struct smtp_session *session, struct reply *reply)
{
	const struct submission_session *self = submission_of(session);
	uint64_t per_hour = session->config->gate.suspicious_per_hour;
	unsigned wait_s;

	if (!per_hour || !session->account.size ||
		node_count_suspicious(self->submission->node, session->account,
			per_hour, worker_now_us(), &wait_s))
		return true;
	*reply = REPLY(550, 5, 7, 1,
		"This account sent too many messages that look like phishing; ask the "
		"postmaster");
	return false;
}

uint64_t rights_recipients_max(struct smtp_session *session)
{
	uint64_t most = session->config->submission.recipients;
	uint64_t own = submission_of(session)->who.account.recipients_per_message;

	return session->account.size && own && own < most ? own : most;
}

static bool trusted_may_send_as(struct smtp_session *session, struct slice address)
{
	const struct config_texts *senders =
		&session->config->submission.trusted_senders;

	for (size_t i = 0; i < senders->count; i++)
		if (account_sender_admits(slice_of(senders->at[i]), address))
			return true;
	return senders->count == 0;
}
