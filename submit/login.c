/*
 * Who a submission's session is logged in as: on the word of a proxy, still, or
 * no longer.
 */
#include "base/failure.h"
#include "submit/session.h"

void submission_log_in_as(struct smtp_session *session, struct slice name,
	struct reply *reply, struct deadline deadline)
{
	struct submission_session *self = submission_of(session);
	struct accounts *accounts = self->submission->accounts;
	struct arena arena = {0};
	struct account account;
	struct slice prepared;

	if (!account_name_prepare(name, &arena, &prepared) ||
		!account_cache_read(
			accounts->cache, prepared, &arena, &account, deadline)) {
		*reply = failure_kind_last() == FAILURE_DATA
				 ? REPLY(554, 0, 0, 0, "There is no such account")
				 : REPLY(421, 4, 3, 0, "Accounts cannot be read now");
	} else if (account.disabled) {
		*reply = REPLY(554, 0, 0, 0, "This account may not send any more");
	} else if (!identity_begin(&self->who, accounts, ACCOUNT_SUBMIT, &account, NULL,
			   session->config->submission.sessions_per_account)) {
		*reply = REPLY(421, 4, 7, 0, "This account has too many sessions");
	} else {
		self->submission->figures.logins++;
		session->account = self->who.account.name;
	}
	arena_finish(&arena);
}

void submission_log_out(struct submission_session *self)
{
	identity_end(&self->who);
}

bool submission_refresh(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct submission_session *self = submission_of(session);
	enum identity_state state = IDENTITY_HOLDS;

	if (session->account.size) {
		state = identity_refresh(&self->who, deadline);
		session->account = self->who.account.name;
	}
	if (state == IDENTITY_EXPIRED)
		*reply = REPLY(421, 4, 7, 0, "The login's token has expired");
	else if (state == IDENTITY_GONE)
		*reply = REPLY(421, 4, 7, 0, "This account may not send any more");
	return state == IDENTITY_HOLDS;
}
