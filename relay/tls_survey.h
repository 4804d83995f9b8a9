/*
 * What TLS a domain's hosts would have to give, and why: everything that goes
 * into the decision, found out anew, for people.
 */
#ifndef RINGPOST_RELAY_TLS_SURVEY_H
#define RINGPOST_RELAY_TLS_SURVEY_H

#include "relay/hosts_sts.h"
#include "relay/tlsa.h"

struct survey_host {
	struct slice name;
	unsigned preference;
	struct host_addresses addresses;
	struct tlsa tlsa;
	struct tls_decision usual, required; /* by REQUIRETLS */
};

struct tls_survey {
	struct slice domain;
	struct terms terms;
	bool trusted; /* the resolver's word counts */
	struct hosts hosts;
	struct sts_answer sts;
	struct survey_host *list; /* as many as hosts.count */
};

/*
 * STS NULL: not asked for. All in ARENA; false only with FAILURE_CANCELLED.
 * With no hosts, hosts.verdict says why.
 */
bool tls_survey_make(struct dns *dns, struct mta_sts *sts, const struct routes *routes,
	struct slice domain, struct arena *arena, struct tls_survey *survey_r,
	struct deadline deadline);

#endif
