/*
 * The memory of policies, and the way of a question through it: what is known
 * and fresh, else DNS and Redis, else the web, for which mail waits only where
 * nothing is known.
 */
#include "policy/mta_sts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "policy/mta_sts_core.h"

#define FRESH_MIN_S  60
#define FRESH_MAX_S  3600
#define TROUBLE_S    60	  /* DNS had no answer */
#define FETCHING_MS  5000 /* ask again while one is under way */
#define REDIS_MS     2000
#define REFRESH_MS   (24 * 3600 * INT64_C(1000)) /* RFC 8461 10.2: once a day */
#define DOMAIN_BYTES 1024			 /* counted for one, policy aside */

static void drop(struct sts_domain *domain);

static void reset_policy(struct sts_domain *domain)
{
	domain->sts->figures.bytes -= domain->bytes;
	domain->bytes = 0;
	list_remove(&domain->policy_link);
	arena_finish(&domain->arena);
	domain->kept = (struct sts_kept){.id = ""};
}

/* The longest unused make room; who is in use stays. */
static void make_room(struct mta_sts *sts)
{
	LIST_EACH_SAFE (&sts->recent, link) {
		struct sts_domain *old = CONTAINER_OF(link, struct sts_domain, link);

		if (sts->domains.count < STS_DOMAINS_MAX &&
			sts->figures.bytes < STS_BYTES_MAX)
			return;
		if (!old->holders)
			drop(old);
	}
}

static void drop(struct sts_domain *domain)
{
	assert(!domain->holders);
	reset_policy(domain);
	list_remove(&domain->link);
	map_remove(&domain->sts->domains, domain->name);
	memory_free((char *)(uintptr_t)domain->name.at);
	memory_free(domain);
}

static struct sts_domain *find_or_make(struct mta_sts *sts, struct slice name)
{
	struct sts_domain *domain = map_find(&sts->domains, name);

	if (domain) {
		list_remove(&domain->link);
	} else {
		make_room(sts);
		domain = NEW(struct sts_domain);
		domain->sts = sts;
		domain->name = slice_make(memory_copy_text(name), name.size);
		condition_init(&domain->changed);
		map_set(&sts->domains, name, domain);
	}
	list_append(&sts->recent, &domain->link);
	return domain;
}

struct mta_sts *mta_sts_create(const struct mta_sts_options *options)
{
	struct mta_sts *sts = NEW(struct mta_sts);

	sts->options = *options;
	config_hold(options->config);
	scope_init(&sts->scope);
	list_init(&sts->recent);
	list_init(&sts->with_policy);
	/* Without it policies are looked at when mail comes, which does. */
	scope_spawn(&sts->scope, "sts-refresh", sts_refresh_run, sts);
	return sts;
}

void mta_sts_reload(struct mta_sts *sts, struct config *config)
{
	config_hold(config);
	config_release(&sts->options.config);
	sts->options.config = config;
}

void mta_sts_destroy(struct mta_sts **sts)
{
	struct mta_sts *old = *sts;

	*sts = NULL;
	if (!old)
		return;
	scope_finish(&old->scope, deadline_after_ms(0));
	while (!list_is_empty(&old->recent))
		drop(LIST_FIRST(&old->recent, struct sts_domain, link));
	map_finish(&old->domains);
	config_release(&old->options.config);
	memory_free(old);
}

struct mta_sts_figures mta_sts_figures(const struct mta_sts *sts)
{
	struct mta_sts_figures figures = sts->figures;

	figures.domains = sts->domains.count;
	return figures;
}

bool sts_is_live(const struct sts_domain *domain)
{
	return domain->kept.id[0] && domain->kept.expires_ms > worker_wall_ms();
}

/* Once a day, and at half of its time; a tenth of that apart, by name. */
bool sts_is_due(const struct sts_domain *domain)
{
	int64_t wait_ms = (int64_t)domain->kept.policy.max_age_s * 1000 / 2;

	if (wait_ms > REFRESH_MS)
		wait_ms = REFRESH_MS;
	wait_ms -= wait_ms / 10 * (int64_t)(map_hash(domain->name) % 100) / 100;
	return domain->kept.fetched_ms + wait_ms <= worker_wall_ms();
}

static void copy_policy(
	const struct sts_policy *from, struct arena *arena, struct sts_policy *to)
{
	*to = *from;
	to->patterns = arena_take_array(
		arena, from->pattern_count, sizeof(*to->patterns));
	for (size_t i = 0; i < from->pattern_count; i++)
		to->patterns[i] = arena_copy(arena, from->patterns[i]);
}

void sts_keep(struct sts_domain *domain, const struct sts_kept *kept)
{
	struct mta_sts *sts = domain->sts;

	reset_policy(domain);
	domain->kept = *kept;
	copy_policy(&kept->policy, &domain->arena, &domain->kept.policy);
	domain->bytes = DOMAIN_BYTES + domain->arena.total;
	sts->figures.bytes += domain->bytes;
	list_append(&sts->with_policy, &domain->policy_link);
	make_room(sts);
}

/* 3.1: the one record that means to be one; more than one are none. */
static void learn_record(struct sts_domain *domain, const struct dns_answer *answer)
{
	struct slice record = SLICE_EMPTY, id = SLICE_EMPTY;
	size_t count = 0;

	for (size_t i = 0; answer->status == DNS_FOUND && i < answer->count; i++) {
		if (!sts_record_is_ours(answer->records[i].name))
			continue;
		record = answer->records[i].name;
		count++;
	}
	if (count != 1 || !sts_record_parse(record, &id))
		id = SLICE_EMPTY;
	slice_to_text(id, domain->published, sizeof(domain->published));
}

