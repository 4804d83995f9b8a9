/* Which of a domain's hosts its MTA-STS policy names (RFC 8461 4.1). */
#ifndef RINGPOST_RELAY_HOSTS_STS_H
#define RINGPOST_RELAY_HOSTS_STS_H

#include "relay/hosts.h"
#include "policy/mta_sts.h"

/*
 * Asks for the policy of DOMAIN and puts what it says of HOSTS into their tls;
 * they are to be looked up again when it may be another. Not asked for (the
 * answer is STS_NONE): with STS NULL, where mta_sts is switched off, for hosts
 * that are configured, for address literals. False only with
 * FAILURE_CANCELLED.
 */
bool hosts_ask_sts(struct mta_sts *sts, const struct routes *routes,
	const struct terms *terms, struct slice domain, struct arena *arena,
	struct hosts *hosts, struct sts_answer *answer_r, struct deadline deadline);

#endif
