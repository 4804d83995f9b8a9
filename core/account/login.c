/*
 * One attempt to log in: the exchange, and what becomes of those who fail it.
 */
#include "account/login.h"

#include "account/login_core.h"
#include "base/event.h"
#include "base/memory.h"
#include "io/tls.h"
#include "metrics/timing.h"
#include "run/worker.h"

static struct sasl_server *create_server(
	struct stream *stream, enum sasl_mechanism mechanism, unsigned offered);
static enum login_verdict converse(
	struct login *login, enum sasl_progress progress, struct deadline deadline);
static enum login_verdict refused(struct login *login);
static bool is_blocked(struct login *login);
static enum login_verdict log_in(struct login *login);
static enum login_verdict fail_login(struct login *login);
static void tell(const struct login *login, enum event_level level, const char *name);

unsigned login_mechanisms(const struct config *config, const struct config_texts *names,
	bool plaintext, struct stream *stream)
{
	bool encrypted = stream_facts(stream)->encrypted;
	unsigned offered = 0;
	enum sasl_mechanism mechanism;
	char binding[64];
	size_t size;

	if (!encrypted && !plaintext)
		return 0;
	for (size_t i = 0; i < names->count; i++)
		if (sasl_mechanism_find(slice_of(names->at[i]), &mechanism))
			offered |= SASL_BIT(mechanism);
	if (!encrypted || config->oauth_count == 0) /* RFC 7628 3 */
		offered &= ~(SASL_BIT(SASL_OAUTHBEARER) | SASL_BIT(SASL_XOAUTH2));
	if ((offered & SASL_BIT(SASL_SCRAM_SHA_256_PLUS)) &&
		!(encrypted && tls_channel_binding(
				       stream, tls_is_1_3(stream), binding, &size)))
		offered &= ~SASL_BIT(SASL_SCRAM_SHA_256_PLUS);
	return offered;
}

struct login *login_create(
	const struct login_options *options, struct identity *identity)
{
	struct login *login = NEW(struct login);

	login->options = *options;
	login->identity = identity;
	login->begun_us = worker_now_us();
	login->failure = LOGIN_WRONG;
	return login;
}

void login_destroy(struct login **login)
{
	struct login *old = *login;

	*login = NULL;
	if (!old)
		return;
	sasl_server_destroy(&old->server);
	arena_finish(&old->arena);
	memory_wipe(old, sizeof(*old));
	memory_free(old);
}

enum login_verdict login_start(struct login *login, struct slice mechanism,
	unsigned offered, struct slice initial, struct deadline deadline)
{
	if (is_blocked(login))
		return LOGIN_BLOCKED;
	if (!sasl_mechanism_find(mechanism, &login->mechanism) ||
		!(offered & SASL_BIT(login->mechanism)))
		return LOGIN_NOT_OFFERED;
	login->server = create_server(login->options.stream, login->mechanism, offered);
	if (!login->server)
		return LOGIN_UNUSABLE;
	return converse(login, sasl_server_start(login->server, initial), deadline);
}

enum login_verdict login_step(
	struct login *login, struct slice line, struct deadline deadline)
{
	return converse(login, sasl_server_step(login->server, line), deadline);
}

struct slice login_challenge(const struct login *login)
{
	return sasl_server_output(login->server);
}

enum login_verdict login_password(struct login *login, const char *command,
	struct slice name, struct slice password, struct deadline deadline)
{
	char said[SASL_NAME_MAX + 1];
	char *secret;
	struct slice prepared;
	bool checked = true, right = false;

	login->command = command;
	if (is_blocked(login))
		return LOGIN_BLOCKED;
	secret = memory_allocate(SASL_PASSWORD_MAX + 1);
	if (sasl_identity(name, SLICE_EMPTY, said) &&
		sasl_prepare(password, secret, SASL_PASSWORD_MAX + 1, &prepared))
		checked = login_check_password(
			login, slice_of(said), prepared, &right, deadline);
	memory_wipe(secret, SASL_PASSWORD_MAX + 1);
	memory_free(secret);
	if (!checked)
		return LOGIN_NOT_NOW;
	return right ? log_in(login) : fail_login(login);
}

enum login_verdict login_apop(struct login *login, struct slice stamp,
	struct slice name, struct slice digest, struct deadline deadline)
{
	char said[SASL_NAME_MAX + 1];
	bool right = false;

	login->command = "APOP";
	if (is_blocked(login))
		return LOGIN_BLOCKED;
	if (sasl_identity(name, SLICE_EMPTY, said) &&
		!login_check_digest(
			login, slice_of(said), stamp, digest, &right, deadline))
		return LOGIN_NOT_NOW;
	return right ? log_in(login) : fail_login(login);
}

