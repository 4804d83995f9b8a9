/* Events on their way to a real Redis: their order, outages, caps, its size. */
#include "events/events.h"

#include <signal.h>

#include "../queue/world.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "check.h"
#include "events/packed.h"
#include "events/reader.h"
#include "events/stream_size.h"

#define SOON deadline_after_ms(PATIENCE_MS)

static struct server server;
static struct config config;
static struct events_node *node;
static struct events *events;
static struct redis *redis;
static struct scope scope;
/* What Redis does not answer by then is sent again: only where that is wanted. */
static int64_t timeout_ms = PATIENCE_MS;

static void (*body_now)(void);

static void run_in_worker(void *arg)
{
	struct redis_options options = {
		.address = server.address, .timeout_ms = timeout_ms};

	scope_init(&scope);
	redis = redis_open(&options, &scope);
	CHECK(redis_wait_up(redis, SOON));
	events = events_open(node, &config, redis);
	body_now();
	events_close(&events, SOON);
	scope_finish(&scope, deadline_after_ms(0));
	redis_close(&redis);
}

static void with_events(void (*body)(void))
{
	struct worker *worker;

	event_set_level(EVENT_ERROR);
	if (!server.pid)
		server_start(&server, "");
	server_ask(&server, "flushall");
	if (!config.events.stream_size)
		config.events = (struct config_events){.stream = true,
			.stream_size = 4u << 20,
			.stream_keep_ms = 3600000};
	node = events_node_create(&config);
	CHECK(node != NULL);
	body_now = body;
	worker = worker_create(&(struct worker_options){.index = 0});
	worker_run(worker, run_in_worker, NULL);
	worker_destroy(&worker);
	events_node_destroy(&node);
}

static void raise_number(unsigned number)
{
	char name[24];
	int size = snprintf(name, sizeof(name), "m%u", number);

	events_raise(&(struct events_fact){
		.kind = EVENTS_DELIVERED, .message = slice_make(name, (size_t)size)});
}

static bool all_sent(void *context)
{
	return events_figures(node).waiting_bytes == 0 &&
	       events_figures(node).waiting_ms == 0;
}

/* The numbers in the stream, each once at its first place, are 0 … COUNT-1. */
static void check_stream(unsigned count, bool repeated)
{
	struct slice argv[] = {
		SLICE("XRANGE"), SLICE(EVENTS_STREAM), SLICE("-"), SLICE("+")};
	struct redis_reply *reply = NULL;
	struct unpacker *unpacker = unpacker_create(1u << 20);
	unsigned next = 0, packed = 0;
	bool good = true;

	CHECK(redis_call(redis, ARRAY_COUNT(argv), argv, &reply, SOON));
	for (size_t i = 0; i < redis_reply_count(reply); i++) {
		const struct redis_reply *fields = redis_reply_at(
			redis_reply_at(reply, i), 1);
		struct slice lines = redis_reply_text(redis_reply_at(fields, 1));

		if (slice_equal(redis_reply_text(redis_reply_at(fields, 0)),
			    SLICE(EVENTS_PACKED))) {
			lines = unpacker_lines(unpacker, lines);
			packed++;
		}
		while (lines.size) {
			struct slice line = slice_cut(&lines, '\n');
			struct slice mark = SLICE("\"message\":\"m");
			struct slice rest = slice_from(
				line, slice_find(line, mark) + mark.size);
			uint64_t number;

			good = good && slice_to_u64(slice_cut(&rest, '"'), &number);
			if (!good || number > next || (number < next && !repeated)) {
				CHECK_NUMBER(number, next);
				good = false;
				break;
			}
			next = (unsigned)number + 1;
		}
	}
	CHECK_NUMBER(next, count);
	CHECK((packed > 0) == (config.events.compress && count > 100));
	unpacker_destroy(&unpacker);
	redis_reply_free(&reply);
}

static void in_order(void)
{
	struct events_figures figures;

	for (unsigned i = 0; i < 5000; i++) {
		raise_number(i);
		if (i % 700 == 0)
			events_flush();
		if (i % 900 == 0)
			rest_ms(1);
	}
	CHECK(events_figures(node).waiting_ms >= 0);
	CHECK(eventually_holds(all_sent, NULL));
	check_stream(5000, false);
	figures = events_figures(node);
	CHECK_NUMBER(figures.raised, 5000);
	CHECK_NUMBER(figures.sent, 5000);
	CHECK_NUMBER(figures.dropped, 0);
	CHECK(figures.batches >= 7 && figures.batches < 100);
}

