/*
 * Fetching policies (RFC 8461 3.3), each in a fiber of its own, and looking
 * after those we have before they end. What another worker or node has fetched
 * meanwhile is taken from Redis instead.
 */
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/fetch.h"

#include "policy/mta_sts_core.h"

#define REDIS_MS      2000
#define LOOK_MS	      60000 /* between rounds */
#define CHECK_MS      10000
#define LIFE_LEAST_MS 60000 /* of a policy with a max_age below that */
#define FAILURES_MAX  5	    /* doublings */

static void tell(const struct sts_domain *domain)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "sts_policy");
	event_text(&event, "domain", domain->name);
	event_text(&event, "id", slice_of(domain->kept.id));
	event_text(&event, "mode", slice_of(sts_force_name(domain->kept.policy.mode)));
	event_number(&event, "max_age", domain->kept.policy.max_age_s);
	event_number(&event, "hosts", (int64_t)domain->kept.policy.pattern_count);
	event_end(&event);
}

static void tell_failure(const struct sts_domain *domain, int64_t wait_ms)
{
	struct event event;

	event_begin(&event, EVENT_WARNING, "sts_failed");
	event_text(&event, "domain", domain->name);
	event_text(&event, "id", slice_of(domain->published));
	event_text(&event, "result", slice_of(tlsrpt_result_name(domain->trouble)));
	event_text(&event, "reason", slice_of(domain->reason));
	event_truth(&event, "cached", sts_is_live(domain));
	event_seconds(&event, "wait", wait_ms * 1000);
	event_end(&event);
}

static void note_failure(struct sts_domain *domain, enum tlsrpt_result trouble)
{
	unsigned doublings = domain->failures < FAILURES_MAX ? domain->failures
							     : FAILURES_MAX;
	int64_t wait_ms = (int64_t)STS_FAILED_MS << doublings;

	if (wait_ms > STS_FAILED_MAX_MS)
		wait_ms = STS_FAILED_MAX_MS;
	domain->failures++;
	domain->failed_until_us = worker_now_us() + wait_ms * 1000;
	memcpy(domain->failed_id, domain->published, sizeof(domain->failed_id));
	domain->trouble = trouble;
	snprintf(domain->reason, sizeof(domain->reason), "%.*s", STS_REASON_MAX - 1,
		failure_last()->text);
	domain->sts->figures.failures++;
	tell_failure(domain, wait_ms);
}

/* Parameters may follow. */
static bool is_plain_text(struct slice type)
{
	return slice_equal_nocase(
		slice_trim(slice_cut(&type, ';')), SLICE("text/plain"));
}

/* 3.3: a redirect is no answer, and what is no text/plain is a web page. */
static bool judge(const struct fetch_response *response)
{
	if (response->status != 200)
		return fail(FAILURE_PROTOCOL, "the policy's server said %u",
			response->status);
	if (!is_plain_text(response->content_type))
		return fail(FAILURE_DATA, "the policy is sent as %.*s, not text/plain",
			SLICE_PRINT(response->content_type));
	return true;
}

static enum tlsrpt_result trouble_of(enum failure_kind kind)
{
	switch (kind) {
	case FAILURE_TLS:
		return TLSRPT_STS_WEBPKI_INVALID;
	case FAILURE_DATA:
	case FAILURE_LIMIT:
		return TLSRPT_STS_POLICY_INVALID;
	default:
		return TLSRPT_STS_POLICY_FETCH_ERROR;
	}
}

static bool ask(struct sts_domain *domain, struct arena *arena,
	struct fetch_response *response, struct deadline deadline)
{
	const struct config_relay *relay = &domain->sts->options.config->relay;
	struct fetch_options options = {
		.url = arena_format(arena,
			"https://mta-sts.%.*s/.well-known/mta-sts.txt",
			SLICE_PRINT(domain->name)),
		.size_max = STS_TEXT_MAX,
		.ca_file = relay->https.ca_file,
		.private_addresses = relay->https.private_addresses,
		.dns = domain->sts->options.dns,
		.port = (uint16_t)relay->https.policy_port,
	};

	domain->sts->figures.fetches++;
	return fetch(&options, arena, response, deadline);
}

static bool fetch_policy(struct sts_domain *domain, struct deadline deadline)
{
	struct sts_kept kept = {.fetched_ms = worker_wall_ms()};
	struct fetch_response response;
	struct arena arena = {0};
	int64_t life_ms;
	bool good;

	memcpy(kept.id, domain->published, sizeof(kept.id));
	good = ask(domain, &arena, &response, deadline) && judge(&response) &&
	       sts_policy_parse(response.body, &arena, &kept.policy);
	if (good) {
		life_ms = kept.policy.max_age_s * INT64_C(1000);
		kept.expires_ms = kept.fetched_ms +
				  (life_ms > LIFE_LEAST_MS ? life_ms : LIFE_LEAST_MS);
		sts_keep(domain, &kept);
		tell(domain);
	} else if (failure_kind_last() != FAILURE_CANCELLED) {
		note_failure(domain, trouble_of(failure_kind_last()));
	}
	arena_finish(&arena);
	return good;
}

static bool is_current(const struct sts_domain *domain)
{
	return sts_is_live(domain) && !sts_is_due(domain) &&
	       strcmp(domain->kept.id, domain->published) == 0;
}

static void fetch_run(void *arg)
{
	struct sts_domain *domain = arg;
	bool good;

	sts_store_read(domain, deadline_after_ms(REDIS_MS));
	good = is_current(domain);
	if (!good) {
		good = fetch_policy(domain, deadline_after_ms(STS_FETCH_MS));
		if (good)
			sts_store_write(domain, deadline_after_ms(REDIS_MS));
	}
	if (good) {
		domain->failures = 0;
		domain->failed_until_us = 0;
	}
	domain->sts->figures.fetching--;
	domain->fetching = false;
	domain->holders--;
	condition_broadcast(&domain->changed);
}

void sts_fetch_begin(struct sts_domain *domain)
{
	struct mta_sts *sts = domain->sts;

	if (sts->figures.fetching >= STS_FETCHES_MAX)
		return;
	domain->fetching = true;
	domain->holders++;
	sts->figures.fetching++;
	if (scope_spawn(&sts->scope, "sts-fetch", fetch_run, domain))
		return;
	domain->fetching = false;
	domain->holders--;
	sts->figures.fetching--;
}

/* One round over those that were there at its beginning; a domain goes to the
 * end of the line when it was looked at. */
static void look_after_all(struct mta_sts *sts)
{
	size_t left = list_count(&sts->with_policy);

	while (left-- && !list_is_empty(&sts->with_policy) && !fiber_is_cancelled() &&
		sts->figures.fetching < STS_FETCHES_MAX) {
		struct sts_domain *domain = LIST_FIRST(
			&sts->with_policy, struct sts_domain, policy_link);

		list_remove(&domain->policy_link);
		list_append(&sts->with_policy, &domain->policy_link);
		if (!sts_is_live(domain) || !sts_is_due(domain) || domain->checking ||
			domain->fetching)
			continue;
		domain->holders++;
		sts_check(domain, deadline_after_ms(CHECK_MS));
		domain->holders--;
	}
}

void sts_refresh_run(void *arg)
{
	struct mta_sts *sts = arg;

	while (fiber_sleep(deadline_after_ms(LOOK_MS)))
		look_after_all(sts);
}
