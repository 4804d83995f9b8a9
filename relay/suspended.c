/* Keeping to what is suspended: what is taken, what is put back, what is said. */
#include "relay/suspended.h"

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "queue/queue_admin.h"
#include "run/worker.h"

#include "relay/destination.h"
#include "relay/outcome.h"
#include "relay/site.h"

#define LOOK_ENTRIES  100
#define LOOK_LEAST_MS 1000
#define LOOK_MOST_MS  (10 * 60 * 1000)
#define LOOK_LASTS_MS 500
#define LOOKS_MAX     65536
#define RESUME_MS     (10 * 60 * 1000)
#define NEVER_LOOK_MS (24 * 3600 * 1000)

/* ---- What is suspended ---- */

static const struct suspension *of_domain(const struct relay *relay,
	struct slice domain, const struct destination *destination, int64_t now_ms)
{
	const struct suspensions *set = relay->suspended.set;
	const struct suspension *found = suspensions_find(
		set, SUSPEND_DOMAIN, domain, now_ms);

	if (!found && destination && destination->deliverable)
		found = suspensions_find(set, SUSPEND_PROVIDER,
			slice_of(destination->terms.rule.provider_name), now_ms);
	return found;
}

static const struct suspension *of_flow(
	const struct suspensions *set, const struct envelope *envelope, int64_t now_ms)
{
	struct slice tags = envelope->tags;
	const struct suspension *found = suspensions_find(
		set, SUSPEND_TENANT, envelope->tenant, now_ms);

	if (!found)
		found = suspensions_find(set, SUSPEND_STREAM, envelope->stream, now_ms);
	while (!found && tags.size)
		found = suspensions_find(
			set, SUSPEND_TAG, slice_cut(&tags, ' '), now_ms);
	return found;
}

const struct suspension *suspended_by(const struct relay *relay,
	const struct entry *entry, const struct destination *destination)
{
	int64_t now_ms = worker_wall_ms();
	const struct suspension *found;

	if (!relay->suspended.set)
		return NULL;
	found = of_domain(relay, entry->domain, destination, now_ms);
	return found ? found
		     : of_flow(relay->suspended.set, &entry->message->envelope, now_ms);
}

/* ---- Taking and putting back ---- */

/* When mail under it is due again: also the mark by which it is known then. */
static int64_t due_under(
	const struct suspension *suspension, const struct envelope *envelope)
{
	int64_t until = suspension->until_ms, expires = envelope->expires_ms;

	/* RFC 2852: it is over then, too. */
	if (envelope->deliver_by == DELIVER_BY_RETURN &&
		(!expires || envelope->deliver_by_ms < expires))
		expires = envelope->deliver_by_ms;
	if (until && (!expires || until < expires))
		return until;
	return expires ? expires : suspension->since_ms + NEVER_LOOK_MS * 365LL;
}

bool suspended_keep(
	struct relay *relay, struct entry *entry, const struct destination *destination)
{
	const struct suspension *found = suspended_by(relay, entry, destination);

	if (!found)
		return false;
	outcome_put_back(relay, entry, due_under(found, &entry->message->envelope));
	return true;
}

static int64_t look_every_ms(const struct relay *relay)
{
	int64_t every = relay->config->relay.expire_ms / 100;

	if (every < LOOK_LEAST_MS)
		return LOOK_LEAST_MS;
	return every < LOOK_MOST_MS ? every : LOOK_MOST_MS;
}

bool suspended_wanted(struct relay *relay, struct slice domain, size_t *wanted_r)
{
	struct suspended *suspended = &relay->suspended;
	int64_t now_ms = worker_wall_ms(), look_ms, until;
	const struct suspension *found;

	if (!suspended->set)
		return false;
	found = of_domain(relay, domain, destination_find(relay, domain), now_ms);
	if (!found)
		return false;
	*wanted_r = 0;
	look_ms = (int64_t)(intptr_t)map_find(&suspended->looks, domain);
	if (look_ms && now_ms >= look_ms && now_ms < look_ms + LOOK_LASTS_MS) {
		*wanted_r = LOOK_ENTRIES;
		return true;
	}
	if (look_ms <= now_ms) {
		look_ms = now_ms + look_every_ms(relay);
		if (suspended->looks.count < LOOKS_MAX)
			map_set(&suspended->looks, domain, (void *)(intptr_t)look_ms);
	}
	until = found->until_ms && found->until_ms < look_ms ? found->until_ms
							     : look_ms;
	queue_postpone(relay->options.queue, domain, until + POSTPONE_SLACK_MS);
	return true;
}

/* ---- A new set ---- */

static bool is_in(const struct suspensions *set, const struct suspension *one)
{
	const struct suspension *same = suspensions_find(
		set, one->scope, one->name, worker_wall_ms());

	return same && slice_equal(same->name, one->name) &&
	       same->until_ms == one->until_ms;
}

/* What is in hand goes its way again, past what is suspended now. */
static void sort_again(struct relay *relay)
{
	struct map_cursor cursor = {0};
	struct list waiting;
	struct link *link;
	struct slice key;
	void *value;

	list_init(&waiting);
	while (map_next(&relay->sites, &cursor, &key, &value)) {
		struct site *site = value;

		site->holders++;
		site_empty(site, &waiting);
		site_release(&site);
	}
	while ((link = list_take(&waiting)))
		destination_take(relay, CONTAINER_OF(link, struct entry, link));
}