void login_keep_delay(struct login *login, struct deadline deadline)
{
	struct deadline answer = {login->answer_us};

	timing_record(TIMING_LOGIN, worker_now_us() - login->begun_us);
	if (login->answer_us)
		fiber_sleep(deadline_earlier(answer, deadline));
}

struct reply login_refusal(const struct login *login)
{
	return sasl_server_refusal(login->server);
}

static struct sasl_server *create_server(
	struct stream *stream, enum sasl_mechanism mechanism, unsigned offered)
{
	struct sasl_binding binding = {0};
	char bytes[64];
	size_t size;
	bool exporter;

	if (!stream_facts(stream)->encrypted)
		return sasl_server_create(mechanism, NULL, false);
	exporter = tls_is_1_3(stream);
	if (tls_channel_binding(stream, exporter, bytes, &size)) {
		if (exporter)
			binding.tls_exporter = slice_make(bytes, size);
		else
			binding.tls_unique = slice_make(bytes, size);
	}
	return sasl_server_create(
		mechanism, &binding, offered & SASL_BIT(SASL_SCRAM_SHA_256_PLUS));
}

/* The exchange until the client has to say something, or to its end. */
static enum login_verdict converse(
	struct login *login, enum sasl_progress progress, struct deadline deadline)
{
	struct sasl_server *server = login->server;
	bool right, found = true;

	while (found) {
		switch (progress) {
		case SASL_CONTINUE:
			return LOGIN_CONTINUE;
		case SASL_NEED_ACCOUNT:
			found = login_give_account(login, &progress, deadline);
			break;
		case SASL_NEED_PASSWORD_CHECK:
			found = login_check_password(login,
				sasl_server_username(server),
				sasl_server_password(server), &right, deadline);
			if (found)
				progress = sasl_server_give_verdict(server, right);
			break;
		case SASL_NEED_TOKEN_CHECK:
			found = login_give_token_verdict(login, &progress, deadline);
			break;
		case SASL_DONE:
			return log_in(login);
		case SASL_FAILED:
			return refused(login);
		}
	}
	return LOGIN_NOT_NOW;
}

/* What was not understood is no guess. */
static enum login_verdict refused(struct login *login)
{
	struct reply refusal = sasl_server_refusal(login->server);

	if (refusal.code == 535)
		return fail_login(login);
	return refusal.enhanced.subject == 7 ? LOGIN_CANCELLED : LOGIN_MALFORMED;
}

static bool is_blocked(struct login *login)
{
	if (!logins_address_is_blocked(login->options.accounts->logins,
		    stream_facts(login->options.stream)->peer_bytes, login->begun_us))
		return false;
	login->reason = "too many failures from this address";
	tell(login, EVENT_WARNING, "login_failed");
	return true;
}

static enum login_verdict log_in(struct login *login)
{
	const struct login_options *options = &login->options;

	if (!identity_begin(login->identity, options->accounts, options->scope,
		    &login->account, login->app, options->sessions_max)) {
		login->reason = "too many sessions";
		tell(login, EVENT_WARNING, "login_failed");
		return LOGIN_TOO_MANY;
	}
	login->identity->token_expires_ms = login->token_expires_ms;
	login->reason = NULL;
	tell(login, EVENT_INFO, "login");
	return LOGIN_OK;
}

/* A wrong password or something that looks the same. */
static enum login_verdict fail_login(struct login *login)
{
	const struct login_options *options = &login->options;
	int64_t delay_ms = logins_count_failure(options->accounts->logins,
		stream_facts(options->stream)->peer_bytes, login->name,
		options->delay_ms, worker_now_us());

	login->answer_us = login->begun_us + delay_ms * 1000;
	if (!login->reason)
		login->reason = "not understood";
	tell(login, EVENT_WARNING, "login_failed");
	return login->failure;
}

static void tell(const struct login *login, enum event_level level, const char *name)
{
	const struct stream_facts *facts = stream_facts(login->options.stream);
	struct event event;

	event_begin(&event, level, name);
	if (login->options.service)
		event_text(&event, "service", slice_of(login->options.service));
	if (login->name.size)
		event_text(&event, "account", login->name);
	event_text(&event, "client", slice_of(facts->peer_address));
	if (login->server)
		event_text(&event, "mechanism",
			slice_of(sasl_mechanism_name(login->mechanism)));
	else if (login->command)
		event_text(&event, "mechanism", slice_of(login->command));
	if (login->app && !login->reason)
		event_text(&event, "app", login->app->label);
	if (facts->encrypted)
		event_text(&event, "tls", slice_of(facts->tls_version));
	if (login->reason)
		event_text(&event, "reason", slice_of(login->reason));
	event_end(&event);
}