CASE("what is raised is in the stream, in its order, in few batches")
{
	with_events(in_order);
}

static void through_outage(void)
{
	raise_number(0);
	CHECK(eventually_holds(all_sent, NULL));
	server_kill(&server);
	for (unsigned i = 1; i < 2000; i++)
		raise_number(i);
	rest_ms(300);
	CHECK(events_figures(node).waiting_ms > 0);
	server_start(&server, "--appendonly yes --appendfsync always");
	CHECK(eventually_holds(all_sent, NULL));
	check_stream(2000, false);
}

CASE("Redis away: they wait, and come in order")
{
	if (server.pid)
		server_kill(&server);
	server_start(&server, "--appendonly yes --appendfsync always");
	with_events(through_outage);
}

static void awaited(void)
{
	CHECK(events_await(deadline_none()));
	for (unsigned i = 0; i < 3; i++)
		raise_number(i);
	CHECK(events_await(deadline_none()));
	CHECK_NUMBER(events_figures(node).sent, 3);
	raise_number(3);
	server_kill(&server);
	CHECK(!events_await(deadline_after_ms(300)));
	server_start(&server, "--appendonly yes --appendfsync always");
	CHECK(eventually_holds(all_sent, NULL));
	check_stream(4, false);
}

CASE("whoever waits for them knows that they are there, or not")
{
	with_events(awaited);
}

/* Redis has what it read before it froze, but we never heard so. */
static void frozen(void)
{
	unsigned number = 0;

	kill(server.pid, SIGSTOP);
	while (number < 50) {
		raise_number(number++);
		events_flush();
	}
	rest_ms(2500);
	while (number < 100)
		raise_number(number++);
	kill(server.pid, SIGCONT);
	CHECK(eventually_holds(all_sent, NULL));
	check_stream(100, true);
	CHECK_NUMBER(events_figures(node).dropped, 0);
}

CASE("an outcome nobody knows: they may come twice, none is missing")
{
	timeout_ms = 1000;
	with_events(frozen);
	timeout_ms = PATIENCE_MS;
}

static void refused(void)
{
	server_ask(&server, "config set maxmemory 1");
	raise_number(0);
	raise_number(1);
	rest_ms(200);
	CHECK_NUMBER(events_figures(node).sent, 0);
	CHECK(events_figures(node).waiting_bytes > 0);
	raise_number(2);
	server_ask(&server, "config set maxmemory 0");
	CHECK(eventually_holds(all_sent, NULL));
	check_stream(3, false);
}

CASE("Redis refuses them: tried again")
{
	with_events(refused);
}

static char long_reason[4000];

static void overfull(void)
{
	struct events_figures figures;
	unsigned count = 4 * EVENTS_MEMORY / sizeof(long_reason);

	memset(long_reason, 'x', sizeof(long_reason));
	server_ask(&server, "config set maxmemory 1");
	raise_number(0);
	rest_ms(100);
	for (unsigned i = 0; i < count; i++)
		events_raise(&(struct events_fact){.kind = EVENTS_DELAYED,
			.reason = slice_make(long_reason, sizeof(long_reason))});
	figures = events_figures(node);
	CHECK_NUMBER(figures.raised, count + 1);
	CHECK(figures.dropped > count / 4 && figures.dropped < count);
	CHECK(figures.waiting_bytes <= EVENTS_MEMORY + (1u << 20));
	server_ask(&server, "config set maxmemory 0");
	CHECK(eventually_holds(all_sent, NULL));
	figures = events_figures(node);
	CHECK_NUMBER(figures.sent + figures.dropped, figures.raised);
	raise_number(1);
	CHECK(eventually_holds(all_sent, NULL));
	CHECK_NUMBER(events_figures(node).dropped, figures.dropped);
}

CASE("the cap of what waits: more is counted and dropped")
{
	with_events(overfull);
}

static uint64_t stream_length(void)
{
	uint64_t number = 0;

	slice_to_u64(slice_of(server_ask(&server, "xlen " EVENTS_STREAM)), &number);
	return number;
}