static bool has_failed(const struct sts_domain *domain)
{
	return domain->failed_until_us > worker_now_us() &&
	       strcmp(domain->failed_id, domain->published) == 0;
}

/* What is published is not what we have, or ours is getting old. */
static bool needs_fetch(const struct sts_domain *domain)
{
	if (!domain->published[0] || domain->fetching || has_failed(domain))
		return false;
	return !sts_is_live(domain) || sts_is_due(domain) ||
	       strcmp(domain->kept.id, domain->published) != 0;
}

void sts_check(struct sts_domain *domain, struct deadline deadline)
{
	struct mta_sts *sts = domain->sts;
	struct arena arena = {0};
	struct slice name = arena_format(
		&arena, "_mta-sts.%.*s", SLICE_PRINT(domain->name));
	struct dns_answer answer;
	int64_t fresh_s = TROUBLE_S;

	domain->checking = true;
	if (!sts_is_live(domain))
		sts_store_read(domain,
			deadline_earlier(deadline, deadline_after_ms(REDIS_MS)));
	if (dns_query(sts->options.dns, DNS_TXT, name, &arena, &answer, deadline)) {
		if (answer.status != DNS_TEMPORARY) {
			learn_record(domain, &answer);
			fresh_s = answer.ttl_s < FRESH_MIN_S   ? FRESH_MIN_S
				  : answer.ttl_s > FRESH_MAX_S ? FRESH_MAX_S
							       : answer.ttl_s;
		}
		domain->checked_until_us = worker_now_us() + fresh_s * 1000000;
		if (needs_fetch(domain))
			sts_fetch_begin(domain);
	}
	arena_finish(&arena);
	domain->checking = false;
	condition_broadcast(&domain->changed);
}

static bool is_checked(const struct sts_domain *domain)
{
	return domain->checked_until_us > worker_now_us();
}

/* Waits for others who ask the same, or asks; and for a first fetch. */
static void settle(struct sts_domain *domain, struct deadline deadline)
{
	bool waiting = true;

	while (domain->checking && waiting)
		waiting = condition_wait(&domain->changed, deadline);
	if (waiting && !is_checked(domain))
		sts_check(domain, deadline);
	while (domain->fetching && !sts_is_live(domain) && waiting)
		waiting = condition_wait(&domain->changed, deadline);
}

static int64_t earlier_ms(int64_t a, int64_t b)
{
	return b < a ? b : a;
}

static void answer_policy(
	const struct sts_domain *domain, struct arena *arena, struct sts_answer *answer)
{
	struct sts_policy *policy = ARENA_NEW(arena, struct sts_policy);

	copy_policy(&domain->kept.policy, arena, policy);
	answer->policy = policy;
	answer->mode = policy->mode;
	answer->id = arena_copy(arena, slice_of(domain->kept.id));
	answer->fetched_ms = domain->kept.fetched_ms;
	answer->expires_ms = domain->kept.expires_ms;
}

static void fill(
	const struct sts_domain *domain, struct arena *arena, struct sts_answer *answer)
{
	int64_t now_us = worker_now_us();

	answer->fresh_ms = domain->checked_until_us > now_us
				   ? (domain->checked_until_us - now_us) / 1000 + 1
				   : TROUBLE_S * 1000;
	if (sts_is_live(domain)) {
		answer_policy(domain, arena, answer);
		answer->fresh_ms = earlier_ms(answer->fresh_ms,
			domain->kept.expires_ms - worker_wall_ms() + 1);
	}
	if (domain->fetching)
		answer->fresh_ms = earlier_ms(answer->fresh_ms, FETCHING_MS);
	if (domain->published[0] && domain->failures &&
		strcmp(domain->failed_id, domain->published) == 0) {
		answer->trouble = domain->trouble;
		answer->reason = arena_copy(arena, slice_of(domain->reason));
	}
}

const struct sts_policy *mta_sts_known(const struct mta_sts *sts, struct slice name)
{
	const struct sts_domain *domain = map_find(&sts->domains, name);

	return domain && domain->kept.id[0] ? &domain->kept.policy : NULL;
}

void mta_sts_ask_again(struct mta_sts *sts, struct slice name, bool failed)
{
	struct sts_domain *domain = map_find(&sts->domains, name);
	struct arena arena = {0};

	if (domain)
		domain->checked_until_us = 0;
	if (domain && failed)
		domain->failed_until_us = 0;
	dns_forget(sts->options.dns,
		arena_format(&arena, "_mta-sts.%.*s", SLICE_PRINT(name)));
	dns_forget(sts->options.dns,
		arena_format(&arena, "mta-sts.%.*s", SLICE_PRINT(name)));
	arena_finish(&arena);
}

bool mta_sts_find(struct mta_sts *sts, struct slice name, struct arena *arena,
	struct sts_answer *answer_r, struct deadline deadline)
{
	struct sts_answer answer = {.mode = STS_NONE, .fresh_ms = FRESH_MAX_S * 1000};
	struct sts_domain *domain;

	if (!slice_starts(name, SLICE("["))) {
		domain = find_or_make(sts, name);
		domain->holders++;
		if (!is_checked(domain) || domain->fetching)
			settle(domain, deadline_earlier(deadline,
					       deadline_after_ms(STS_WAIT_MS)));
		fill(domain, arena, &answer);
		domain->holders--;
	}
	*answer_r = answer;
	return !fiber_is_cancelled() ||
	       fail(FAILURE_CANCELLED, "the look-up of a policy was given up");
}
