/*
 * Local mail: a line of entries, and fibers that hand them over one by one. Each
 * ends when the line is empty.
 */
#include "relay/local.h"

#include "base/memory.h"
#include "queue/local.h"
#include "run/worker.h"

#include "relay/destination.h"
#include "relay/outcome.h"

#define DELIVER_MS (5 * 60 * 1000)
#define AGAIN_MS   1000
#define HOST	   SLICE("local")

void local_start(struct relay *relay)
{
	relay->local = NEW(struct local_line);
	list_init(&relay->local->waiting);
	list_init(&relay->local->asked);
}

void local_finish(struct relay *relay)
{
	memory_free(relay->local);
}

void local_use(struct relay *relay)
{
	const struct config *config = relay->config;

	relay->local->captures = false;
	for (size_t i = 0; i < config->tenant_count; i++)
		relay->local->captures |= config->tenants[i].capture.account != NULL;
}

bool local_captures_flow(const struct relay *relay, struct slice flow)
{
	struct flow_parts parts;

	return relay->local->captures && flow_parse(flow, &parts) &&
	       config_capture_find(relay->config, parts.tenant);
}

bool local_captures(const struct relay *relay, const struct entry *entry)
{
	return relay->local->captures &&
	       config_capture_find(relay->config, entry->message->envelope.tenant);
}

size_t local_wanted(struct relay *relay, struct taker_room *room_r)
{
	if (relay->local->waiting_count < LOCAL_WAITING_MAX)
		return LOCAL_WAITING_MAX - relay->local->waiting_count;
	room_r->list = &relay->local->asked;
	return 0;
}

/* Where it goes by now. False: not here any more, or nobody knows. */
static bool find_capture(struct relay *relay, const struct entry *entry,
	const struct config_capture **capture_r)
{
	const struct destination *destination;

	if (local_captures(relay, entry)) {
		*capture_r = config_capture_find(
			relay->config, entry->message->envelope.tenant);
		return true;
	}
	destination = destination_of(relay, entry);
	if (!destination || !destination->local ||
		destination->fresh_until_us <= worker_now_us())
		return false;
	*capture_r = destination->capture;
	return true;
}

static struct verdict verdict_of(const struct local_answer *answer)
{
	static const enum verdict_kind kinds[] = {[LOCAL_DELIVERED] = VERDICT_DELIVERED,
		[LOCAL_LATER] = VERDICT_LATER,
		[LOCAL_NEVER] = VERDICT_NEVER};

	return verdict_of_ours(kinds[answer->kind], answer->status, answer->reason);
}

static void settle(struct relay *relay, struct entry *entry,
	const struct local_answer *answers, struct arena *arena, int64_t began_us)
{
	struct verdict *verdicts = arena_take_array(
		arena, entry->recipient_count, sizeof(*verdicts));
	struct attempt attempt = {.host = HOST,
		.final = true,
		.peer_deliver_by = true,
		.began_us = began_us,
		.delivery_us = worker_now_us() - began_us};

	for (size_t i = 0; i < entry->recipient_count; i++)
		verdicts[i] = verdict_of(&answers[i]);
	outcome_settle(relay, NULL, entry, verdicts, &attempt);
}

static void nobody_delivers(struct relay *relay, struct entry *entry)
{
	struct verdict verdict = verdict_of_ours(
		VERDICT_LATER, "4.3.5", SLICE("no mailboxes are kept by this process"));
	struct attempt attempt = {.host = HOST};

	outcome_settle_all(relay, NULL, entry, &verdict, &attempt);
}

static void deliver(struct relay *relay, struct entry *entry)
{
	const struct local_delivery *local = &relay->options.local;
	const struct config_capture *capture = NULL;
	int64_t began_us = worker_now_us();
	struct config *config;
	struct arena arena = {0};
	struct local_answer *answers;

	if (!find_capture(relay, entry, &capture)) {
		destination_take(relay, entry);
		return;
	}
	if (outcome_expire(relay, entry))
		return;
	if (!local->deliver) {
		nobody_delivers(relay, entry);
		return;
	}
	answers = arena_take_array(&arena, entry->recipient_count, sizeof(*answers));
	config = config_hold(relay->config);
	if (local->deliver(local->context, entry, capture, &arena, answers,
		    deadline_after_ms(DELIVER_MS)))
		settle(relay, entry, answers, &arena, began_us);
	else
		outcome_put_back(relay, entry, worker_wall_ms() + AGAIN_MS);
	config_release(&config);
	arena_finish(&arena);
}

static struct entry *next(struct relay *relay)
{
	struct link *link = list_take(&relay->local->waiting);

	if (!link)
		return NULL;
	relay->local->waiting_count--;
	if (relay->local->waiting_count < LOCAL_WAITING_MAX / 2)
		queue_want_room(relay->options.queue, &relay->local->asked);
	return CONTAINER_OF(link, struct entry, link);
}

static void run(void *arg)
{
	struct relay *relay = arg;
	struct entry *entry;

	while (!relay->draining && (entry = next(relay)))
		deliver(relay, entry);
	relay->local->fibers--;
}

void local_take(struct relay *relay, struct entry *entry)
{
	if (relay->draining) {
		outcome_put_back(relay, entry, entry->due_ms);
		return;
	}
	list_append(&relay->local->waiting, &entry->link);
	relay->local->waiting_count++;
	if (relay->local->fibers >= LOCAL_FIBERS_MAX)
		return;
	relay->local->fibers++;
	if (scope_spawn(&relay->scope, "relay-local", run, relay))
		return;
	relay->local->fibers--;
	if (relay->local->fibers)
		return; /* one of those takes it */
	list_remove(&entry->link);
	relay->local->waiting_count--;
	outcome_put_back(relay, entry, worker_wall_ms() + AGAIN_MS);
}

void local_drain(struct relay *relay)
{
	struct entry *entry;

	while ((entry = next(relay)))
		outcome_put_back(relay, entry, entry->due_ms);
}
