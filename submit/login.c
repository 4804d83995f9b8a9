/*
 * Who a session is logged in as, from its AUTH to its end.
 */
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"
#include "account/account_app.h"
#include "account/account_cache.h"
#include "submit/node.h"
#include "submit/session.h"
#include "account/token_claims.h"

static void take_rights(struct submission_session *self, const struct account *account);

bool submission_log_in(struct smtp_session *session, const struct account *account,
	const struct account_app *app)
{
	struct submission_session *self = submission_of(session);
	uint64_t most = account->sessions
				? account->sessions
				: session->config->submission.sessions_per_account;

	if (!node_session_begin(self->submission->node, account->name, most))
		return false;
	self->counted = true;
	slice_to_text(app ? app->label : SLICE_EMPTY, self->app, sizeof(self->app));
	take_rights(self, account);
	session->account = self->account.name;
	self->submission->figures.logins++;
	return true;
}

void submission_log_in_as(struct smtp_session *session, struct slice name,
	struct reply *reply, struct deadline deadline)
{
	struct account_cache *accounts = submission_of(session)->submission->accounts;
	struct arena arena = {0};
	struct account account;
	struct slice prepared;

	if (!account_name_prepare(name, &arena, &prepared) ||
		!account_cache_read(accounts, prepared, &arena, &account, deadline))
		*reply = failure_kind_last() == FAILURE_DATA
				 ? REPLY(554, 0, 0, 0, "There is no such account")
				 : REPLY(421, 4, 3, 0, "Accounts cannot be read now");
	else if (account.disabled)
		*reply = REPLY(554, 0, 0, 0, "This account may not send any more");
	else if (!submission_log_in(session, &account, NULL))
		*reply = REPLY(421, 4, 7, 0, "This account has too many sessions");
	arena_finish(&arena);
}

void submission_log_out(struct submission_session *self)
{
	if (self->counted)
		node_session_end(self->submission->node, self->account.name);
	self->counted = false;
	self->account = (struct account){0};
	self->app[0] = '\0';
	self->token_expires_ms = 0;
	arena_reset(&self->arena);
}

bool submission_refresh(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct submission_session *self = submission_of(session);
	struct arena arena = {0};
	struct account account;
	bool may = true;

	if (session->account.size && self->token_expires_ms &&
		worker_wall_ms() >= self->token_expires_ms + TOKEN_LEEWAY_MS) {
		*reply = REPLY(421, 4, 7, 0, "The login's token has expired");
		return false;
	}
	if (!session->account.size || (self->account_changes == account_changes() &&
					      worker_now_us() - self->account_read_us <
						      ACCOUNT_FRESH_MS * 1000LL))
		return true;
	if (account_cache_read(self->submission->accounts, self->account.name, &arena,
		    &account, deadline)) {
		may = !account.disabled &&
		      (!self->app[0] ||
			      account_app_find(&account, slice_of(self->app)));
		take_rights(self, &account);
		session->account = self->account.name;
	} else if (failure_kind_last() == FAILURE_DATA) {
		may = false;
	}
	arena_finish(&arena);
	if (!may)
		*reply = REPLY(421, 4, 7, 0, "This account may not send any more");
	return may;
}

/* What the session needs to know of its account: no secret is kept. */
static void take_rights(struct submission_session *self, const struct account *account)
{
	struct account rights = *account;

	arena_reset(&self->arena);
	rights.hash = rights.cram_password = SLICE_EMPTY;
	rights.apps = NULL;
	memory_wipe(rights.totp, sizeof(rights.totp));
	rights.app_count = 0;
	memory_wipe(&rights.scram, sizeof(rights.scram));
	rights.name = arena_copy(&self->arena, account->name);
	rights.tenant = arena_copy(&self->arena, account->tenant);
	rights.senders = arena_take_array(
		&self->arena, account->sender_count, sizeof(*rights.senders));
	for (size_t i = 0; i < account->sender_count; i++)
		rights.senders[i] = arena_copy(&self->arena, account->senders[i]);
	self->account = rights;
	self->account_read_us = worker_now_us();
	self->account_changes = account_changes();
}
