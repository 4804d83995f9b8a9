/*
 * The server's side of a SASL exchange.
 *
 * Where an account is needed, the client's message is held back until it was
 * given, and only then stepped. To learn whose account, CRAM-MD5's message is
 * cut at its last space, and SCRAM's first one is shown to a throw-away engine,
 * so that the name asked for is the name the real one will read.
 */
#include "mail/sasl_server.h"

#include <assert.h>
#include <string.h>

#include "base/encode.h"
#include "base/memory.h"
#include "mail/sasl_bearer.h"
#include "mail/sasl_gsasl.h"
#include "mail/sasl_scram.h"

#define BINDING_MAX (2 * SASL_KEY_SIZE)

enum awaiting {
	AWAITING_START,
	AWAITING_MESSAGE,
	AWAITING_ACCOUNT,
	AWAITING_VERDICT,
	AWAITING_EMPTY,	 /* SCRAM's last word was sent, RFC 4954 4 */
	AWAITING_DISMAY, /* a refused token's challenge was, RFC 7628 3.2.3 */
	AWAITING_NOTHING,
};

struct sasl_server {
	enum sasl_mechanism mechanism;
	enum awaiting awaiting;
	bool plus_offered;
	bool knows_account;
	bool genuine; /* the account given is real and has what is needed */
	unsigned prompts;
	struct sasl_engine *engine;
	char binding[2][BINDING_MAX]; /* tls-unique, tls-exporter */
	size_t binding_size[2];
	char username[SASL_NAME_MAX + 1];
	char password[SASL_PASSWORD_MAX + 1];
	char *held; /* a message that waits for the account */
	size_t held_size;
	char *output; /* base64 */
	size_t output_size;
	struct reply refusal;
};

static const struct reply wrong = REPLY(
	535, 5, 7, 8, "Authentication credentials invalid");

static bool is_scram(const struct sasl_server *server);
static bool is_bearer(const struct sasl_server *server);
static struct sasl_engine *create_engine(const struct sasl_server *server);
static enum sasl_progress take_line(struct sasl_server *server, struct slice line);
static enum sasl_progress take_message(
	struct sasl_server *server, struct slice message);
static enum sasl_progress advance(struct sasl_server *server, struct slice message);
static enum sasl_progress ask_account(struct sasl_server *server, struct slice message);
static enum sasl_progress ask_password(struct sasl_server *server);
static enum sasl_progress ask_token(struct sasl_server *server, struct slice message);
static bool probe_scram(struct sasl_server *server, struct slice message);
static void set_output(struct sasl_server *server, struct slice bytes);
static enum sasl_progress done(struct sasl_server *server);
static enum sasl_progress failed(struct sasl_server *server, struct reply refusal);
static void wipe_text(char **text, size_t *size);

struct sasl_server *sasl_server_create(enum sasl_mechanism mechanism,
	const struct sasl_binding *binding, bool plus_offered)
{
	struct sasl_server *server = NEW(struct sasl_server);
	struct slice bindings[2] = {SLICE_EMPTY, SLICE_EMPTY};

	if (binding) {
		bindings[0] = binding->tls_unique;
		bindings[1] = binding->tls_exporter;
	}
	for (int i = 0; i < 2; i++) {
		assert(bindings[i].size <= BINDING_MAX);
		if (bindings[i].size > 0)
			memcpy(server->binding[i], bindings[i].at, bindings[i].size);
		server->binding_size[i] = bindings[i].size;
	}
	server->mechanism = mechanism;
	server->plus_offered = plus_offered;
	if (!is_bearer(server) && (mechanism != SASL_SCRAM_SHA_256_PLUS ||
					  bindings[0].size + bindings[1].size > 0))
		server->engine = create_engine(server);
	if (!server->engine && !is_bearer(server))
		sasl_server_destroy(&server);
	return server;
}

void sasl_server_destroy(struct sasl_server **server)
{
	struct sasl_server *at = *server;

	if (!at)
		return;
	sasl_engine_destroy(&at->engine);
	wipe_text(&at->held, &at->held_size);
	wipe_text(&at->output, &at->output_size);
	memory_wipe(at, sizeof(*at));
	memory_free(at);
	*server = NULL;
}

enum sasl_progress sasl_server_start(struct sasl_server *server, struct slice initial)
{
	enum sasl_progress progress;

	assert(server->awaiting == AWAITING_START);
	server->awaiting = AWAITING_MESSAGE;
	if (server->mechanism == SASL_CRAM_MD5 && initial.at)
		return failed(server,
			REPLY(501, 5, 5, 2, "CRAM-MD5 has no initial response"));
	if (is_bearer(server) && !initial.at) {
		set_output(server, SLICE_EMPTY);
		return SASL_CONTINUE;
	}
	if (server->mechanism == SASL_LOGIN || !initial.at) {
		progress = advance(server, SLICE_EMPTY);
		if (progress != SASL_CONTINUE || !initial.at)
			return progress;
	}
	if (slice_equal(initial, SLICE("=")))
		return take_message(server, SLICE_EMPTY);
	return take_line(server, initial);
}

