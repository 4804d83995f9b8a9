/*
 * What comes back: the addresses bounces return to, and how often a sender is
 * told. Member names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_BOUNCES_H
#define RINGPOST_BASE_CONFIG_BOUNCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config_texts.h"
#include "base/slice.h"

/* What an envelope sender of ours (VERP) says; the words are the YAML's. */
enum config_verp {
	CONFIG_VERP_NONE,      /* the sender's own address is used */
	CONFIG_VERP_MESSAGE,   /* which message; recipients travel together */
	CONFIG_VERP_RECIPIENT, /* which recipient, too: each travels alone */
};

struct config_bounces {
	char *domain; /* of our envelope senders; NULL: only those of tenants */
	enum config_verp verp;
	int64_t verp_valid_ms;	/* whole days */
	char *secret_file;	/* NULL: the secret is in Redis */
	uint64_t notifications; /* to one sender in a period; 0: any number */
	int64_t notifications_period_ms;
	char *complaints_to; /* told to receivers (RFC 9477); or NULL */
	struct config_texts complaint_addresses; /* others that get complaints */
	char *rules; /* local ones of what refusals are about; NULL: none */
	/* Filled in: `domain` and those of tenants, sorted, each once. */
	char **domains;
	size_t domain_count;
	char **local; /* of receive's domains, sorted: mail for them keeps its sender */
	size_t local_count;
};

struct config;
struct config_route;
struct config_section;

extern const struct config_section bounces_section; /* config_schema_bounces.c */
extern const char *const config_verp_words[];

/*
 * What mail of TENANT (empty: of none) for DESTINATION, a domain in lower case, has
 * for an envelope sender where ROUTE (or NULL) takes it: the route's word, else
 * NONE for a domain of ours (receive.domains), else the tenant's, else that of
 * `bounces`. With *domain_r to write it in, unless it is NONE: where there is no
 * domain for it, it is.
 */
enum config_verp config_bounces_verp(const struct config *config, struct slice tenant,
	struct slice destination, const struct config_route *route,
	struct slice *domain_r);
/* DOMAIN, in any case, is one that envelope senders of ours are in. */
bool config_bounces_domain(const struct config *config, struct slice domain);
/* ADDRESS, in any case, is one that complaints come to. */
bool config_bounces_complaints(const struct config *config, struct slice address);

#endif
