/*
 * The SMTP client dialogue: a connection to one peer, kept for many messages.
 *
 * Pipelining is one number: commands go to an outbox, and awaiting a reply
 * sends as many as the peer allows ahead. With PIPELINING, MAIL, RCPT and DATA
 * of one message travel together, and those of the next one right behind the
 * final dot; with CHUNKING a whole message is one round trip, and so are
 * several in flight (RFC 2920, 3030): smtp_delivery.h.
 */
#ifndef RINGPOST_RELAY_SMTP_CLIENT_H
#define RINGPOST_RELAY_SMTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "io/tls.h"
#include "io/tls_peer.h"
#include "mail/capability.h"
#include "mail/reply.h"
#include "relay/smtp_stage.h"
#include "policy/tls_policy.h"

struct smtp_client;
struct timing_steps;
struct transcript;

struct smtp_client_options {
	const struct sockaddr *address; /* for smtp_client_open */
	const char *hostname;		/* for EHLO */
	const char *peer_name;		/* MX or route host: TLS name, logs */
	struct slice site;		/* whose connection it is; empty: nobody's */
	/* What waits for it, for those who watch, when it came to nothing; or NULL. */
	void (*tell_waiting)(struct transcript *transcript, const void *waiting);
	const void *waiting;
	enum tls_level tls; /* from TLS_VERIFY on it is verified */
	bool tls_implicit;
	bool tls_requires; /* REQUIRETLS must be offered */
	struct tls_client *tls_client;
	const char *tls_name; /* to verify; NULL: peer_name */
	/* With records: also good for a certificate of DANE-TA; NULL: none. */
	const char *tls_other_names[2];
	const struct tls_tlsa *tlsa; /* for TLS_DANE */
	size_t tlsa_count;
	const char *user, *password; /* AUTH, or NULL */
	uint64_t recipients_max;     /* of a message, whatever LIMITS says; 0: any */
	struct timing_steps *steps;  /* of the opening are kept here; or NULL */
	int64_t connect_timeout_ms, greeting_timeout_ms, command_timeout_ms,
		data_timeout_ms, reply_timeout_ms;
};

/*
 * What the opening came to. A refusal by the peer is data: `reply` is set and
 * nothing failed. Otherwise the failure tells.
 */
struct smtp_opening {
	struct reply reply; /* the peer's refusal; code 0: none */
	enum smtp_stage stage;
	bool tls_broken;       /* the handshake failed: plain may be tried */
	bool tls_missing;      /* it was demanded, and there is none */
	bool requires_missing; /* it does not offer REQUIRETLS */
	enum tls_fault fault;  /* of its certificate, verified or not */
};

/* Connects, greets, starts TLS, logs in. NULL when it came to nothing. */
struct smtp_client *smtp_client_open(const struct smtp_client_options *options,
	struct arena *arena, struct smtp_opening *opening_r);
/* Greets, starts TLS, logs in over STREAM, which it takes over. NULL when it came
 * to nothing. */
struct smtp_client *smtp_client_open_on(struct stream *stream,
	const struct smtp_client_options *options, struct arena *arena,
	struct smtp_opening *opening_r);

const struct capabilities *smtp_client_capabilities(const struct smtp_client *client);
const struct stream_facts *smtp_client_facts(const struct smtp_client *client);
/* Whom TLS is with, as far as it shows; in ARENA. False: there is no TLS. */
bool smtp_client_describe_tls(
	const struct smtp_client *client, struct arena *arena, struct tls_peer *peer_r);
/* Connected, in order, nobody has hung up: may be given another message. */
bool smtp_client_is_usable(struct smtp_client *client);
/* The same when the next message's envelope is on its way already. */
bool smtp_client_may_go_on(const struct smtp_client *client);
uint64_t smtp_client_messages(const struct smtp_client *client);
/* Waits, idle, until the peer says something or hangs up (it is not usable
 * then), or the deadline. */
void smtp_client_idle(struct smtp_client *client, struct deadline deadline);

/* QUIT without waiting long, or just closes when it is out of order. */
void smtp_client_close(struct smtp_client **client, struct deadline deadline);

#endif
