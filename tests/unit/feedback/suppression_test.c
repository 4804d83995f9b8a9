/* The suppression list on a real Redis: two nodes, and what happens to it. */
#include "feedback/suppression.h"

#include "../queue/world.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "check.h"
#include "feedback/suppression_list.h"

#define SOON deadline_after_ms(PATIENCE_MS)
#define MOST 100000

static struct server server;

struct node {
	struct redis *redis;
	struct suppression *list;
	struct scope scope;
};
static struct node here, there;

static void node_open(struct node *node, uint64_t most)
{
	struct redis_options options = {.address = server.address, .timeout_ms = 10000};

	scope_init(&node->scope);
	node->redis = redis_open(&options, &node->scope);
	node->list = suppression_create();
	CHECK(suppression_start(node->list, node->redis, most, false, &node->scope));
}

static bool is_loaded(void *context)
{
	return suppression_is_loaded(((struct node *)context)->list);
}

static void node_close(struct node *node)
{
	suppression_stop(node->list, deadline_after_ms(2000));
	scope_finish(&node->scope, deadline_after_ms(0));
	redis_close(&node->redis);
	suppression_destroy(&node->list);
}

static bool eventually_true(bool (*holds)(void *context), struct node *node)
{
	struct deadline end = SOON;

	while (!holds(node) && !deadline_has_passed(end))
		rest_ms(5);
	return holds(node);
}

static void (*body_now)(void);

static void run_in_worker(void *arg)
{
	uint64_t most = *(uint64_t *)arg;

	event_set_level(EVENT_ERROR);
	node_open(&here, most);
	node_open(&there, most);
	CHECK(eventually_true(is_loaded, &here));
	CHECK(eventually_true(is_loaded, &there));
	body_now();
	node_close(&here);
	node_close(&there);
}

static void with_nodes(uint64_t most, void (*body)(void))
{
	struct worker *worker;

	server_start(&server, "--appendonly yes");
	body_now = body;
	worker = worker_create(&(struct worker_options){.fibers_max = 1000});
	worker_run(worker, run_in_worker, &most);
	worker_destroy(&worker);
	server_finish(&server);
}

static bool add(struct node *node, const char *tenant, const char *address,
	enum suppression_reason reason, int64_t for_ms)
{
	struct suppression_entry entry = {.tenant = slice_of(tenant),
		.address = slice_of(address),
		.reason = reason,
		.until_ms = for_ms ? worker_wall_ms() + for_ms : 0,
		.detail = SLICE("said so")};
	size_t added = 0;

	return CHECK(suppression_add(
		       node->list, node->redis, &entry, 1, &added, SOON)) &&
	       added == 1;
}

static bool removes(struct node *node, const char *tenant, const char *address)
{
	bool was = false;

	CHECK(suppression_remove(node->list, node->redis, slice_of(tenant),
		slice_of(address), &was, SOON));
	return was;
}

static struct suppression_found found;

static bool finds(struct node *node, const char *tenant, const char *address)
{
	return suppression_find(
		node->list, slice_of(tenant), slice_of(address), &found);
}

/* Whether NODE comes to say WANT of it; how long that took. */
static bool comes(struct node *node, const char *tenant, const char *address, bool want)
{
	struct deadline end = SOON;

	while (finds(node, tenant, address) != want && !deadline_has_passed(end))
		rest_ms(5);
	return finds(node, tenant, address) == want;
}

