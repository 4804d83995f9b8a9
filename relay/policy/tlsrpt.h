/*
 * TLSRPT (RFC 8460): what came of TLS towards domains that want to know.
 *
 * Sessions are counted in a worker's memory by policy, result and host, added
 * up in Redis (rp:tlsrpt:…) over workers and nodes once a minute, and reported
 * the day after, by mail or over HTTPS. Off unless `relay: tlsrpt: from:` names
 * an address to report from. Counts, not mail: where memory or Redis have no
 * room, some are left out; where Redis is away, they wait.
 */
#ifndef RINGPOST_POLICY_TLSRPT_H
#define RINGPOST_POLICY_TLSRPT_H

#include "base/config.h"
#include "io/dns.h"
#include "io/redis.h"
#include "queue/queue.h"
#include "policy/mta_sts.h"
#include "policy/tlsrpt_report.h"

#define TLSRPT_DOMAINS_MAX 20000  /* of a worker's memory */
#define TLSRPT_COUNTS_MAX  32	  /* of a domain, between flushes */
#define TLSRPT_DAY_MAX	   100000 /* domains of a day, of all nodes */
#define TLSRPT_FIELDS_MAX  300	  /* of a domain's day; then without hosts */

struct tlsrpt; /* a worker's */

struct tlsrpt_options {
	struct config *config; /* held */
	struct dns *dns;
	struct redis *redis; /* NULL: nothing is counted */
	struct queue *queue; /* for reports by mail */
	struct mta_sts *sts; /* for the texts of policies */
	/* As relay_options.sign. */
	bool (*sign)(void *context, struct slice header, struct slice body,
		struct buffer *fields, struct deadline deadline);
	void *sign_context;
	bool sends; /* this worker sends the reports */
};

struct tlsrpt *tlsrpt_create(const struct tlsrpt_options *options);
void tlsrpt_reload(struct tlsrpt *tlsrpt, struct config *config);
/* What is counted goes to Redis, until DEADLINE; reports under way are given
 * up. */
void tlsrpt_destroy(struct tlsrpt **tlsrpt, struct deadline deadline);

/* Whether anything is counted. */
bool tlsrpt_is_on(const struct tlsrpt *tlsrpt);
/* Counts a session towards DOMAIN (of the recipients; lower case, A-labels),
 * .count of it. Everything is copied. Never waits. POLICY: the text of a TLSA
 * policy, its records a line each; of STS it is found. */
void tlsrpt_count(struct tlsrpt *tlsrpt, struct slice domain,
	const struct tlsrpt_row *row, struct slice policy);

/* All that is counted goes to Redis. False with FAILURE_STORE, CANCELLED. */
bool tlsrpt_flush(struct tlsrpt *tlsrpt, struct deadline deadline);
/* The report of one domain's day, in ARENA; no rows: nothing was counted. */
bool tlsrpt_read(struct tlsrpt *tlsrpt, int64_t day_ms, struct slice domain,
	struct arena *arena, struct tlsrpt_report *report_r, struct deadline deadline);
/* The domains of a day, at most MOST. */
bool tlsrpt_domains(struct tlsrpt *tlsrpt, int64_t day_ms, size_t most,
	struct arena *arena, struct slice **domains_r, size_t *count_r,
	struct deadline deadline);
/* Sends one now, whether it is due or not; a day that is over is then done. Its
 * outcome in words in ARENA. */
bool tlsrpt_send(struct tlsrpt *tlsrpt, int64_t day_ms, struct slice domain,
	struct arena *arena, struct slice *outcome_r, struct deadline deadline);

#endif
