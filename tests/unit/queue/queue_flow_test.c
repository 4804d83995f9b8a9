/*
 * Flows in the queue: what one tenant or stream has waiting does not stand before
 * another's; and a queue of the schema without flows is taken over.
 */
#include <stdio.h>

#include "base/failure.h"
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

static uint64_t schedules(void)
{
	return server_sum(&server, "ZCARD", "domains", 8);
}

static uint64_t flows(void)
{
	return server_sum(&server, "SCARD", "flows:x.test", 8);
}

/* A message of FLOW ("tenant/stream/priority") to ADDRESS. */
static bool send(const char *flow, const char *address)
{
	struct entry *list[16];
	size_t count;
	struct message *message = place_message(
		&place, address, SLICE("hello\r\n"), list, &count);
	struct flow_parts parts;
	bool safe;

	CHECK(flow_parse(slice_of(flow), &parts));
	message->envelope.tenant = parts.tenant;
	message->envelope.stream = parts.stream;
	message->envelope.priority = parts.priority;
	safe = queue_commit(
		place.queue, message, list, count, deadline_after_ms(PATIENCE_MS));
	message_release(&message);
	return safe;
}

static bool send_many(const char *flow, const char *address, size_t count)
{
	while (count--)
		if (!send(flow, address))
			return false;
	return true;
}

static void settle_one(const char *flow)
{
	struct entry *entry = place_take(&place);
	char text[FLOW_SIZE_MAX + 1];

	if (!CHECK(entry != NULL))
		return;
	CHECK_SLICE(entry_flow(entry, text), flow);
	queue_settle(place.queue, entry);
}

static void apart(void)
{
	place.wanted = 0;
	CHECK(send_many("a/bulk", "a@x.test", 400));
	CHECK(send_many("", "a@x.test", 20));
	CHECK(send_many("b/transactional", "a@x.test", 3));
	CHECK(send_many("b/transactional/5", "a@x.test", 2));
	CHECK(send("a/bulk", "a@y.test"));
	CHECK_NUMBER(entries(), 426);
	CHECK(flows() > 0);
	rest_ms(200);
	CHECK_NUMBER(place.ready_count, 0);
	/* Behind four hundred of another, it is there at once. */
	place.wanted = 1000;
	place.flow = "b/transactional";
	queue_want(place.queue, SLICE("x.test"));
	CHECK(place_await(&place, 3));
	for (int i = 0; i < 3; i++)
		settle_one("b/transactional");
	place.flow = "b/transactional/5";
	queue_want(place.queue, SLICE("x.test"));
	CHECK(place_await(&place, 5));
	settle_one("b/transactional/5");
	settle_one("b/transactional/5");
	place.flow = "";
	queue_want(place.queue, SLICE("x.test"));
	CHECK(place_await(&place, 25));
	for (int i = 0; i < 20; i++)
		settle_one("");
	place.settles = true;
	place.flow = NULL;
	queue_want(place.queue, SLICE("x.test"));
	queue_want(place.queue, SLICE("y.test"));
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(schedules(), 0);
	CHECK_NUMBER(flows(), 0);
}

CASE("a flow does not wait behind another's backlog, nor leaves anything behind")
{
	with_place(apart);
}

static void in_a_room(void)
{
	struct list room;

	list_init(&room);
	place.wanted = 0;
	place.room = &room;
	CHECK(send_many("a/bulk", "a@x.test", 30));
	CHECK(send_many("c/bulk", "a@x.test", 30));
	rest_ms(200);
	CHECK_NUMBER(place.ready_count, 0);
	CHECK_NUMBER(list_count(&room), 2);
	/* Its domain is wanted, but it waits elsewhere. */
	queue_want(place.queue, SLICE("x.test"));
	CHECK_NUMBER(list_count(&room), 2);
	place.wanted = 7;
	place.settles = true;
	queue_want_room(place.queue, &room);
	CHECK(list_is_empty(&room));
	CHECK(eventually(entries, 0));
	CHECK(list_is_empty(&room));
	place.room = NULL;
}

CASE("a backlog waits in the taker's list until that has room")
{
	with_place(in_a_room);
}

