/*
 * The operator's calls on a real Redis: list, count, hold, release, drop.
 */
#include "base/failure.h"
#include "base/memory.h"
#include "check.h"
#include "world.h"

static struct server server;
static struct place place;

static void with_place(void (*body)(void))
{
	on_worker_with_place(&place, &server, body);
}

static uint64_t entries(void)
{
	return server_sum(&server, "HLEN", "entries", 8);
}

static uint64_t domains(void)
{
	return server_sum(&server, "ZCARD", "domains", 8);
}

static uint64_t held(void)
{
	return server_sum(&server, "ZCARD", "held", 8);
}

static bool send(const char *addresses)
{
	return place_send(&place, addresses, SLICE("hello\r\n"), NULL,
		deadline_after_ms(PATIENCE_MS));
}

static void dropped(void)
{
	struct queue_selector selector = {.sender = SLICE("@example.test")};
	struct spool_figures before, after;
	uint64_t changed;

	place.wanted = 0;
	CHECK(send("a@x.test b@y.test c@z.test"));
	before = spool_figures(queue_node_spool(place.node));
	CHECK(before.bytes_alive > 0);
	CHECK(queue_act(place.queue, &(struct queue_wish){.action = QUEUE_DROP},
		&selector, &changed, deadline_after_ms(PATIENCE_MS)));
	CHECK_NUMBER(changed, 3);
	CHECK_NUMBER(entries(), 0);
	CHECK_NUMBER(domains(), 0);
	CHECK_NUMBER(server_sum(&server, "HLEN", "refs", 8), 0);
	after = spool_figures(queue_node_spool(place.node));
	CHECK(after.bytes_alive <= 2); /* thirds are rounded down */
}

CASE("Q2 to Q0: dropped by sender, with its body")
{
	with_place(dropped);
}

static void marked(void)
{
	struct queue_selector selector = {.domain = SLICE("x.test")};
	uint64_t changed;

	CHECK(send("a@x.test"));
	CHECK(send("b@x.test"));
	CHECK(place_await(&place, 2));
	CHECK(queue_act(place.queue, &(struct queue_wish){.action = QUEUE_DROP},
		&selector, &changed, deadline_after_ms(PATIENCE_MS)));
	CHECK_NUMBER(changed, 2);
	CHECK_NUMBER(entries(), 2);
	queue_settle(place.queue, place_take(&place));
	queue_defer(place.queue, place_take(&place), worker_wall_ms() + 60000);
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(domains(), 0);
	CHECK(send("c@x.test"));
	CHECK(place_await(&place, 3));
	CHECK(queue_act(place.queue, &(struct queue_wish){.action = QUEUE_HOLD},
		&selector, &changed, deadline_after_ms(PATIENCE_MS)));
	queue_defer(place.queue, place_take(&place), worker_wall_ms() + 60000);
	CHECK(eventually(held, 1));
}

CASE("what is being delivered is dropped or held when it comes back")
{
	with_place(marked);
}

struct seen {
	size_t count, by_state[4];
};

static bool see(void *context, const struct queue_item *item)
{
	struct seen *seen = context;

	seen->count++;
	seen->by_state[item->state]++;
	return true;
}

static struct seen look(const struct queue_selector *selector)
{
	struct seen seen = {0};

	CHECK(queue_each(
		place.queue, selector, see, &seen, deadline_after_ms(PATIENCE_MS)));
	return seen;
}