enum sasl_progress sasl_server_step(struct sasl_server *server, struct slice line)
{
	assert(server->awaiting == AWAITING_MESSAGE ||
		server->awaiting == AWAITING_EMPTY ||
		server->awaiting == AWAITING_DISMAY);
	if (slice_equal(line, SLICE("*")))
		return failed(server, REPLY(501, 5, 7, 0, "Authentication cancelled"));
	return take_line(server, line);
}

enum sasl_progress sasl_server_give_account(
	struct sasl_server *server, const struct sasl_account *account)
{
	struct slice password = account->password;
	enum sasl_progress progress;

	assert(server->awaiting == AWAITING_ACCOUNT);
	server->awaiting = AWAITING_MESSAGE;
	server->knows_account = true;
	if (is_scram(server)) {
		const struct sasl_scram_keys *keys = &account->scram;

		if (keys->iterations == 0)
			return failed(server, wrong);
		server->genuine = !account->fake;
		sasl_engine_set_keys(server->engine, keys);
	} else {
		server->genuine = !account->fake && password.size > 0 &&
				  !memchr(password.at, '\0', password.size);
		sasl_engine_set(server->engine, SASL_PROPERTY_PASSWORD,
			server->genuine ? password : SLICE("nobody"));
	}
	progress = advance(server, slice_make(server->held, server->held_size));
	wipe_text(&server->held, &server->held_size);
	return progress;
}

enum sasl_progress sasl_server_give_verdict(struct sasl_server *server, bool right)
{
	assert(server->awaiting == AWAITING_VERDICT);
	memory_wipe(server->password, sizeof(server->password));
	wipe_text(&server->held, &server->held_size);
	if (right)
		return done(server);
	if (!is_bearer(server))
		return failed(server, wrong);
	set_output(server, sasl_bearer_challenge(server->mechanism));
	server->awaiting = AWAITING_DISMAY;
	return SASL_CONTINUE;
}

struct slice sasl_server_output(const struct sasl_server *server)
{
	return slice_make(server->output ? server->output : "", server->output_size);
}

struct slice sasl_server_username(const struct sasl_server *server)
{
	return slice_of(server->username);
}

struct slice sasl_server_password(const struct sasl_server *server)
{
	return slice_of(server->password);
}

struct slice sasl_server_token(const struct sasl_server *server)
{
	return slice_make(server->held, server->held_size);
}

struct reply sasl_server_refusal(const struct sasl_server *server)
{
	return server->refusal;
}

static bool is_scram(const struct sasl_server *server)
{
	return server->mechanism == SASL_SCRAM_SHA_256 ||
	       server->mechanism == SASL_SCRAM_SHA_256_PLUS;
}

static bool is_bearer(const struct sasl_server *server)
{
	return server->mechanism == SASL_OAUTHBEARER ||
	       server->mechanism == SASL_XOAUTH2;
}

/* Bindings are also for SCRAM without PLUS: they show that PLUS was offered. */
static struct sasl_engine *create_engine(const struct sasl_server *server)
{
	static const enum sasl_property properties[2] = {
		SASL_PROPERTY_TLS_UNIQUE, SASL_PROPERTY_TLS_EXPORTER};
	struct sasl_engine *engine = sasl_engine_create(server->mechanism, true);
	bool bind = server->mechanism == SASL_SCRAM_SHA_256_PLUS ||
		    server->plus_offered;

	for (int i = 0; engine && bind && is_scram(server) && i < 2; i++)
		if (server->binding_size[i] > 0)
			sasl_engine_set_base64(engine, properties[i],
				slice_make(
					server->binding[i], server->binding_size[i]));
	return engine;
}

static enum sasl_progress take_line(struct sasl_server *server, struct slice line)
{
	size_t room = line.size + 1, size;
	enum sasl_progress progress;
	char *bytes;

	if (line.size > SASL_LINE_MAX)
		return failed(
			server, REPLY(500, 5, 5, 6,
					"Authentication exchange line is too long"));
	bytes = memory_allocate(room);
	if (base64_decode(line, bytes, &size))
		progress = take_message(server, slice_make(bytes, size));
	else
		progress = failed(server, REPLY(501, 5, 5, 2, "Cannot decode base64"));
	memory_wipe(bytes, room);
	memory_free(bytes);
	return progress;
}