static void put_off(void)
{
	queue_postpone(place.queue, SLICE("x.test"), worker_wall_ms() + 3600000);
	CHECK(send("a/bulk", "a@x.test"));
	CHECK(send("b/transactional", "a@x.test"));
	CHECK(send("", "a@x.test"));
	CHECK(send("a/bulk", "a@y.test"));
	CHECK(place_await(&place, 1));
	rest_ms(300);
	CHECK_NUMBER(place.ready_count, 1);
	queue_postpone(place.queue, SLICE("x.test"), 0);
	CHECK(place_await(&place, 4));
}

CASE("a domain is put off, and wanted again, with all its flows")
{
	with_place(put_off);
}

static void deferred(void)
{
	struct entry *entry;

	CHECK(send("a/bulk/-2", "a@x.test"));
	CHECK(place_await(&place, 1));
	entry = place_take(&place);
	entry->attempts = 1;
	queue_defer(place.queue, entry, worker_wall_ms() + 600000);
	CHECK(eventually(schedules, 1));
	CHECK_NUMBER(flows(), 1);
	place_wind(&place, 600001);
	CHECK(place_await(&place, 2));
	CHECK_NUMBER(flows(), 0);
	settle_one("a/bulk/-2");
	CHECK(eventually(entries, 0));
}

CASE("what is tried again comes in its flow")
{
	with_place(deferred);
}

static uint64_t act(const struct queue_wish *wish, const struct queue_selector *which)
{
	uint64_t changed = 0;

	CHECK(queue_act(
		place.queue, wish, which, &changed, deadline_after_ms(PATIENCE_MS)));
	return changed;
}

static bool add_one(void *context, const struct queue_item *item)
{
	size_t *count = context;

	(void)item;
	++*count;
	return true;
}

static size_t look(const struct queue_selector *which)
{
	size_t count = 0;

	CHECK(queue_each(
		place.queue, which, add_one, &count, deadline_after_ms(PATIENCE_MS)));
	return count;
}

static void selected(void)
{
	static const struct {
		struct queue_selector which;
		size_t count;
	} table[] = {
		{{.tenant = {"a", 1}}, 31},
		{{.tenant = {"A", 1}, .stream = {"bulk", 4}}, 30},
		{{.stream = {"bulk", 4}}, 32},
		{{.stream = {"bulk", 4}, .domain = {"y.test", 6}}, 10},
		{{.tenant = {"b", 1}, .domain = {"y.test", 6}}, 0},
		{{.domain = {"x.test", 6}}, 24},
		{{.tenant = {"c", 1}}, 0},
		{{.tag = {"spring", 6}}, 0},
		{{.sender = {"@example.test", 13}, .tenant = {"b", 1}}, 2},
	};
	struct queue_wish count = {.action = QUEUE_DROP, .dry_run = true};
	struct queue_wish drop = {.action = QUEUE_DROP};
	struct queue_wish hold = {.action = QUEUE_HOLD};
	struct queue_wish release = {.action = QUEUE_RELEASE};

	place.wanted = 0;
	CHECK(send_many("a/bulk", "a@x.test", 20));
	CHECK(send_many("a/bulk", "a@y.test", 10));
	CHECK(send_many("a/now/5", "a@x.test", 1));
	CHECK(send_many("b/bulk", "a@x.test", 2));
	CHECK(send_many("", "a@x.test", 1));
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		CHECK_NUMBER(look(&table[i].which), table[i].count);
		CHECK_NUMBER(act(&count, &table[i].which), table[i].count);
	}
	CHECK_NUMBER(entries(), 34);
	CHECK_NUMBER(act(&hold, &table[3].which), 10);
	CHECK_NUMBER(act(&hold, &table[3].which), 0);
	CHECK_NUMBER(look(&table[3].which), 10);
	CHECK_NUMBER(act(&release, &table[2].which), 10);
	CHECK_NUMBER(act(&drop, &table[1].which), 30);
	CHECK_NUMBER(entries(), 4);
	CHECK_NUMBER(
		act(&drop, &(struct queue_selector){.domain = SLICE("x.test")}), 4);
	CHECK_NUMBER(entries(), 0);
	CHECK_NUMBER(schedules(), 0);
	CHECK_NUMBER(flows(), 0);
}