static void two_nodes(void)
{
	CHECK(!finds(&here, "acme", "j@example.com"));
	CHECK(add(&here, "acme", "J@Example.com", SUPPRESSION_HARD_BOUNCE, 3600000));
	/* At once where it was added. */
	CHECK(finds(&here, "acme", "j@example.com"));
	CHECK_NUMBER(found.reason, SUPPRESSION_HARD_BOUNCE);
	CHECK(found.until_ms > worker_wall_ms() && !found.everybody && !found.domain);
	CHECK(!finds(&here, "", "j@example.com"));
	CHECK(!finds(&here, "other", "j@example.com"));
	CHECK(comes(&there, "acme", "j@example.com", true));

	CHECK(add(&there, "", "all@example.com", SUPPRESSION_MANUAL, 0));
	CHECK(comes(&here, "acme", "all@example.com", true));
	CHECK(found.everybody && found.until_ms == 0);
	CHECK(finds(&here, "", "ALL@example.COM"));

	CHECK(add(&there, "acme", "@gone.example", SUPPRESSION_MANUAL, 0));
	CHECK(comes(&here, "acme", "anyone@gone.example", true));
	CHECK(found.domain && !found.everybody);
	CHECK(!finds(&here, "acme", "anyone@sub.gone.example"));
	CHECK(!finds(&here, "", "anyone@gone.example"));

	CHECK(removes(&here, "acme", "j@example.com"));
	CHECK(!finds(&here, "acme", "j@example.com"));
	CHECK(comes(&there, "acme", "j@example.com", false));
	CHECK(!removes(&here, "acme", "j@example.com"));
	CHECK(removes(&here, "", "all@example.com"));
	CHECK(comes(&there, "", "all@example.com", false));
	CHECK_NUMBER(suppression_figures(here.list).entries, 1);
}

CASE("two nodes: what one adds or removes, the other knows")
{
	with_nodes(MOST, two_nodes);
}

static void rank(void)
{
	CHECK(add(&here, "", "a@x.test", SUPPRESSION_HARD_BOUNCE, 3600000));
	CHECK(!add(&here, "", "a@x.test", SUPPRESSION_SOFT_BOUNCE, 60000));
	CHECK(finds(&here, "", "a@x.test"));
	CHECK_NUMBER(found.reason, SUPPRESSION_HARD_BOUNCE);
	CHECK(add(&here, "", "a@x.test", SUPPRESSION_MANUAL, 0));
	CHECK(!add(&here, "", "a@x.test", SUPPRESSION_HARD_BOUNCE, 3600000));
	CHECK(add(&here, "", "a@x.test", SUPPRESSION_COMPLAINT, 0));
	CHECK(!add(&here, "", "a@x.test", SUPPRESSION_IMPORTED, 0));
	CHECK(add(&here, "", "a@x.test", SUPPRESSION_UNSUBSCRIBE, 0));
	CHECK(finds(&here, "", "a@x.test"));
	CHECK_NUMBER(found.reason, SUPPRESSION_UNSUBSCRIBE);
}

CASE("of two entries for one address the longer one stays")
{
	with_nodes(MOST, rank);
}

static size_t seen;
static char said[200];

static bool see(
	void *context, const struct suppression_entry *entry, struct deadline deadline)
{
	(void)context;
	(void)deadline;
	seen++;
	snprintf(said, sizeof(said), "%.*s %.*s %s %.*s", SLICE_PRINT(entry->tenant),
		SLICE_PRINT(entry->address), suppression_reason_name(entry->reason),
		SLICE_PRINT(entry->detail));
	return true;
}

static bool is_empty(void *context)
{
	(void)context;
	return strcmp(server_ask(&server, "hlen {rp:suppression}:entries"), "0") == 0;
}

static void expire(void)
{
	CHECK(add(&here, "", "short@x.test", SUPPRESSION_MANUAL, 2000));
	CHECK(finds(&here, "", "short@x.test"));
	CHECK(comes(&here, "", "short@x.test", false));
	/* … and is swept out. */
	CHECK(eventually_true(is_empty, &here));
	CHECK_SLICE(
		slice_of(server_ask(&server, "hlen {rp:suppression}:details")), "0");
	for (unsigned i = 0; i < 200 && suppression_figures(here.list).entries; i++)
		rest_ms(100);
	CHECK_NUMBER(suppression_figures(here.list).entries, 0);
}

CASE("an entry ends at its time, in memory and in Redis")
{
	with_nodes(MOST, expire);
}

