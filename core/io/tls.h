/*
 * TLS (1.2 and 1.3, RFC 8446) as a stream over a stream, through memory BIOs:
 * OpenSSL never sees a socket and never waits.
 *
 * Contexts are immutable and shared by workers (reference counts inside);
 * reloading makes new ones, sessions keep theirs.
 */
#ifndef RINGPOST_IO_TLS_H
#define RINGPOST_IO_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "io/stream.h"

struct tls_pair { /* PEM files */
	const char *certificate, *key;
};

struct tls_server;
struct tls_client;

/*
 * Certificates are chosen by SNI among the pairs' names; the first pair is
 * the default. MINIMUM is "1.2" or "1.3". ALPN: the one protocol name we
 * accept when a client offers a list ("smtp", "pop3", "imap", "http/1.1");
 * NULL: not checked. A client that offers only others is refused (RFC 7301).
 * NULL with FAILURE_FILE or FAILURE_TLS, *which_r the pair's index.
 */
struct tls_server *tls_server_create(const struct tls_pair *pairs, size_t count,
	const char *minimum, const char *alpn, size_t *which_r);
struct tls_server *tls_server_hold(struct tls_server *server);
void tls_server_release(struct tls_server **server);
/* Keys of session tickets outlive a reload: NEW_ takes them over from OLD. */
void tls_server_share_tickets(struct tls_server *new_server, struct tls_server *old);

/* CA_FILE NULL: the system's trust store. One per process is enough. */
struct tls_client *tls_client_create(const char *ca_file, const char *minimum);
struct tls_client *tls_client_hold(struct tls_client *client);
void tls_client_release(struct tls_client **client);

/* What a certificate is found wrong for, as reports tell it (RFC 8460 4.3). */
enum tls_fault {
	TLS_FAULT_NONE,
	TLS_FAULT_NAME,
	TLS_FAULT_EXPIRED,
	TLS_FAULT_UNTRUSTED,
	TLS_FAULT_TLSA, /* none of the records stands for it */
};

/* A TLSA record (RFC 6698 2.1). */
struct tls_tlsa {
	unsigned char usage, selector, matching;
	struct slice data;
};
/* Whether TLS to a mail server can be verified by it: DANE-TA or DANE-EE, a
 * known selector and matching type, data of their form (RFC 7672 3.1.3). */
bool tls_tlsa_is_usable(const struct tls_tlsa *record);

struct tls_target {
	const char *name;	 /* SNI, and the name verified; "" no SNI */
	bool verify;		 /* chain and name, or the handshake fails */
	const char *session_key; /* resume under this key; NULL: name */
	const char *alpn;	 /* or NULL */
	/* With usable records, verify is by these instead of by the authorities
	 * we trust (RFC 7671). Sessions are not shared between sets of them. */
	const struct tls_tlsa *tlsa;
	size_t tlsa_count;
	const char *other_names[2]; /* also good for DANE-TA; NULL: none */
	enum tls_fault *fault_r;    /* also where it is not verified; or NULL */
};

/*
 * Moves *lower (which becomes NULL) into a new TLS stream after a handshake.
 * What is in its outbox goes first: leave the 220 to STARTTLS there, so that
 * what the peer sent with its command, before it saw the 220, is told apart
 * from its hello. Such plaintext is refused with FAILURE_PROTOCOL (injection
 * across STARTTLS). On failure NULL; *lower is closed.
 *
 * Under 1.3 our last message of the handshake leaves with the first words, or
 * ahead of the first wait. A connection that ends without an end of TLS fails
 * with FAILURE_TLS, "TLS truncated: …"; an end of TLS is FAILURE_CLOSED.
 */
struct stream *tls_accept(
	struct stream **lower, struct tls_server *server, struct deadline deadline);
/* The same, with another protocol than the server's ALPN: it accepts but this one. */
struct stream *tls_accept_as(struct stream **lower, struct tls_server *server,
	const char *alpn, struct deadline deadline);
struct stream *tls_connect(struct stream **lower, struct tls_client *client,
	const struct tls_target *target, struct deadline deadline);

/*
 * Channel binding data (RFC 9266 tls-exporter under 1.3, RFC 5929 tls-unique
 * under 1.2). BYTES has 64; false: none (not TLS).
 */
bool tls_channel_binding(
	struct stream *stream, bool exporter, char *bytes, size_t *size_r);
bool tls_is_1_3(struct stream *stream);

/* Names of the certificate in a PEM file and when it ends (ms since 1970):
 * for `check` and `status`. */
bool tls_certificate_facts(
	const char *path, char *names, size_t names_size, long long *not_after_ms_r);

#endif
