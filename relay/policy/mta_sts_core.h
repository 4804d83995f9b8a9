/*
 * MTA-STS's inside: what a worker knows of a domain.
 *
 * Private to relay/mta_sts.
 */
#ifndef RINGPOST_POLICY_MTA_STS_CORE_H
#define RINGPOST_POLICY_MTA_STS_CORE_H

#include "base/list.h"
#include "base/map.h"
#include "policy/mta_sts.h"
#include "run/fiber.h"
#include "run/worker.h"

#define STS_REASON_MAX 200

struct sts_kept { /* a policy and what goes with it */
	struct sts_policy policy;
	char id[STS_ID_MAX + 1]; /* "": there is none */
	int64_t fetched_ms, expires_ms;
};

struct sts_domain {
	struct mta_sts *sts;
	struct link link;	 /* recent, longest unused first */
	struct link policy_link; /* with_policy, the next to be looked at first */
	struct slice name;
	struct arena arena; /* of the policy */
	struct sts_kept kept;
	size_t bytes;
	char published[STS_ID_MAX + 1]; /* in DNS, when last asked; "": no record */
	int64_t checked_until_us;
	int64_t failed_until_us;
	unsigned failures;
	char failed_id[STS_ID_MAX + 1];
	enum tlsrpt_result trouble; /* of the last fetch */
	char reason[STS_REASON_MAX];
	size_t holders; /* fibers that work with it */
	bool checking, fetching;
	struct condition changed;
};

struct mta_sts {
	struct mta_sts_options options; /* config held */
	struct scope scope;
	struct map domains;
	struct list recent, with_policy;
	struct mta_sts_figures figures;
};

/* mta_sts.c */
bool sts_is_live(const struct sts_domain *domain);
/* When a policy is to be fetched anew though it has not ended. */
bool sts_is_due(const struct sts_domain *domain);
/* Copies KEPT in place of what there was. */
void sts_keep(struct sts_domain *domain, const struct sts_kept *kept);
/* Asks DNS, and begins a fetch where one is needed. */
void sts_check(struct sts_domain *domain, struct deadline deadline);

/* mta_sts_fetch.c: in a fiber of its own, unless too many are under way. */
void sts_fetch_begin(struct sts_domain *domain);
/* A fiber's body: policies are looked at again before they end. ARG: the mta_sts. */
void sts_refresh_run(void *arg);

/* mta_sts_store.c: what Redis has, newer than what we have. Trouble is none. */
void sts_store_read(struct sts_domain *domain, struct deadline deadline);
void sts_store_write(const struct sts_domain *domain, struct deadline deadline);
bool sts_store_parse(struct slice text, struct arena *arena, struct sts_kept *kept_r);
void sts_store_print(const struct sts_kept *kept, struct buffer *text);

#endif
