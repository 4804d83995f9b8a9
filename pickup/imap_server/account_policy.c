/* IMAP for accounts; see account_policy.h. */
#include "imap_server/account_policy.h"

#include "account/account_quota.h"
#include "account/login.h"
#include "base/failure.h"

static void account_offer(struct imap_session *session, struct imap_offer *offer_r)
{
	const struct imap_account *self = session->context;
	const struct imap_account_options *options = self->options;
	struct stream *stream = session->conversation.stream;

	*offer_r = (struct imap_offer){
		.login = options->plaintext || stream_facts(stream)->encrypted,
		.mechanisms = login_mechanisms(options->config, options->mechanisms,
			options->plaintext, stream),
	};
}

static void begin_attempt(struct imap_session *session)
{
	struct imap_account *self = session->context;
	struct login_options options = {
		.accounts = self->options->accounts,
		.config = self->options->config,
		.stream = session->conversation.stream,
		.scope = ACCOUNT_PICKUP,
		.service = "imap",
		.delay_ms = self->options->delay_ms,
		.sessions_max = self->options->sessions_max,
	};

	login_destroy(&self->login);
	self->login = login_create(&options, &self->identity);
}

/* A right password that is not enough is worded as a wrong one, as everywhere. */
static enum imap_verdict verdict_of(enum login_verdict verdict)
{
	switch (verdict) {
	case LOGIN_CONTINUE:
		return IMAP_CHALLENGE;
	case LOGIN_OK:
		return IMAP_WELCOME;
	case LOGIN_WRONG:
	case LOGIN_NEEDS_APP:
	case LOGIN_OTHER_SCOPE:
		return IMAP_WRONG;
	case LOGIN_MALFORMED:
		return IMAP_MALFORMED;
	case LOGIN_CANCELLED:
		return IMAP_CANCELLED;
	case LOGIN_NOT_NOW:
		return IMAP_NOT_NOW;
	case LOGIN_TOO_MANY:
		return IMAP_TOO_MANY;
	case LOGIN_BLOCKED:
		return IMAP_BLOCKED;
	case LOGIN_NOT_OFFERED:
	case LOGIN_UNUSABLE:
		return IMAP_NOT_OFFERED;
	}
	return IMAP_WRONG;
}

static enum imap_verdict judge(struct imap_session *session, enum login_verdict verdict,
	struct slice *challenge_r, struct deadline deadline)
{
	struct imap_account *self = session->context;

	if (verdict == LOGIN_CONTINUE) {
		*challenge_r = login_challenge(self->login);
		return IMAP_CHALLENGE;
	}
	if (verdict == LOGIN_OK) {
		arena_expect(&session->arena, self->identity.account.name.size + 1);
		session->account = arena_copy(
			&session->arena, self->identity.account.name);
	}
	login_keep_delay(self->login, deadline);
	login_destroy(&self->login);
	return verdict_of(verdict);
}

static enum imap_verdict account_start(struct imap_session *session,
	struct slice mechanism, struct slice initial, struct slice *challenge_r,
	struct deadline deadline)
{
	struct imap_account *self = session->context;
	struct imap_offer offer;

	account_offer(session, &offer);
	begin_attempt(session);
	return judge(session,
		login_start(
			self->login, mechanism, offer.mechanisms, initial, deadline),
		challenge_r, deadline);
}

static enum imap_verdict account_step(struct imap_session *session, struct slice line,
	struct slice *challenge_r, struct deadline deadline)
{
	struct imap_account *self = session->context;

	return judge(session, login_step(self->login, line, deadline), challenge_r,
		deadline);
}

static enum imap_verdict account_password(struct imap_session *session,
	struct slice name, struct slice password, struct deadline deadline)
{
	struct imap_account *self = session->context;

	begin_attempt(session);
	return judge(session,
		login_password(self->login, "LOGIN", name, password, deadline), NULL,
		deadline);
}

static struct store_account *account_open(struct imap_session *session,
	struct store_port **port_r, struct deadline deadline)
{
	struct imap_account *self = session->context;
	struct account_quota quota = account_quota(
		&self->identity.account, self->options->config);
	struct store_account *mail = store_account_hold(
		self->options->store, session->account);

	store_account_set_quota(mail, (struct store_sums){quota.bytes, quota.messages});
	*port_r = self->options->port;
	return mail;
}

static struct slice account_shared(struct imap_session *session)
{
	struct imap_account *self = session->context;
	const char *name = self->options->config->pickup.shared_account;

	if (name && !self->shared.at &&
		!account_name_prepare(slice_of(name), &session->arena, &self->shared))
		self->shared = SLICE("");
	return self->shared;
}

/* Where that cannot be read now, what was known of its quota counts. */
static bool account_visit(struct imap_session *session, struct store_account *mail,
	struct deadline deadline)
{
	struct imap_account *self = session->context;
	struct arena arena = {0};
	struct account account;
	struct account_quota quota;
	bool good = account_cache_read(self->options->accounts->cache,
		store_account_name(mail), &arena, &account, deadline);
	bool gone = !good && failure_last()->kind == FAILURE_DATA;

	if (good) {
		quota = account_quota(&account, self->options->config);
		store_account_set_quota(
			mail, (struct store_sums){quota.bytes, quota.messages});
	}
	arena_finish(&arena);
	return !gone;
}

static bool account_holds(struct imap_session *session, struct deadline deadline)
{
	struct imap_account *self = session->context;

	return identity_refresh(&self->identity, deadline) == IDENTITY_HOLDS;
}

static void account_disconnect(struct imap_session *session)
{
	struct imap_account *self = session->context;

	login_destroy(&self->login);
	identity_end(&self->identity);
}

const struct imap_policy imap_account_policy = {
	.offer = account_offer,
	.start = account_start,
	.step = account_step,
	.password = account_password,
	.open = account_open,
	.shared = account_shared,
	.visit = account_visit,
	.holds = account_holds,
	.disconnect = account_disconnect,
};
