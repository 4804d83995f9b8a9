/* Attempts of one session to log in; see attempts.h. */
#include "account/attempts.h"

static void begin_attempt(struct attempts *attempts, struct stream *stream)
{
	const struct attempts_options *options = attempts->options;
	struct login_options attempt = {
		.accounts = options->accounts,
		.config = options->config,
		.stream = stream,
		.scope = options->scope,
		.service = options->service,
		.delay_ms = options->delay_ms,
		.sessions_max = options->sessions_max,
	};

	login_destroy(&attempts->login);
	attempts->login = login_create(&attempt, &attempts->identity);
}

/* A right password that is not enough is worded as a wrong one, as everywhere. */
static enum login_verdict reworded(enum login_verdict verdict)
{
	switch (verdict) {
	case LOGIN_NEEDS_APP:
	case LOGIN_OTHER_SCOPE:
		return LOGIN_WRONG;
	case LOGIN_UNUSABLE:
		return LOGIN_NOT_OFFERED;
	default:
		return verdict;
	}
}

static enum login_verdict judge(struct attempts *attempts, enum login_verdict verdict,
	struct slice *challenge_r, struct deadline deadline)
{
	if (verdict == LOGIN_CONTINUE) {
		*challenge_r = login_challenge(attempts->login);
		return verdict;
	}
	login_keep_delay(attempts->login, deadline);
	login_destroy(&attempts->login);
	return reworded(verdict);
}

unsigned attempts_mechanisms(const struct attempts *attempts, struct stream *stream)
{
	const struct attempts_options *options = attempts->options;

	return login_mechanisms(
		options->config, options->mechanisms, options->plaintext, stream);
}

bool attempts_takes_passwords(const struct attempts *attempts, struct stream *stream)
{
	return attempts->options->plaintext || stream_facts(stream)->encrypted;
}

enum login_verdict attempts_start(struct attempts *attempts, struct stream *stream,
	struct slice mechanism, struct slice initial, struct slice *challenge_r,
	struct deadline deadline)
{
	begin_attempt(attempts, stream);
	return judge(attempts,
		login_start(attempts->login, mechanism,
			attempts_mechanisms(attempts, stream), initial, deadline),
		challenge_r, deadline);
}

enum login_verdict attempts_step(struct attempts *attempts, struct slice line,
	struct slice *challenge_r, struct deadline deadline)
{
	return judge(attempts, login_step(attempts->login, line, deadline), challenge_r,
		deadline);
}

enum login_verdict attempts_password(struct attempts *attempts, struct stream *stream,
	const char *command, struct slice name, struct slice password,
	struct deadline deadline)
{
	begin_attempt(attempts, stream);
	return judge(attempts,
		login_password(attempts->login, command, name, password, deadline),
		NULL, deadline);
}

enum login_verdict attempts_apop(struct attempts *attempts, struct stream *stream,
	struct slice stamp, struct slice name, struct slice digest,
	struct deadline deadline)
{
	begin_attempt(attempts, stream);
	return judge(attempts,
		login_apop(attempts->login, stamp, name, digest, deadline), NULL,
		deadline);
}

bool attempts_holds(struct attempts *attempts, struct deadline deadline)
{
	return identity_refresh(&attempts->identity, deadline) == IDENTITY_HOLDS;
}

void attempts_end(struct attempts *attempts)
{
	login_destroy(&attempts->login);
	identity_end(&attempts->identity);
}