static void look(void)
{
	struct suppression_query query = {
		.tenant_given = true, .tenant = SLICE("acme")};

	CHECK(add(&here, "acme", "a@x.test", SUPPRESSION_MANUAL, 0));
	CHECK(add(&here, "", "b@x.test", SUPPRESSION_IMPORTED, 0));
	CHECK(add(&here, "", "@x.test", SUPPRESSION_COMPLAINT, 0));
	seen = 0;
	CHECK(suppression_walk(here.redis, &query, see, NULL, SOON));
	CHECK_NUMBER(seen, 1);
	CHECK_SLICE(slice_of(said), "acme a@x.test manual said so");
	query = (struct suppression_query){
		.reason_given = true, .reason = SUPPRESSION_IMPORTED};
	CHECK(suppression_walk(here.redis, &query, see, NULL, SOON));
	CHECK_NUMBER(seen, 2);
	query = (struct suppression_query){.reason_given = false};
	CHECK(suppression_walk(here.redis, &query, see, NULL, SOON));
	CHECK_NUMBER(seen, 5);
	seen = 0;
	CHECK(suppression_visit(
		here.redis, SLICE("acme"), SLICE("A@x.test"), see, NULL, SOON));
	CHECK_NUMBER(seen, 2);
	CHECK_SLICE(slice_of(said), " @x.test complaint said so");
	CHECK(suppression_visit(
		here.redis, SLICE_EMPTY, SLICE("@x.test"), see, NULL, SOON));
	CHECK_NUMBER(seen, 3);
	CHECK(!suppression_visit(
		here.redis, SLICE_EMPTY, SLICE("x.test"), see, NULL, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
}

CASE("looking at it")
{
	with_nodes(MOST, look);
}

static enum suppression_answer asks(
	struct suppression *list, const char *tenant, const char *address)
{
	return suppression_ask(
		list, here.redis, slice_of(tenant), slice_of(address), &found, SOON);
}

static void before_it_is_loaded(void)
{
	struct suppression *blank = suppression_create();

	CHECK(add(&here, "acme", "a@x.test", SUPPRESSION_COMPLAINT, 0));
	CHECK(add(&here, "", "@y.test", SUPPRESSION_MANUAL, 0));
	CHECK(!suppression_find(blank, SLICE("acme"), SLICE("a@x.test"), &found));
	CHECK_NUMBER(asks(blank, "acme", "A@x.test"), SUPPRESSION_YES);
	CHECK(found.reason == SUPPRESSION_COMPLAINT && !found.everybody);
	CHECK_NUMBER(asks(blank, "acme", "b@y.test"), SUPPRESSION_YES);
	CHECK(found.everybody && found.domain);
	CHECK_NUMBER(asks(blank, "", "a@x.test"), SUPPRESSION_NO);
	server_kill(&server);
	/* Loaded, of memory: Redis is not asked. */
	CHECK_NUMBER(asks(here.list, "acme", "a@x.test"), SUPPRESSION_YES);
	CHECK_NUMBER(asks(blank, "acme", "a@x.test"), SUPPRESSION_UNKNOWN);
	server_start(&server, "--appendonly yes");
	suppression_destroy(&blank);
}

CASE("before the list is loaded Redis is asked")
{
	with_nodes(MOST, before_it_is_loaded);
}

static void gap(void)
{
	CHECK(add(&here, "", "a@x.test", SUPPRESSION_MANUAL, 0));
	CHECK(comes(&there, "", "a@x.test", true));
	/* As if somebody had been away for long. */
	server_ask(&server, "hdel {rp:suppression}:entries ' a@x.test'");
	server_ask(&server, "hset {rp:suppression}:entries ' b@x.test' 'manual 1 0'");
	server_ask(&server, "del {rp:suppression}:changes");
	CHECK(comes(&there, "", "b@x.test", true));
	CHECK(comes(&there, "", "a@x.test", false));
	CHECK(comes(&here, "", "b@x.test", true));
	/* The functions are gone, too: nobody notices. */
	server_ask(&server, "flushall");
	server_ask(&server, "function flush");
	CHECK(comes(&here, "", "b@x.test", false));
	CHECK(comes(&there, "", "b@x.test", false));
	server_ask(&server, "function flush");
	CHECK(add(&here, "", "c@x.test", SUPPRESSION_MANUAL, 0));
	CHECK(comes(&there, "", "c@x.test", true));
}

CASE("who is too far behind, or has another Redis before it, reads all")
{
	with_nodes(MOST, gap);
}

static struct config_suppression config = {
	.hard_bounces = SUPPRESS_TENANT,
	.hard_bounces_for_ms = 3600000,
	.complaints = SUPPRESS_EVERYBODY,
	.soft_bounces = 3,
	.soft_bounces_within_ms = 3600000,
	.soft_bounces_for_ms = 60000,
};

static bool reports(enum suppression_reason reason, const char *address, const char *id)
{
	struct suppression_report report = {.reason = reason,
		.tenant = SLICE("acme"),
		.address = slice_of(address),
		.message = slice_of(id),
		.detail = SLICE("550 no\r\nsuch user")};
	bool entered = false;

	CHECK(suppression_report(
		here.list, here.redis, &config, &report, &entered, SOON));
	return entered;
}

static void by_configuration(void)
{
	CHECK(reports(SUPPRESSION_HARD_BOUNCE, "h@x.test", "1"));
	CHECK(finds(&here, "acme", "h@x.test"));
	CHECK(found.until_ms > worker_wall_ms() + 3590000 && !found.everybody);
	CHECK(!finds(&here, "", "h@x.test"));
	CHECK(suppression_visit(
		here.redis, SLICE("acme"), SLICE("h@x.test"), see, NULL, SOON));
	CHECK_SLICE(slice_of(said), "acme h@x.test hard-bounce 550 no??such user");
	CHECK(reports(SUPPRESSION_COMPLAINT, "c@x.test", "2"));
	CHECK(finds(&here, "other", "c@x.test") && found.everybody && !found.until_ms);
	CHECK(reports(SUPPRESSION_UNSUBSCRIBE, "u@x.test", "3"));
	CHECK(finds(&here, "acme", "u@x.test") && !found.everybody);
	config.hard_bounces = SUPPRESS_NONE;
	CHECK(!reports(SUPPRESSION_HARD_BOUNCE, "n@x.test", "4"));
	CHECK(!finds(&here, "acme", "n@x.test"));
	config.hard_bounces = SUPPRESS_TENANT;
}

CASE("what the configuration makes of a report")
{
	with_nodes(MOST, by_configuration);
}

static void soft(void)
{
	CHECK(!reports(SUPPRESSION_SOFT_BOUNCE, "s@x.test", "1"));
	CHECK(!reports(SUPPRESSION_SOFT_BOUNCE, "s@x.test", "2"));
	/* The same again does not count. */
	CHECK(!reports(SUPPRESSION_SOFT_BOUNCE, "s@x.test", "2"));
	CHECK(!finds(&here, "acme", "s@x.test"));
	CHECK(reports(SUPPRESSION_SOFT_BOUNCE, "s@x.test", "3"));
	CHECK(finds(&here, "acme", "s@x.test"));
	CHECK_NUMBER(found.reason, SUPPRESSION_SOFT_BOUNCE);
	CHECK_SLICE(slice_of(server_ask(&server, "hlen {rp:suppression}:soft")), "0");
	/* Those of before the time that counts do not. */
	server_ask(&server, "hset {rp:suppression}:soft 'acme o@x.test' '2 1000 8'");
	CHECK(!reports(SUPPRESSION_SOFT_BOUNCE, "o@x.test", "9"));
	CHECK(!reports(SUPPRESSION_SOFT_BOUNCE, "o@x.test", "10"));
	CHECK(reports(SUPPRESSION_SOFT_BOUNCE, "o@x.test", "11"));
	config.soft_bounces = 0;
	CHECK(!reports(SUPPRESSION_SOFT_BOUNCE, "p@x.test", "1"));
	config.soft_bounces = 1;
	CHECK(reports(SUPPRESSION_SOFT_BOUNCE, "p@x.test", "1"));
	config.soft_bounces = 3;
}

CASE("so many soft bounces within so much time")
{
	with_nodes(MOST, soft);
}

/* Of NAME, or of NAME and NUMBER @x.test; the message has the number. */
static void note(enum suppression_reason reason, const char *name, unsigned number)
{
	char text[64], id[16];
	struct suppression_report report = {.reason = reason, .tenant = SLICE("acme")};

	if (strchr(name, '@'))
		snprintf(text, sizeof(text), "%s", name);
	else
		snprintf(text, sizeof(text), "%s%u@x.test", name, number);
	snprintf(id, sizeof(id), "m%u", number);
	report.address = slice_of(text);
	report.message = slice_of(id);
	report.detail = SLICE("550 5.1.1");
	suppression_note(here.list, &config, &report);
}

static void notes(void)
{
	for (unsigned i = 0; i < 2500; i++)
		note(SUPPRESSION_HARD_BOUNCE, "u", i);
	note(SUPPRESSION_HARD_BOUNCE, "no address ", 1);
	for (unsigned i = 0; i < 3; i++)
		note(SUPPRESSION_SOFT_BOUNCE, "soft@x.test", i);
	CHECK(comes(&here, "acme", "soft@x.test", true));
	CHECK(finds(&here, "acme", "u0@x.test"));
	CHECK(finds(&here, "acme", "u2499@x.test"));
	CHECK(comes(&there, "acme", "u2499@x.test", true));
	CHECK_NUMBER(suppression_figures(here.list).waiting, 0);
	CHECK_NUMBER(suppression_figures(here.list).entries, 2501);
}

CASE("noted in passing, written in the background")
{
	with_nodes(MOST, notes);
}

static void without_redis(void)
{
	struct suppression_entry entry = {
		.address = SLICE("b@x.test"), .reason = SUPPRESSION_MANUAL};

	CHECK(add(&here, "", "a@x.test", SUPPRESSION_MANUAL, 0));
	CHECK(comes(&there, "", "a@x.test", true));
	server_kill(&server);
	for (unsigned i = 0; i < 2000 && redis_is_up(here.redis); i++)
		rest_ms(10);
	CHECK(finds(&here, "", "a@x.test"));
	CHECK(!suppression_add(here.list, here.redis, &entry, 1, NULL, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_STORE);
	for (unsigned i = 0; i < 30000; i++)
		note(SUPPRESSION_HARD_BOUNCE, "u", i);
	CHECK_NUMBER(suppression_figures(here.list).waiting, 20000);
	CHECK_NUMBER(suppression_figures(here.list).lost, 10000);
	CHECK(finds(&here, "", "a@x.test"));
	server_start(&server, "--appendonly yes");
	CHECK(comes(&here, "acme", "u19999@x.test", true));
	CHECK(comes(&there, "acme", "u19999@x.test", true));
	CHECK(finds(&here, "acme", "u0@x.test"));
	CHECK(finds(&there, "", "a@x.test"));
	CHECK(suppression_add(here.list, here.redis, &entry, 1, NULL, SOON));
}

CASE("Redis is away: the list holds, notes wait, nothing else can be added")
{
	with_nodes(MOST, without_redis);
}

static void full(void)
{
	struct suppression_entry list[5] = {{.tenant = SLICE_EMPTY}};
	static const char *const names[] = {
		"a@x.test", "b@x.test", "c@x.test", "d@x.test", "a@x.test"};
	size_t added = 0;

	for (size_t i = 0; i < 5; i++) {
		list[i].address = slice_of(names[i]);
		list[i].reason = SUPPRESSION_IMPORTED;
	}
	CHECK(!suppression_add(here.list, here.redis, list, 5, &added, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	CHECK_NUMBER(added, 3);
	/* What is there may change, and what goes makes room. */
	CHECK(add(&here, "", "a@x.test", SUPPRESSION_COMPLAINT, 0));
	CHECK(!reports(SUPPRESSION_HARD_BOUNCE, "e@x.test", "1"));
	CHECK(removes(&here, "", "b@x.test"));
	CHECK(reports(SUPPRESSION_HARD_BOUNCE, "e@x.test", "1"));
}

CASE("full: nothing else enters, and that is said")
{
	with_nodes(3, full);
}

CHECK_MAIN()