CASE("by tenant, stream, domain and together: counted, held, released, dropped")
{
	with_place(selected);
}

static bool is_bound(void *context, const struct queue_item *item)
{
	size_t *bound = context;

	*bound += slice_equal(item->entry->pool, SLICE("warm")) &&
		  slice_equal(item->entry->route, SLICE("smtp.example.net"));
	return true;
}

static void rebound(void)
{
	struct slice pool = SLICE("warm"), route = SLICE("smtp.example.net");
	struct queue_wish rebind = {
		.action = QUEUE_REBIND, .pool = &pool, .route = &route};
	struct queue_selector of_a = {.tenant = SLICE("a")};
	struct entry *entry;
	size_t bound = 0;

	CHECK(send("a/bulk", "a@x.test"));
	CHECK(place_await(&place, 1)); /* it is being delivered */
	place.wanted = 0;
	CHECK(send_many("a/bulk", "a@x.test", 5));
	CHECK(send_many("b/bulk", "a@x.test", 5));
	CHECK_NUMBER(act(&rebind, &of_a), 6);
	entry = place_take(&place);
	queue_put_back(place.queue, entry, worker_wall_ms() + 3600000);
	rest_ms(200);
	CHECK(queue_each(place.queue,
		&(struct queue_selector){.domain = SLICE("x.test")}, is_bound, &bound,
		deadline_after_ms(PATIENCE_MS)));
	CHECK_NUMBER(bound, 6);
	pool = route = SLICE_EMPTY;
	CHECK_NUMBER(act(&rebind, &of_a), 6);
	bound = 0;
	CHECK(queue_each(
		place.queue, &of_a, is_bound, &bound, deadline_after_ms(PATIENCE_MS)));
	CHECK_NUMBER(bound, 0);
}

CASE("rebound to a pool and a route: what waits, and what is being delivered")
{
	with_place(rebound);
}

/* As an earlier version has written it: no flow, schema 1, and its functions. */
static void make_old(void)
{
	for (unsigned shard = 0; shard < 8; shard++) {
		char command[512];

		snprintf(command, sizeof(command),
			"EVAL \"for _,k in ipairs(redis.call('HKEYS',KEYS[1])) do "
			"local p=redis.call('HGET',KEYS[1],k) "
			"local n=string.byte(p,2) "
			"redis.call('HSET',KEYS[1],k,'\\1'..string.sub(p,2,2+n).."
			"string.sub(p,4+n)) end\" 1 '{rp:%02u}:entries'",
			shard);
		server_ask(&server, command);
	}
	server_ask(&server, "HSET rp:meta schema 1");
	server_ask(&server, "FUNCTION DELETE ringpost_1");
}

static void old_queue(void)
{
	struct entry *entry;

	CHECK(send("", "ready@x.test"));
	CHECK(place_await(&place, 1)); /* and is left as being delivered */
	place.wanted = 0;
	CHECK(send_many("", "waits@x.test", 5));
	CHECK(send_many("", "waits@y.test", 3));
	entry = place_take(&place);
	entry->attempts = 3;
	CHECK(entry->recipient_count == 1);
	list_append(&place.ready, &entry->link);
	place_close(&place);
	CHECK_NUMBER(entries(), 9);
	make_old();
	CHECK(place_open(&place));
	place.wanted = 100;
	place.settles = true;
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(schedules(), 0);
	CHECK_SLICE(slice_of(server_ask(&server, "HGET rp:meta schema")), "2");
}

CASE("entries and schedules of the schema before are taken over and delivered")
{
	with_place(old_queue);
}

static void refused_flow(void)
{
	struct entry *list[16];
	size_t count;
	struct message *message = place_message(
		&place, "a@x.test", SLICE("x\r\n"), list, &count);

	message->envelope.tenant = SLICE("a b");
	CHECK(!queue_commit(
		place.queue, message, list, count, deadline_after_ms(PATIENCE_MS)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	message_release(&message);
}

CASE("a name that is no flow's is refused, not written")
{
	with_place(refused_flow);
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
