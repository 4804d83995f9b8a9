/*
 * Counting: a domain's sessions of one kind are one number until the next
 * flush. Domains that want no reports are remembered, too, and cost nothing.
 */
#include "policy/tlsrpt.h"

#include <string.h>

#include "base/event.h"
#include "base/memory.h"

#include "policy/tlsrpt_core.h"

#define FULL_TOLD_MS 600000

static void drop(struct tlsrpt *tlsrpt, struct tlsrpt_domain *domain);
static struct tlsrpt_domain *find_or_make(struct tlsrpt *tlsrpt, struct slice name);
static void add(struct tlsrpt *tlsrpt, struct tlsrpt_domain *domain,
	const struct tlsrpt_row *row, struct slice policy);

struct tlsrpt *tlsrpt_create(const struct tlsrpt_options *options)
{
	struct tlsrpt *tlsrpt = NEW(struct tlsrpt);

	tlsrpt->options = *options;
	config_hold(options->config);
	scope_init(&tlsrpt->scope);
	list_init(&tlsrpt->recent);
	list_init(&tlsrpt->pending);
	condition_init(&tlsrpt->flushed);
	if (options->redis) {
		scope_spawn(&tlsrpt->scope, "tlsrpt-flush", tlsrpt_flush_run, tlsrpt);
		if (options->sends)
			scope_spawn(
				&tlsrpt->scope, "tlsrpt-send", tlsrpt_send_run, tlsrpt);
	}
	return tlsrpt;
}

void tlsrpt_reload(struct tlsrpt *tlsrpt, struct config *config)
{
	config_hold(config);
	config_release(&tlsrpt->options.config);
	tlsrpt->options.config = config;
}

void tlsrpt_destroy(struct tlsrpt **tlsrpt, struct deadline deadline)
{
	struct tlsrpt *old = *tlsrpt;

	*tlsrpt = NULL;
	if (!old)
		return;
	scope_finish(&old->scope, deadline_after_ms(0));
	if (!list_is_empty(&old->pending))
		tlsrpt_flush(old, deadline);
	while (!list_is_empty(&old->recent))
		drop(old, LIST_FIRST(&old->recent, struct tlsrpt_domain, link));
	map_finish(&old->domains);
	config_release(&old->options.config);
	memory_free(old);
}

bool tlsrpt_is_on(const struct tlsrpt *tlsrpt)
{
	return tlsrpt && tlsrpt->options.redis &&
	       tlsrpt->options.config->relay.tlsrpt.from;
}

void tlsrpt_count(struct tlsrpt *tlsrpt, struct slice name,
	const struct tlsrpt_row *row, struct slice policy)
{
	struct tlsrpt_domain *domain;

	if (!tlsrpt_is_on(tlsrpt) || slice_starts(name, SLICE("[")))
		return;
	domain = find_or_make(tlsrpt, name);
	if (domain && (domain->wish != TLSRPT_UNWANTED ||
			      domain->wish_until_us <= worker_now_us()))
		add(tlsrpt, domain, row, policy);
}

void tlsrpt_count_destroy(struct tlsrpt_domain *domain, struct tlsrpt_count *count)
{
	list_remove(&count->link);
	domain->count_count--;
	memory_free(count);
}

static void drop(struct tlsrpt *tlsrpt, struct tlsrpt_domain *domain)
{
	while (!list_is_empty(&domain->counts))
		tlsrpt_count_destroy(
			domain, LIST_FIRST(&domain->counts, struct tlsrpt_count, link));
	list_remove(&domain->link);
	list_remove(&domain->pending_link);
	map_remove(&tlsrpt->domains, domain->name);
	memory_free((char *)(uintptr_t)domain->name.at);
	memory_free(domain);
}

static void tell_full(struct tlsrpt *tlsrpt)
{
	int64_t now_ms = worker_wall_ms();

	if (now_ms - tlsrpt->full_told_ms < FULL_TOLD_MS)
		return;
	tlsrpt->full_told_ms = now_ms;
	event_note(EVENT_WARNING, "tlsrpt_full",
		"more than %d domains: TLS towards some is not counted",
		TLSRPT_DOMAINS_MAX);
}

