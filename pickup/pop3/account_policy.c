/* POP3 for accounts; see account_policy.h. */
#include "pop3/account_policy.h"

#include "account/account_quota.h"
#include "account/login.h"
#include "base/failure.h"
#include "pop3/store_maildrop.h"

static void account_offer(struct pop3_session *session, struct pop3_offer *offer_r)
{
	const struct pop3_account *self = session->context;
	const struct pop3_account_options *options = self->options;
	struct stream *stream = session->conversation.stream;

	*offer_r = (struct pop3_offer){
		.apop = options->apop,
		.user = options->plaintext || stream_facts(stream)->encrypted,
		.mechanisms = login_mechanisms(options->config, options->mechanisms,
			options->plaintext, stream),
	};
}

static void begin_attempt(struct pop3_session *session)
{
	struct pop3_account *self = session->context;
	struct login_options options = {
		.accounts = self->options->accounts,
		.config = self->options->config,
		.stream = session->conversation.stream,
		.scope = ACCOUNT_PICKUP,
		.service = "pop3",
		.delay_ms = self->options->delay_ms,
		.sessions_max = self->options->sessions_max,
	};

	login_destroy(&self->login);
	self->login = login_create(&options, &self->identity);
}

/* A right password that is not enough is worded as a wrong one, as everywhere. */
static enum pop3_verdict verdict_of(enum login_verdict verdict)
{
	switch (verdict) {
	case LOGIN_CONTINUE:
		return POP3_CHALLENGE;
	case LOGIN_OK:
		return POP3_WELCOME;
	case LOGIN_WRONG:
	case LOGIN_NEEDS_APP:
	case LOGIN_OTHER_SCOPE:
		return POP3_WRONG;
	case LOGIN_MALFORMED:
		return POP3_MALFORMED;
	case LOGIN_CANCELLED:
		return POP3_CANCELLED;
	case LOGIN_NOT_NOW:
		return POP3_NOT_NOW;
	case LOGIN_TOO_MANY:
		return POP3_TOO_MANY;
	case LOGIN_BLOCKED:
		return POP3_BLOCKED;
	case LOGIN_NOT_OFFERED:
	case LOGIN_UNUSABLE:
		return POP3_NOT_OFFERED;
	}
	return POP3_WRONG;
}

static enum pop3_verdict judge(struct pop3_session *session, enum login_verdict verdict,
	struct slice *challenge_r, struct deadline deadline)
{
	struct pop3_account *self = session->context;

	if (verdict == LOGIN_CONTINUE) {
		*challenge_r = login_challenge(self->login);
		return POP3_CHALLENGE;
	}
	if (verdict == LOGIN_OK)
		session->account = arena_copy(
			&session->arena, self->identity.account.name);
	login_keep_delay(self->login, deadline);
	login_destroy(&self->login);
	return verdict_of(verdict);
}

static enum pop3_verdict account_start(struct pop3_session *session,
	struct slice mechanism, struct slice initial, struct slice *challenge_r,
	struct deadline deadline)
{
	struct pop3_account *self = session->context;
	struct pop3_offer offer;

	account_offer(session, &offer);
	begin_attempt(session);
	return judge(session,
		login_start(
			self->login, mechanism, offer.mechanisms, initial, deadline),
		challenge_r, deadline);
}

static enum pop3_verdict account_step(struct pop3_session *session, struct slice line,
	struct slice *challenge_r, struct deadline deadline)
{
	struct pop3_account *self = session->context;

	return judge(session, login_step(self->login, line, deadline), challenge_r,
		deadline);
}

static enum pop3_verdict account_password(struct pop3_session *session,
	struct slice name, struct slice password, struct deadline deadline)
{
	struct pop3_account *self = session->context;

	begin_attempt(session);
	return judge(session,
		login_password(self->login, "USER", name, password, deadline), NULL,
		deadline);
}

static enum pop3_verdict account_apop(struct pop3_session *session, struct slice name,
	struct slice digest, struct deadline deadline)
{
	struct pop3_account *self = session->context;

	begin_attempt(session);
	return judge(session,
		login_apop(self->login, session->stamp, name, digest, deadline), NULL,
		deadline);
}

static struct maildrop *account_open(
	struct pop3_session *session, struct deadline deadline)
{
	struct pop3_account *self = session->context;
	struct account_quota quota = account_quota(
		&self->identity.account, self->options->config);

	self->mail = store_account_hold(self->options->store, session->account);
	store_account_set_quota(
		self->mail, (struct store_sums){quota.bytes, quota.messages});
	return store_maildrop_open(
		self->options->port, self->mail, SLICE("INBOX"), deadline);
}

static bool account_holds(struct pop3_session *session, struct deadline deadline)
{
	struct pop3_account *self = session->context;

	return identity_refresh(&self->identity, deadline) == IDENTITY_HOLDS;
}

static void account_disconnect(struct pop3_session *session)
{
	struct pop3_account *self = session->context;

	login_destroy(&self->login);
	identity_end(&self->identity);
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
