/* IMAP for accounts; see account_policy.h. */
#include "imap_server/account_policy.h"

#include "account/account_quota.h"
#include "base/failure.h"

static void account_offer(struct imap_session *session, struct imap_offer *offer_r)
{
	const struct imap_account *self = session->context;
	struct stream *stream = session->conversation.stream;

	*offer_r = (struct imap_offer){
		.login = attempts_takes_passwords(&self->attempts, stream),
		.mechanisms = attempts_mechanisms(&self->attempts, stream),
	};
}

static enum login_verdict judged(
	struct imap_session *session, enum login_verdict verdict)
{
	struct imap_account *self = session->context;
	struct slice name = self->attempts.identity.account.name;

	if (verdict == LOGIN_OK) {
		arena_expect(&session->arena, name.size + 1);
		session->account = arena_copy(&session->arena, name);
	}
	return verdict;
}

static enum login_verdict account_start(struct imap_session *session,
	struct slice mechanism, struct slice initial, struct slice *challenge_r,
	struct deadline deadline)
{
	struct imap_account *self = session->context;

	return judged(
		session, attempts_start(&self->attempts, session->conversation.stream,
				 mechanism, initial, challenge_r, deadline));
}

static enum login_verdict account_step(struct imap_session *session, struct slice line,
	struct slice *challenge_r, struct deadline deadline)
{
	struct imap_account *self = session->context;

	return judged(
		session, attempts_step(&self->attempts, line, challenge_r, deadline));
}

static enum login_verdict account_password(struct imap_session *session,
	struct slice name, struct slice password, struct deadline deadline)
{
	struct imap_account *self = session->context;

	return judged(session,
		attempts_password(&self->attempts, session->conversation.stream,
			"LOGIN", name, password, deadline));
}

static struct store_account *account_open(struct imap_session *session,
	struct store_port **port_r, struct deadline deadline)
{
	struct imap_account *self = session->context;
	struct account_quota quota = account_quota(
		&self->attempts.identity.account, self->options->attempts.config);
	struct store_account *mail = store_account_hold(
		self->options->store, session->account);

	store_account_set_quota(mail, (struct store_sums){quota.bytes, quota.messages});
	*port_r = self->options->port;
	return mail;
}

static struct slice account_shared(struct imap_session *session)
{
	struct imap_account *self = session->context;
	const char *name = self->options->attempts.config->pickup.shared_account;

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
	bool good = account_cache_read(self->options->attempts.accounts->cache,
		store_account_name(mail), &arena, &account, deadline);
	bool gone = !good && failure_last()->kind == FAILURE_DATA;

	if (good) {
		quota = account_quota(&account, self->options->attempts.config);
		store_account_set_quota(
			mail, (struct store_sums){quota.bytes, quota.messages});
	}
	arena_finish(&arena);
	return !gone;
}

static bool account_holds(struct imap_session *session, struct deadline deadline)
{
	struct imap_account *self = session->context;

	return attempts_holds(&self->attempts, deadline);
}

static void account_disconnect(struct imap_session *session)
{
	struct imap_account *self = session->context;

	attempts_end(&self->attempts);
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
