/*
 * MTA-STS policies of domains (RFC 8461): found, fetched, kept.
 *
 * A worker's memory stands before Redis (rp:sts:DOMAIN), which all workers and
 * nodes share and which outlives restarts. A policy is fetched again when its
 * id changes and ahead of its end; as long as that fails, the one we have
 * holds until its max_age is over. Nothing here ever fails a delivery: where a
 * policy cannot be had, the answer says that there is none and why.
 */
#ifndef RINGPOST_POLICY_MTA_STS_H
#define RINGPOST_POLICY_MTA_STS_H

#include "base/config.h"
#include "io/dns.h"
#include "io/redis.h"
#include "policy/mta_sts_policy.h"
#include "policy/tlsrpt_result.h"

#define STS_WAIT_MS	  6000	      /* mail waits for a first policy */
#define STS_DOMAINS_MAX	  20000	      /* of a worker's memory */
#define STS_BYTES_MAX	  (16u << 20) /* of policies in it */
#define STS_FETCHES_MAX	  16	      /* at once, of a worker */
#define STS_FETCH_MS	  30000
#define STS_FAILED_MS	  300000 /* not asked again; doubles … */
#define STS_FAILED_MAX_MS 3600000

struct mta_sts; /* a worker's */

struct mta_sts_options {
	struct config *config; /* held */
	struct dns *dns;
	struct redis *redis; /* NULL: none; may be down */
};

struct mta_sts *mta_sts_create(const struct mta_sts_options *options);
void mta_sts_reload(struct mta_sts *sts, struct config *config);
/* Fetches under way are given up. */
void mta_sts_destroy(struct mta_sts **sts);

struct sts_answer {
	/* What holds: STS_NONE also where there is no policy, or none to be had. */
	enum sts_force mode;
	const struct sts_policy *policy; /* in the arena; NULL: none */
	struct slice id;		 /* of the policy; empty: none */
	int64_t fetched_ms, expires_ms;	 /* of it, since 1970 */
	/* Ask again after so long at the latest. */
	int64_t fresh_ms;
	/* The domain publishes a policy, and this one could not be fetched or is
	 * wrong; for TLSRPT. The policy may be an older one all the same. */
	enum tlsrpt_result trouble; /* TLSRPT_SUCCESS: none */
	struct slice reason;
};

/*
 * The policy of DOMAIN (lower case, A-labels); at once from memory, else after
 * a look at DNS and Redis, and up to STS_WAIT_MS for a first fetch. False only
 * with FAILURE_CANCELLED.
 */
bool mta_sts_find(struct mta_sts *sts, struct slice domain, struct arena *arena,
	struct sts_answer *answer_r, struct deadline deadline);

/* The policy that memory has, live or just over; NULL: none. Until the next call
 * that suspends. Never waits. */
const struct sts_policy *mta_sts_known(const struct mta_sts *sts, struct slice domain);
/* Forgets that DNS was asked, not the policy; with FAILED also that a fetch
 * failed, which is then tried at once. */
void mta_sts_ask_again(struct mta_sts *sts, struct slice domain, bool failed);

struct mta_sts_figures {
	uint64_t fetches, failures;
	size_t domains, bytes, fetching;
};
struct mta_sts_figures mta_sts_figures(const struct mta_sts *sts);

#endif
