/*
 * From memory to Redis, once a minute: of each domain that was counted it is
 * asked (now and then) whether it wants reports at all; most do not.
 */
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"

#include "policy/tlsrpt_core.h"

#define FLUSH_MS   60000
#define ASK_MS	   5000
#define WISH_MIN_S 600
#define WISH_MAX_S 86400
#define TROUBLE_S  300 /* DNS gave no answer */

bool tlsrpt_ask(struct tlsrpt *tlsrpt, struct slice domain, struct arena *arena,
	struct slice *uris_r, size_t *count_r, uint32_t *ttl_s_r,
	struct deadline deadline)
{
	struct slice record = SLICE_EMPTY;
	struct dns_answer answer;
	size_t found = 0;

	if (!dns_query(tlsrpt->options.dns, DNS_TXT,
		    arena_format(arena, "_smtp._tls.%.*s", SLICE_PRINT(domain)), arena,
		    &answer, deadline))
		return false;
	if (answer.status == DNS_TEMPORARY)
		return fail(FAILURE_DNS, "_smtp._tls.%.*s: %s", SLICE_PRINT(domain),
			answer.reason);
	for (size_t i = 0; answer.status == DNS_FOUND && i < answer.count; i++) {
		if (!tlsrpt_record_is_ours(answer.records[i].name))
			continue;
		record = answer.records[i].name;
		found++;
	}
	*ttl_s_r = answer.ttl_s;
	*count_r = 0;
	if (found == 1) /* several are none, 3 */
		tlsrpt_record_parse(record, arena, uris_r, count_r);
	return true;
}

static bool learn_wish(
	struct tlsrpt *tlsrpt, struct tlsrpt_domain *domain, struct deadline deadline)
{
	struct slice uris[TLSRPT_URIS_MAX];
	struct arena arena = {0};
	uint32_t ttl_s = TROUBLE_S;
	size_t count = 0;

	if (tlsrpt_ask(tlsrpt, domain->name, &arena, uris, &count, &ttl_s,
		    deadline_earlier(deadline, deadline_after_ms(ASK_MS)))) {
		domain->wish = count ? TLSRPT_WANTED : TLSRPT_UNWANTED;
		ttl_s = ttl_s < WISH_MIN_S   ? WISH_MIN_S
			: ttl_s > WISH_MAX_S ? WISH_MAX_S
					     : ttl_s;
	}
	domain->wish_until_us = worker_now_us() + ttl_s * INT64_C(1000000);
	arena_finish(&arena);
	return !fiber_is_cancelled();
}

static void forget_counts(struct tlsrpt_domain *domain)
{
	while (!list_is_empty(&domain->counts))
		tlsrpt_count_destroy(
			domain, LIST_FIRST(&domain->counts, struct tlsrpt_count, link));
}

/* False: Redis cannot be used just now, or it is over. */
static bool flush_one(
	struct tlsrpt *tlsrpt, struct tlsrpt_domain *domain, struct deadline deadline)
{
	bool good = true;

	domain->busy = true;
	if (domain->wish_until_us <= worker_now_us())
		good = learn_wish(tlsrpt, domain, deadline);
	if (good && domain->wish == TLSRPT_WANTED)
		good = tlsrpt_store(tlsrpt, domain, deadline);
	else if (good && domain->wish == TLSRPT_UNWANTED)
		forget_counts(domain);
	domain->busy = false;
	if (!list_is_empty(&domain->counts) && !link_is_linked(&domain->pending_link))
		list_append(&tlsrpt->pending, &domain->pending_link);
	return good;
}

/* Those of now: what is counted meanwhile waits for the next. */
static bool flush_all(struct tlsrpt *tlsrpt, struct deadline deadline)
{
	size_t left = list_count(&tlsrpt->pending);
	struct link *link;

	while (left-- && (link = list_take(&tlsrpt->pending)))
		if (!flush_one(tlsrpt,
			    CONTAINER_OF(link, struct tlsrpt_domain, pending_link),
			    deadline))
			return false;
	return true;
}

bool tlsrpt_flush(struct tlsrpt *tlsrpt, struct deadline deadline)
{
	bool good;

	while (tlsrpt->flushing)
		if (!condition_wait(&tlsrpt->flushed, deadline))
			return false;
	tlsrpt->flushing = true;
	good = flush_all(tlsrpt, deadline);
	tlsrpt->flushing = false;
	condition_broadcast(&tlsrpt->flushed);
	return good;
}

void tlsrpt_flush_run(void *arg)
{
	struct tlsrpt *tlsrpt = arg;
	bool told = false, good;

	while (fiber_sleep(deadline_after_ms(FLUSH_MS))) {
		good = tlsrpt_flush(tlsrpt, deadline_after_ms(FLUSH_MS));
		if (!good && !told && !fiber_is_cancelled())
			event_note(EVENT_WARNING, "tlsrpt_waits",
				"counts of TLS sessions wait: %s",
				failure_last()->text);
		told = !good;
	}
}