static enum sasl_progress take_message(struct sasl_server *server, struct slice message)
{
	if (server->awaiting == AWAITING_EMPTY)
		return message.size == 0 ? done(server) : failed(server, wrong);
	if (message.size == 0 || server->awaiting == AWAITING_DISMAY)
		return failed(server, wrong);
	switch (server->mechanism) {
	case SASL_SCRAM_SHA_256:
	case SASL_SCRAM_SHA_256_PLUS:
		if (server->knows_account)
			return advance(server, message);
		return probe_scram(server, message) ? ask_account(server, message)
						    : failed(server, wrong);
	case SASL_CRAM_MD5:
		return sasl_identity(
			       slice_part(message, 0, slice_index_last(message, ' ')),
			       SLICE_EMPTY, server->username)
			       ? ask_account(server, message)
			       : failed(server, wrong);
	case SASL_OAUTHBEARER:
	case SASL_XOAUTH2:
		return ask_token(server, message);
	default:
		return advance(server, message);
	}
}

static enum sasl_progress advance(struct sasl_server *server, struct slice message)
{
	struct slice output;

	switch (sasl_engine_step(server->engine, message, &output)) {
	case SASL_RESULT_MORE:
		/* The library's "User Name" is what the draft says; clients that look
		   at the prompt at all know only what everybody else sends. */
		if (server->mechanism == SASL_LOGIN)
			output = server->prompts++ == 0 ? SLICE("Username:")
							: SLICE("Password:");
		set_output(server, output);
		return SASL_CONTINUE;
	case SASL_RESULT_ASKS:
		return ask_password(server);
	case SASL_RESULT_OK:
		if (!server->genuine)
			return failed(server, wrong);
		if (output.size == 0)
			return done(server);
		set_output(server, output);
		server->awaiting = AWAITING_EMPTY;
		return SASL_CONTINUE;
	default:
		return failed(server, wrong);
	}
}

static enum sasl_progress ask_account(struct sasl_server *server, struct slice message)
{
	server->held = memory_copy_text(message);
	server->held_size = message.size;
	server->awaiting = AWAITING_ACCOUNT;
	return SASL_NEED_ACCOUNT;
}

static enum sasl_progress ask_password(struct sasl_server *server)
{
	struct slice password = sasl_engine_get(server->engine, SASL_PROPERTY_PASSWORD);

	if (!sasl_identity(sasl_engine_get(server->engine, SASL_PROPERTY_USERNAME),
		    sasl_engine_get(server->engine, SASL_PROPERTY_AUTHZID),
		    server->username) ||
		!sasl_prepare(password, server->password, sizeof(server->password),
			&password) ||
		password.size == 0)
		return failed(server, wrong);
	server->awaiting = AWAITING_VERDICT;
	return SASL_NEED_PASSWORD_CHECK;
}

static enum sasl_progress ask_token(struct sasl_server *server, struct slice message)
{
	char text[SASL_NAME_MAX + 1];
	struct sasl_bearer bearer;

	if (!sasl_bearer_parse(server->mechanism, message, text, &bearer) ||
		(bearer.user.size &&
			!sasl_identity(bearer.user, SLICE_EMPTY, server->username)))
		return failed(server, wrong);
	server->held = memory_copy_text(bearer.token);
	server->held_size = bearer.token.size;
	server->awaiting = AWAITING_VERDICT;
	return SASL_NEED_TOKEN_CHECK;
}

static bool probe_scram(struct sasl_server *server, struct slice message)
{
	struct sasl_engine *engine;
	struct slice unused;
	bool read;

	if (!sasl_scram_first_is_sound(message, server->plus_offered))
		return false;
	engine = create_engine(server);
	read = engine &&
	       sasl_engine_step(engine, message, &unused) == SASL_RESULT_MORE &&
	       sasl_identity(sasl_engine_get(engine, SASL_PROPERTY_USERNAME),
		       sasl_engine_get(engine, SASL_PROPERTY_AUTHZID),
		       server->username);
	sasl_engine_destroy(&engine);
	return read;
}

static void set_output(struct sasl_server *server, struct slice bytes)
{
	wipe_text(&server->output, &server->output_size);
	server->output_size = BASE64_SIZE(bytes.size);
	server->output = memory_allocate(server->output_size + 1);
	base64_encode(bytes, server->output);
}

static enum sasl_progress done(struct sasl_server *server)
{
	server->awaiting = AWAITING_NOTHING;
	return SASL_DONE;
}

static enum sasl_progress failed(struct sasl_server *server, struct reply refusal)
{
	server->awaiting = AWAITING_NOTHING;
	server->refusal = refusal;
	return SASL_FAILED;
}

static void wipe_text(char **text, size_t *size)
{
	if (*text)
		memory_wipe(*text, *size);
	memory_free(*text);
	*text = NULL;
	*size = 0;
}