static void listed(void)
{
	struct queue_selector by_id = {0}, by_domain = {.domain = SLICE("X.test")},
			      by_sender = {.sender = SLICE("Sender@Example.Test")},
			      by_other = {.sender = SLICE("@other.test")}, all = {0};
	struct queue_domain_count largest[2];
	struct message_id id;
	struct queue_ages ages;
	uint64_t by_state[4];
	size_t count = 2;
	struct seen seen;

	CHECK(place_send(&place, "a@x.test b@y.test", SLICE("1\r\n"), &id,
		deadline_after_ms(PATIENCE_MS)));
	CHECK(send("a@x.test"));
	CHECK(send("a@x.test"));
	CHECK(place_await(&place, 4));
	queue_hold(place.queue, place_take(&place));
	queue_defer(place.queue, place_take(&place), worker_wall_ms() + 60000);
	place.wanted = 0;
	CHECK(send("a@x.test"));
	CHECK(eventually(held, 1));
	CHECK(eventually(domains, 2));
	seen = look(&all);
	CHECK_NUMBER(seen.count, 5);
	CHECK_NUMBER(seen.by_state[QUEUE_TAKEN], 2);
	CHECK_NUMBER(seen.by_state[QUEUE_HELD], 1);
	CHECK_NUMBER(seen.by_state[QUEUE_DEFERRED], 1);
	CHECK_NUMBER(seen.by_state[QUEUE_READY], 1);
	CHECK_NUMBER(look(&by_sender).count, 5);
	CHECK_NUMBER(look(&by_other).count, 0);
	by_domain.domain = SLICE("x.test");
	CHECK_NUMBER(look(&by_domain).count, 4);
	by_id.id = message_id_slice(&id);
	CHECK_NUMBER(look(&by_id).count, 2);
	all.state_set = true;
	all.state = QUEUE_HELD;
	CHECK_NUMBER(look(&all).count, 1);
	CHECK(queue_count(place.queue, by_state, largest, &count,
		deadline_after_ms(PATIENCE_MS)));
	CHECK_NUMBER(by_state[QUEUE_READY], 1);
	CHECK_NUMBER(by_state[QUEUE_TAKEN], 2);
	CHECK_NUMBER(by_state[QUEUE_DEFERRED], 1);
	CHECK_NUMBER(by_state[QUEUE_HELD], 1);
	CHECK_NUMBER(count, 2);
	CHECK_NUMBER(largest[0].count, 3);
	CHECK(strcmp(largest[0].domain, "x.test") == 0);
	CHECK(queue_ages(place.queue, &ages, deadline_after_ms(PATIENCE_MS)));
	CHECK_NUMBER(ages.count, 5);
	for (size_t i = 0; i < ages.count; i++)
		CHECK(ages.ages_ms[i] >= 0 && ages.ages_ms[i] < PATIENCE_MS);
	CHECK(ages.late_ms >= 0 && ages.late_ms < PATIENCE_MS);
	memory_free(ages.ages_ms);
}

CASE("lists by id, domain, sender, state; counts without a scan")
{
	with_place(listed);
}

static void damaged(void)
{
	struct queue_selector all = {0};
	uint64_t changed;
	char command[256];
	struct message_id id = queue_new_id(place.queue);
	unsigned shard = message_id_shard(&id);

	snprintf(command, sizeof(command),
		"HSET '{rp:%02u}:entries' %s \"$(printf '\\001\\006x.testrubbish')\"",
		shard, id.text);
	CHECK_SLICE(slice_of(server_ask(&server, command)), "1");
	snprintf(command, sizeof(command), "ZADD '{rp:%02u}:due:x.test' 1 %s", shard,
		id.text);
	server_ask(&server, command);
	snprintf(command, sizeof(command), "ZADD '{rp:%02u}:domains' 1 x.test", shard);
	server_ask(&server, command);
	place_wind(&place, 0);
	CHECK(eventually(held, 1));
	CHECK_NUMBER(place.ready_count, 0);
	CHECK_NUMBER(look(&all).by_state[QUEUE_HELD], 1);
	CHECK(queue_act(place.queue, &(struct queue_wish){.action = QUEUE_DROP}, &all,
		&changed, deadline_after_ms(PATIENCE_MS)));
	CHECK_NUMBER(changed, 1);
	CHECK_NUMBER(entries(), 0);
}

CASE("an entry that cannot be understood is held, shown, and can be dropped")
{
	with_place(damaged);
}

struct heard {
	unsigned done, later, not ;
};

static void hear(void *context, const struct entry *entry, enum queue_told how)
{
	struct heard *heard = context;

	CHECK(entry);
	heard->done += how == QUEUE_TOLD_DONE;
	heard->later += how == QUEUE_TOLD_LATER;
	heard->not += how == QUEUE_TOLD_NOT;
}

static struct heard act(struct queue_wish wish, const struct queue_selector *selector)
{
	struct heard heard = {0};
	uint64_t changed = 0;

