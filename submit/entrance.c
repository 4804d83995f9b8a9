/* Sessions that are not SMTP's. */
#include "submit/entrance.h"

#include "base/memory.h"
#include "submit/transaction.h"

struct smtp_session *submission_enter(const struct submission_entrance *entrance)
{
	struct smtp_session *session = NEW(struct smtp_session);
	struct submission_session *self = NEW(struct submission_session);

	*session = (struct smtp_session){.stream = entrance->stream,
		.config = entrance->config,
		.listener = entrance->listener,
		.limits = smtp_limits_of(entrance->config, CONFIG_ROLE_SUBMISSION),
		.policy = &submission_policy,
		.context = self,
		.extended = true,
		.account = entrance->account->name};
	self->submission = entrance->submission;
	self->who.account = *entrance->account;
	self->protocol = slice_of(entrance->protocol);
	self->caller = entrance->caller;
	return session;
}

void submission_set_marks(
	struct smtp_session *session, struct slice tenant, struct slice metadata)
{
	struct submission_session *self = submission_of(session);

	self->who.account.tenant = tenant;
	self->metadata = metadata;
}

struct slice submission_message_id(struct smtp_session *session)
{
	return message_id_slice(&transaction_of(session)->message->envelope.id);
}

void submission_again(struct smtp_session *session)
{
	session->policy->reset(session);
	session->utf8 = false;
	arena_reset(&session->transaction_arena);
	arena_reset(&session->command_arena);
}

void submission_leave(struct smtp_session **session)
{
	struct smtp_session *old = *session;

	*session = NULL;
	if (!old)
		return;
	transaction_destroy(submission_of(old));
	memory_free(old->context);
	arena_finish(&old->session_arena);
	arena_finish(&old->transaction_arena);
	arena_finish(&old->command_arena);
	memory_free(old);
}
