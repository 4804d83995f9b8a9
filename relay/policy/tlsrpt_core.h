/*
 * TLSRPT's inside: counts of a worker.
 *
 * Private to relay/tlsrpt.
 */
#ifndef RINGPOST_POLICY_TLSRPT_CORE_H
#define RINGPOST_POLICY_TLSRPT_CORE_H

#include "base/list.h"
#include "base/map.h"
#include "policy/tlsrpt.h"
#include "run/fiber.h"
#include "run/worker.h"

#define TLSRPT_REDIS_MS 5000

struct tlsrpt_count {
	struct link link;
	int64_t day_ms;
	struct tlsrpt_row row; /* strings in the memory behind it */
	struct slice field;
	struct slice policy; /* of TLSA: its text */
};

enum tlsrpt_wish { TLSRPT_UNKNOWN, TLSRPT_WANTED, TLSRPT_UNWANTED };

struct tlsrpt_domain {
	struct link link;	  /* recent, longest unused first */
	struct link pending_link; /* has counts */
	struct slice name;
	struct list counts;
	size_t count_count;
	enum tlsrpt_wish wish; /* whether DNS asks for reports */
	int64_t wish_until_us;
	bool busy; /* a fiber works with it */
};

struct tlsrpt {
	struct tlsrpt_options options; /* config held */
	struct scope scope;
	struct map domains;
	struct list recent, pending;
	bool flushing;
	struct condition flushed;
	int64_t full_told_ms;
};

/* tlsrpt.c */
void tlsrpt_count_destroy(struct tlsrpt_domain *domain, struct tlsrpt_count *count);

/* tlsrpt_store.c: the keys of a day, in ARENA. */
struct slice tlsrpt_key_day(int64_t day_ms, struct arena *arena);
struct slice tlsrpt_key_due(int64_t day_ms, struct arena *arena);
struct slice tlsrpt_key_domain(
	int64_t day_ms, struct slice domain, struct arena *arena);
/* A command; its reply in *reply_r or, NULL, thrown away. False with
 * FAILURE_STORE: also an error reply. */
bool tlsrpt_call(struct tlsrpt *tlsrpt, size_t count, const struct slice *argv,
	struct redis_reply **reply_r, struct deadline deadline);
/* Adds the counts of DOMAIN, and forgets them. */
bool tlsrpt_store(
	struct tlsrpt *tlsrpt, struct tlsrpt_domain *domain, struct deadline deadline);

/* tlsrpt_flush.c: a fiber's body. ARG: the tlsrpt. */
void tlsrpt_flush_run(void *arg);
/* The URIs that want DOMAIN's reports. False: cancelled, or FAILURE_DNS;
 * *count_r 0: nobody does. TTL_R in seconds. */
bool tlsrpt_ask(struct tlsrpt *tlsrpt, struct slice domain, struct arena *arena,
	struct slice *uris_r, size_t *count_r, uint32_t *ttl_s_r,
	struct deadline deadline);

/* tlsrpt_read.c: the members of a set. */
bool tlsrpt_members(struct tlsrpt *tlsrpt, struct slice key, size_t most,
	struct arena *arena, struct slice **domains_r, size_t *count_r,
	struct deadline deadline);

/* tlsrpt_send.c: a fiber's body. ARG: the tlsrpt. */
void tlsrpt_send_run(void *arg);
/* When within the day after a domain's report is due: spread over hours. */
int64_t tlsrpt_delay_ms(struct slice domain);

/* tlsrpt_post.c: to one URI. False with a failure. */
bool tlsrpt_post(struct tlsrpt *tlsrpt, const struct tlsrpt_report *report,
	struct slice packed, struct slice uri, struct deadline deadline);

#endif
