/* POP3 for accounts; see account_policy.h. */
#include "pop3/account_policy.h"

#include "account/account_quota.h"
#include "base/failure.h"
#include "pop3/store_maildrop.h"

static void account_offer(struct pop3_session *session, struct pop3_offer *offer_r)
{
	const struct pop3_account *self = session->context;
	struct stream *stream = session->conversation.stream;

	*offer_r = (struct pop3_offer){
		.apop = self->options->apop,
		.user = attempts_takes_passwords(&self->attempts, stream),
		.mechanisms = attempts_mechanisms(&self->attempts, stream),
	};
}

static enum login_verdict judged(
	struct pop3_session *session, enum login_verdict verdict)
{
	struct pop3_account *self = session->context;
	struct slice name = self->attempts.identity.account.name;

	if (verdict == LOGIN_OK)
		session->account = arena_copy(&session->arena, name);
	return verdict;
}

static enum login_verdict account_start(struct pop3_session *session,
	struct slice mechanism, struct slice initial, struct slice *challenge_r,
	struct deadline deadline)
{
	struct pop3_account *self = session->context;

	return judged(
		session, attempts_start(&self->attempts, session->conversation.stream,
				 mechanism, initial, challenge_r, deadline));
}

static enum login_verdict account_step(struct pop3_session *session, struct slice line,
	struct slice *challenge_r, struct deadline deadline)
{
	struct pop3_account *self = session->context;

	return judged(
		session, attempts_step(&self->attempts, line, challenge_r, deadline));
}

static enum login_verdict account_password(struct pop3_session *session,
	struct slice name, struct slice password, struct deadline deadline)
{
	struct pop3_account *self = session->context;

	return judged(session,
		attempts_password(&self->attempts, session->conversation.stream, "USER",
			name, password, deadline));
}

static enum login_verdict account_apop(struct pop3_session *session, struct slice name,
	struct slice digest, struct deadline deadline)
{
	struct pop3_account *self = session->context;

	return judged(
		session, attempts_apop(&self->attempts, session->conversation.stream,
				 session->stamp, name, digest, deadline));
}

static struct maildrop *account_open(
	struct pop3_session *session, struct deadline deadline)
{
	struct pop3_account *self = session->context;
	struct account_quota quota = account_quota(
		&self->attempts.identity.account, self->options->attempts.config);

	self->mail = store_account_hold(self->options->store, session->account);
	store_account_set_quota(
		self->mail, (struct store_sums){quota.bytes, quota.messages});
	return store_maildrop_open(
		self->options->port, self->mail, SLICE("INBOX"), deadline);
}

static bool account_holds(struct pop3_session *session, struct deadline deadline)
{
	struct pop3_account *self = session->context;

	return attempts_holds(&self->attempts, deadline);
}

static void account_disconnect(struct pop3_session *session)
{
	struct pop3_account *self = session->context;

	attempts_end(&self->attempts);
	store_account_release(&self->mail);
}

const struct pop3_policy pop3_account_policy = {
	.offer = account_offer,
	.start = account_start,
	.step = account_step,
	.password = account_password,
	.apop = account_apop,
	.open = account_open,
	.holds = account_holds,
	.disconnect = account_disconnect,
};
