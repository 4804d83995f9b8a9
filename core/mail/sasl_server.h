/*
 * The server's side of a SASL exchange: base64 lines in and out.
 *
 * A session never waits: where it needs something only the caller can get (an
 * account's keys, a password verified off the worker) it says so, and goes on
 * when it was given. All secrets inside are wiped on destroy.
 *
 *	progress = sasl_server_start(server, command.initial);
 *	for (;;) switch (progress) {
 *	case SASL_CONTINUE: send _output, read a line, progress = _step(line)
 *	case SASL_NEED_ACCOUNT: look up, progress = _give_account(…)
 *	case SASL_NEED_PASSWORD_CHECK, SASL_NEED_TOKEN_CHECK: verify,
 *		progress = _give_verdict(…)
 *	case SASL_DONE: 235    case SASL_FAILED: send _refusal
 *	}
 */
#ifndef RINGPOST_MAIL_SASL_SERVER_H
#define RINGPOST_MAIL_SASL_SERVER_H

#include <stdbool.h>

#include "base/slice.h"
#include "mail/reply.h"
#include "mail/sasl.h"

/* Channel bindings of the session's TLS; at NULL: none. RFC 5929, RFC 9266. */
struct sasl_binding {
	struct slice tls_unique;   /* TLS 1.2 */
	struct slice tls_exporter; /* TLS 1.3, "EXPORTER-Channel-Binding", 32 bytes */
};

struct sasl_server;

/*
 * BINDING may be NULL; the slices are copied. PLUS_OFFERED: PLUS is among the
 * mechanisms this connection offers (a client then may not claim otherwise).
 * NULL when the mechanism cannot be had (PLUS without a binding).
 */
struct sasl_server *sasl_server_create(enum sasl_mechanism mechanism,
	const struct sasl_binding *binding, bool plus_offered);
void sasl_server_destroy(struct sasl_server **server);

/* INITIAL as in the AUTH command: at NULL for none, "=" for an empty one. */
enum sasl_progress sasl_server_start(struct sasl_server *server, struct slice initial);
/* A line from the client, without CRLF; "*" cancels. */
enum sasl_progress sasl_server_step(struct sasl_server *server, struct slice line);
/* ACCOUNT is copied. */
enum sasl_progress sasl_server_give_account(
	struct sasl_server *server, const struct sasl_account *account);
enum sasl_progress sasl_server_give_verdict(struct sasl_server *server, bool right);

/* Base64 challenge after CONTINUE, maybe empty; valid until the next call. */
struct slice sasl_server_output(const struct sasl_server *server);
/* From NEED_… on, until destroy; empty where only a token says who it is. An
 * authorization identity other than the user itself is refused, so this
 * is also the authzid. Valid UTF-8, no controls. */
struct slice sasl_server_username(const struct sasl_server *server);
/* During NEED_PASSWORD_CHECK only; prepared as sasl_prepare does. */
struct slice sasl_server_password(const struct sasl_server *server);
/* During NEED_TOKEN_CHECK only. */
struct slice sasl_server_token(const struct sasl_server *server);
/* After FAILED: 535 5.7.8, 501 5.5.2 (not base64), 501 5.7.0 ("*"), 500 5.5.6. */
struct reply sasl_server_refusal(const struct sasl_server *server);

#endif