static bool has_marks(void *context)
{
	uint64_t number = 0;

	slice_to_u64(slice_of(server_ask(&server, "llen " EVENTS_MARKS)), &number);
	return number >= 9;
}

static void trimmed(void)
{
	uint64_t before, after;
	char gone[64];

	memset(long_reason, 'x', sizeof(long_reason));
	for (unsigned i = 0; i < 6000; i++)
		events_raise(&(struct events_fact){.kind = EVENTS_DELAYED,
			.reason = slice_make(long_reason, sizeof(long_reason))});
	CHECK(eventually_holds(all_sent, NULL));
	CHECK(eventually_holds(has_marks, NULL));
	before = stream_length();
	CHECK(stream_size_keep(redis, &config.events, SOON));
	after = stream_length();
	CHECK(after < before && after > before / 8);
	snprintf(gone, sizeof(gone), "%s", server_ask(&server, "get " EVENTS_TRIMMED));
	CHECK(strchr(gone, '-') != NULL);
	CHECK(stream_size_keep(redis, &config.events, SOON));
	CHECK_NUMBER(stream_length(), after);
	CHECK_SLICE(slice_of(server_ask(&server, "get " EVENTS_TRIMMED)), gone);
	/* And by age. */
	config.events.stream_keep_ms = 1;
	rest_ms(20);
	CHECK(stream_size_keep(redis, &config.events, SOON));
	CHECK_NUMBER(stream_length(), 0);
	config.events.stream_keep_ms = 3600000;
}

CASE("the stream's size and age are kept, and what is gone is known")
{
	with_events(trimmed);
}

static void with_packing(void (*body)(void))
{
	config.events.compress = true;
	with_events(body);
	config.events.compress = false;
}

CASE("packed: in its order")
{
	with_packing(in_order);
}

CASE("packed: through an outage")
{
	server_kill(&server);
	server_start(&server, "--appendonly yes --appendfsync always");
	with_packing(through_outage);
}

struct reading {
	unsigned count, most;
};

static bool take_line(void *context, struct slice line)
{
	struct reading *reading = context;
	char mark[32];

	snprintf(mark, sizeof(mark), "\"message\":\"m%u\"", reading->count);
	if (reading->count == reading->most)
		return false;
	CHECK(slice_find(line, slice_of(mark)) < line.size);
	reading->count++;
	return true;
}

/* Of all kinds of entries, in the middle of one too; what is damaged has none. */
static void read_again(void)
{
	struct reading reading = {.most = 333};
	struct reader reader = {
		.redis = redis, .visit = take_line, .context = &reading};
	bool more = true;

	for (unsigned i = 0; i < 500; i++)
		raise_number(i);
	CHECK(eventually_holds(all_sent, NULL));
	server_ask(&server, "xadd " EVENTS_STREAM " '*' " EVENTS_PACKED " rubbish");
	raise_number(500); /* alone: as it is */
	CHECK(eventually_holds(all_sent, NULL));
	while (more && reading.count < reading.most)
		CHECK(reader_read(&reader, &more, SOON));
	CHECK_NUMBER(reading.count, 333);
	CHECK(reader.cursor.lines > 0);
	reading.most = 1000;
	for (more = true; more;)
		CHECK(reader_read(&reader, &more, SOON));
	CHECK_NUMBER(reading.count, 501);
}

CASE("packed: read on from any line")
{
	with_packing(read_again);
}

static void not_wanted(void)
{
	struct config none = {.path = NULL};

	CHECK(!events_configured(&none));
	events_reload(&events, node, &none, redis);
	CHECK(!events && !events_wanted());
	raise_number(0);
	events_flush();
	events_reload(&events, node, &config, redis);
	CHECK(events && events_wanted());
	raise_number(0);
	events_reload(&events, node, &config, redis);
	raise_number(1);
	CHECK(eventually_holds(all_sent, NULL));
	check_stream(2, false);
}

CASE("a reload ends and begins it")
{
	with_events(not_wanted);
}

static void left(void)
{
	server_kill(&server);
	raise_number(0);
	rest_ms(100);
	events_close(&events, deadline_after_ms(200));
	CHECK_NUMBER(events_figures(node).dropped, 1);
	CHECK(!events_wanted());
}

CASE("at the end it waits no longer than it may")
{
	with_events(left);
	server_finish(&server);
}

CHECK_MAIN()