/* Those that were put off are asked about again: they may be free, or free
 * sooner than it was. */
static void look_again(struct relay *relay)
{
	struct map looks = relay->suspended.looks;
	struct map_cursor cursor = {0};
	struct slice domain;
	void *look;

	relay->suspended.looks = (struct map){0};
	while (map_next(&looks, &cursor, &domain, &look))
		queue_postpone(relay->options.queue, domain, 0);
	map_finish(&looks);
}

/* Mail that was put back under a suspension that has ended before its time. */
struct resuming {
	struct relay *relay;
	struct suspensions *ended; /* ours */
	const struct suspension *one;
};

static bool was_under(void *context, const struct queue_item *item)
{
	const struct resuming *resuming = context;
	const struct suspension *one = resuming->one;
	const struct envelope *envelope = &item->entry->message->envelope;

	return item->state == QUEUE_DEFERRED &&
	       item->entry->due_ms == due_under(one, envelope) &&
	       (one->scope == SUSPEND_DOMAIN || one->scope == SUSPEND_PROVIDER ||
		       of_flow(resuming->ended, envelope, 0) != NULL);
}

static bool resume_one(struct relay *relay, const struct queue_selector *selector)
{
	const struct queue_wish wish = {.action = QUEUE_RETRY};
	uint64_t changed;
	bool good;

	do {
		good = queue_act(relay->options.queue, &wish, selector, &changed,
			deadline_after_ms(RESUME_MS));
	} while (!good && changed && failure_kind_last() == FAILURE_LIMIT);
	return good;
}

static void resume(void *arg)
{
	struct resuming *resuming = arg;

	for (size_t i = 0; i < suspensions_count(resuming->ended); i++) {
		struct queue_selector selector = {
			.filter = was_under, .filter_context = resuming};
		const struct suspension *one = suspensions_at(resuming->ended, i);

		resuming->one = one;
		if (one->scope == SUSPEND_DOMAIN && one->name.at[0] != '.')
			selector.domain = one->name;
		if (!resume_one(resuming->relay, &selector))
			event_note(EVENT_WARNING, "resume_failed", "%s %.*s: %s",
				suspend_scope_name(one->scope), SLICE_PRINT(one->name),
				failure_last()->text);
	}
	suspensions_destroy(&resuming->ended);
	memory_free(resuming);
}

static void begin_resume(struct relay *relay, struct suspensions *ended)
{
	struct resuming *resuming = NEW(struct resuming);

	*resuming = (struct resuming){.relay = relay, .ended = ended};
	if (scope_spawn(&relay->scope, "relay-resume", resume, resuming))
		return;
	/* It is taken at its time: when the suspension would have ended. */
	event_note(EVENT_WARNING, "resume_failed", "%s", failure_last()->text);
	suspensions_destroy(&resuming->ended);
	memory_free(resuming);
}

void suspended_mark_sources(struct relay *relay)
{
	for (size_t i = 0; i < relay->sources->count; i++) {
		struct source *source = &relay->sources->list[i];

		atomic_store(&source->state->suspended,
			suspensions_find(relay->suspended.set, SUSPEND_SOURCE,
				source->name, worker_wall_ms()) != NULL);
	}
}

void suspended_use(struct relay *relay, struct suspensions *set)
{
	struct suspensions *old = relay->suspended.set;
	struct suspensions *ended = suspensions_create();
	int64_t now_ms = worker_wall_ms();
	bool more = false;

	relay->suspended.set = suspensions_count(set) ? set : NULL;
	if (!relay->suspended.set)
		suspensions_destroy(&set);
	for (size_t i = 0; i < suspensions_count(old); i++) {
		const struct suspension *one = suspensions_at(old, i);

		if (!suspension_is_over(one, now_ms) && one->scope != SUSPEND_SOURCE &&
			!is_in(relay->suspended.set, one))
			suspensions_add(ended, one);
	}
	for (size_t i = 0; i < suspensions_count(relay->suspended.set); i++)
		more |= !is_in(old, suspensions_at(relay->suspended.set, i));
	suspensions_destroy(&old);
	suspended_mark_sources(relay);
	look_again(relay);
	if (more)
		sort_again(relay);
	if (suspensions_count(ended))
		begin_resume(relay, ended);
	else
		suspensions_destroy(&ended);
}

static void tell_more(
	struct event *event, const struct suspension *suspension, const char *who)
{
	event_text(event, "scope", slice_of(suspend_scope_name(suspension->scope)));
	event_text(event, "what", suspension->name);
	event_text(event, "by", slice_of(who));
	if (suspension->until_ms)
		event_number(event, "until_ms", suspension->until_ms);
	event_text(event, "reason", suspension->reason);
	event_end(event);
}

void suspended_tell(const struct suspension *suspension)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "suspended");
	tell_more(&event, suspension, "operator");
}

void suspended_tell_end(const struct suspension *suspension, const char *who)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "resumed");
	tell_more(&event, suspension, who);
}
