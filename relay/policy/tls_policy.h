/*
 * Which TLS a host must give before it is handed mail: what the configuration
 * demands, what the receiver's domain has published (DANE, RFC 7672; MTA-STS,
 * RFC 8461), and what the message itself asks for (RFC 8689). Pure.
 *
 *  - The configured level is a floor: a policy raises it, none lowers it.
 *  - DANE, where the names are authentic and the host has TLSA records, is
 *    what counts for that host, whatever MTA-STS says (RFC 8461 2).
 *  - An MTA-STS policy in force rules out the hosts it does not name, and
 *    demands certificates for the others.
 *  - REQUIRETLS demands a host whose name can be relied on, a certificate, and
 *    that the host passes the demand on. "TLS-Required: no" sets what the
 *    receiver published aside, not what is configured.
 */
#ifndef RINGPOST_POLICY_TLS_POLICY_H
#define RINGPOST_POLICY_TLS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/config.h"

enum tls_level {
	TLS_NONE,   /* plain text */
	TLS_MAY,    /* what the host can do, plain where that is nothing */
	TLS_MUST,   /* encrypted, whoever it is */
	TLS_VERIFY, /* a certificate of a known authority for the host's name */
	TLS_STS,    /* the same, for a host the domain's policy names */
	TLS_DANE,   /* a certificate that the host's TLSA records stand for */
};
enum tls_origin {
	TLS_BY_CONFIG,
	TLS_BY_STS,
	TLS_BY_DANE,
	TLS_BY_REQUIRETLS,
	TLS_BY_HEADER,
};

/* What a message asks for. Each has connections of its own. */
enum tls_variant {
	TLS_USUAL,
	TLS_REQUIRED, /* REQUIRETLS */
	TLS_OPTIONAL, /* "TLS-Required: no" */
	TLS_VARIANTS,
};

enum sts_force { STS_NONE, STS_TESTING, STS_ENFORCE };

/* Of a domain's hosts, as long as the look-up that found it holds; zeroed: the
 * configured level NONE and nothing else. */
struct tls_policy {
	enum tls_variant variant;
	enum config_tls_level floor;
	bool dane;  /* TLSA records of the hosts are asked for */
	bool named; /* the hosts' names are authentic, or configured */
	enum sts_force sts;
	uint32_t sts_hosts; /* a bit for each host its policy names */
};

/* What the TLSA records of a host came to (tlsa.h). */
enum tlsa_kind {
	TLSA_NONE,     /* none, or not to be relied on, or not asked for */
	TLSA_USABLE,   /* at least one */
	TLSA_UNUSABLE, /* there are, and none that we understand */
	TLSA_TROUBLE,  /* whether there are could not be found out */
};

struct tls_decision {
	enum tls_level level;
	enum tls_origin origin;
	/* Not NULL: the host is not to be used, for this reason (static)… */
	const char *refusal;
	bool never;	/* … and that will not change: 5.7.30 */
	bool requires;	/* it must offer REQUIRETLS after the handshake */
	bool plain_too; /* where TLS is broken, plain text will do */
};

/* For host number HOST of those the policy was made for. */
struct tls_decision tls_policy_decide(
	const struct tls_policy *policy, size_t host, enum tlsa_kind tlsa);

/*
 * What sets sites of the same hosts apart: domains (and messages) whose
 * policies differ share no connection, no back-off, no broken-TLS memory.
 */
#define TLS_POLICY_KEY_SIZE 32
struct slice tls_policy_key(
	const struct tls_policy *policy, char text[TLS_POLICY_KEY_SIZE]);
bool tls_policy_equal(const struct tls_policy *a, const struct tls_policy *b);

/* "may, DANE where there are records, MTA-STS in force", "must, REQUIRETLS" */
void tls_policy_explain(const struct tls_policy *policy, struct buffer *into);

/* "none", "may", "must", "verify", "sts", "dane" */
const char *tls_level_name(enum tls_level level);
/* "config", "mta-sts", "dane", "REQUIRETLS", "TLS-Required" */
const char *tls_origin_name(enum tls_origin origin);

#endif