/* The longest unused without counts makes room; only few are looked at. */
static bool make_room(struct tlsrpt *tlsrpt)
{
	unsigned looked = 0;

	if (tlsrpt->domains.count < TLSRPT_DOMAINS_MAX)
		return true;
	LIST_EACH_SAFE (&tlsrpt->recent, link) {
		struct tlsrpt_domain *old = CONTAINER_OF(
			link, struct tlsrpt_domain, link);

		if (!old->busy && list_is_empty(&old->counts)) {
			drop(tlsrpt, old);
			return true;
		}
		if (++looked == 16)
			break;
	}
	tell_full(tlsrpt);
	return false;
}

static struct tlsrpt_domain *find_or_make(struct tlsrpt *tlsrpt, struct slice name)
{
	struct tlsrpt_domain *domain = map_find(&tlsrpt->domains, name);

	if (domain) {
		list_remove(&domain->link);
	} else {
		if (!make_room(tlsrpt))
			return NULL;
		domain = NEW(struct tlsrpt_domain);
		domain->name = slice_make(memory_copy_text(name), name.size);
		list_init(&domain->counts);
		map_set(&tlsrpt->domains, name, domain);
	}
	list_append(&tlsrpt->recent, &domain->link);
	return domain;
}

/* The same row as one counted already, but for texts beyond a field's. */
static bool is_same(const struct tlsrpt_row *a, const struct tlsrpt_row *b)
{
	return a->type == b->type && a->result == b->result &&
	       slice_equal(a->policy_domain, b->policy_domain) &&
	       slice_equal(a->host, b->host) && slice_equal(a->address, b->address) &&
	       slice_equal(a->local, b->local) && slice_equal(a->reason, b->reason);
}

static struct slice copy_part(char **room, struct slice part)
{
	struct slice copy = slice_make(*room, part.size);

	if (part.size)
		memcpy(*room, part.at, part.size);
	*room += part.size;
	return copy;
}

static struct tlsrpt_count *make_count(
	const struct tlsrpt_row *row, struct slice policy)
{
	struct buffer field = {0};
	struct tlsrpt_count *count;
	char *room;
	size_t size;

	policy = slice_part(policy, 0, TLSRPT_POLICY_MAX);
	tlsrpt_row_print(row, &field);
	size = buffer_size(&field) + policy.size + row->policy_domain.size +
	       row->host.size + row->address.size + row->local.size + row->reason.size;
	count = memory_allocate(sizeof(*count) + size);
	room = (char *)(count + 1);
	count->row = *row;
	count->row.count = 0;
	count->row.policy_domain = copy_part(&room, row->policy_domain);
	count->row.host = copy_part(&room, row->host);
	count->row.address = copy_part(&room, row->address);
	count->row.local = copy_part(&room, row->local);
	count->row.reason = copy_part(&room, row->reason);
	count->policy = copy_part(&room, policy);
	count->field = copy_part(&room, buffer_contents(&field));
	buffer_finish(&field);
	return count;
}

/* Beyond the cap kinds are told apart no more but by policy and result. */
static void add(struct tlsrpt *tlsrpt, struct tlsrpt_domain *domain,
	const struct tlsrpt_row *row, struct slice policy)
{
	struct tlsrpt_row kind = *row;
	int64_t now_ms = worker_wall_ms(), day_ms = now_ms - now_ms % TLSRPT_DAY_MS;
	struct tlsrpt_count *count;

	kind.reason = slice_part(kind.reason, 0, TLSRPT_REASON_MAX);
	for (int again = 0; again < 2; again++) {
		LIST_EACH (&domain->counts, link) {
			count = CONTAINER_OF(link, struct tlsrpt_count, link);
			if (count->day_ms == day_ms && is_same(&count->row, &kind)) {
				count->row.count += row->count;
				return;
			}
		}
		if (domain->count_count < TLSRPT_COUNTS_MAX)
			break;
		kind.host = kind.address = kind.local = kind.reason = SLICE_EMPTY;
	}
	/* A few more: as many as there are policies and results. */
	count = make_count(&kind, policy);
	count->day_ms = day_ms;
	count->row.count = row->count;
	list_append(&domain->counts, &count->link);
	domain->count_count++;
	if (!link_is_linked(&domain->pending_link))
		list_append(&tlsrpt->pending, &domain->pending_link);
}