	wish.told = hear;
	wish.context = &heard;
	CHECK(queue_act(place.queue, &wish, selector, &changed,
		deadline_after_ms(PATIENCE_MS)));
	CHECK_NUMBER(changed, heard.done + heard.later);
	return heard;
}

static struct heard reschedule(int64_t due_ms, const struct queue_selector *selector)
{
	return act((struct queue_wish){.action = QUEUE_RESCHEDULE,
			   .by_sender = true,
			   .due_ms = due_ms,
			   .expire_ms = 1000},
		selector);
}

static bool see_times(void *context, const struct queue_item *item)
{
	int64_t due_ms = *(int64_t *)context;
	const struct entry *entry = item->entry;

	CHECK_NUMBER(item->state, QUEUE_HELD);
	CHECK_NUMBER(entry->due_ms, due_ms);
	CHECK_NUMBER(entry->message->envelope.expires_ms, due_ms + 1000);
	CHECK(slice_starts(
		entry->notes[entry->note_count - 1].answer, SLICE("held until 20")));
	return true;
}

static void rescheduled(void)
{
	int64_t soon = worker_wall_ms() + 3600000, later = soon + 3600000;
	struct queue_wish hold = {.action = QUEUE_HOLD};
	struct queue_wish release = {.action = QUEUE_RELEASE};
	struct queue_selector by_id = {0}, by_domain = {.domain = SLICE("x.test")};
	struct message_id id;

	place.wanted = 0;
	CHECK(place_send(&place, "a@x.test b@y.test", SLICE("1\r\n"), &id,
		deadline_after_ms(PATIENCE_MS)));
	by_id.id = message_id_slice(&id);
	CHECK_NUMBER(reschedule(soon, &by_id).done, 2);
	CHECK_NUMBER(held(), 2);
	CHECK_NUMBER(domains(), 0);
	CHECK(queue_each(
		place.queue, &by_id, see_times, &soon, deadline_after_ms(PATIENCE_MS)));
	CHECK_NUMBER(reschedule(later, &by_id).done, 2);
	CHECK(queue_each(place.queue, &by_id, see_times, &later,
		deadline_after_ms(PATIENCE_MS)));
	/* By hand is by hand. */
	CHECK_NUMBER(act(release, &by_domain).done, 1);
	CHECK_NUMBER(act(hold, &by_domain).done, 1);
	CHECK_NUMBER(reschedule(soon, &by_id).done, 1);
	CHECK_NUMBER(reschedule(soon, &by_domain).not, 1);
	CHECK_NUMBER(act(release, &by_domain).done, 1);
	/* Over is now; and what is being delivered is left alone. */
	CHECK_NUMBER(reschedule(1, &by_id).done, 2);
	CHECK_NUMBER(held(), 0);
	place.wanted = 10;
	place_wind(&place, 0);
	CHECK(place_await(&place, 2));
	CHECK_NUMBER(reschedule(soon, &by_id).not, 2);
	CHECK_NUMBER(entries(), 2);
}

CASE("rescheduled: held until another time, or due now; not by hand, not in delivery")
{
	with_place(rescheduled);
}

static void canceled(void)
{
	struct queue_wish drop = {.action = QUEUE_DROP, .by_sender = true};
	struct queue_selector all = {0};
	struct heard heard;

	CHECK(send("a@x.test"));
	CHECK(send("b@x.test"));
	CHECK(send("c@x.test"));
	CHECK(place_await(&place, 3));
	/* One stays, two are being settled: one to be tried again, one for good. */
	queue_defer(place.queue, place_take(&place), worker_wall_ms() + 60000);
	queue_settle(place.queue, place_take(&place));
	heard = act(drop, &all);
	CHECK_NUMBER(heard.done, 1);
	CHECK_NUMBER(heard.later, 1);
	CHECK_NUMBER(entries(), 1);
	queue_put_back(place.queue, place_take(&place), worker_wall_ms());
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(domains(), 0);
}

CASE("what is just being settled is dropped where it stands then")
{
	with_place(canceled);
}

int main(void)
{
	int result;

	offload_start(2, 64);
	server_start(&server, NULL);
	result = check_run();
	server_finish(&server);
	offload_stop();
	return result;
}
