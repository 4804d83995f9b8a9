/*
 * TLSRPT's view of a connection: under which policy its sessions are counted,
 * and as what (RFC 8460 4.3). A session is a domain's use of a connection: each
 * domain whose mail travels over it has one.
 *
 * Not counted is what no published policy is about: routes to a host of ours,
 * levels configured to be without TLS, messages that set policies aside.
 */
#ifndef RINGPOST_RELAY_TLS_ACCOUNT_H
#define RINGPOST_RELAY_TLS_ACCOUNT_H

#include <stdbool.h>

#include "queue/message.h"
#include "relay/smtp_client.h"
#include "relay/tlsa.h"
#include "policy/tlsrpt_result.h"

struct connection;
struct relay;
struct sts_answer;
struct host;

/* Strings in the connection's arena. */
struct tls_account {
	bool counted;
	enum tlsrpt_policy_type type;
	enum tlsrpt_result result;
	struct slice base;    /* of DANE; empty: the recipients' domain */
	struct slice records; /* of DANE, a line each */
	struct slice host, reason;
	char told[DOMAIN_SIZE_MAX + 1]; /* whose session was counted last */
};

/* It is open. PLAIN: without TLS, because that broke. */
void tls_account_open(struct connection *connection, const struct host *host,
	const struct tlsa *tlsa, const struct smtp_opening *opening, bool plain);
/* It could not be opened: counted for who waits first, if it was for TLS. TO:
 * the address; REASON: in words. */
void tls_account_fail(struct connection *connection, const struct host *host,
	const union host_address *to, const struct tlsa *tlsa,
	const struct smtp_opening *opening, struct slice reason);
/* The host was not even called, for what is demanded of it. */
void tls_account_refuse(struct connection *connection, const struct host *host,
	const struct tlsa *tlsa, struct slice reason);
/* DOMAIN publishes an MTA-STS policy that cannot be had. */
void tls_account_lookup(
	struct relay *relay, struct slice domain, const struct sts_answer *sts);
/* A message for DOMAIN has travelled. Costs a comparison. */
void tls_account_count(struct connection *connection, struct slice domain);

#endif
