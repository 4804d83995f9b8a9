/*
 * A connection to Redis held by a test script.
 *
 * io_redis_probe ADDRESS TIMEOUT_MS [user=… password=… ca=… prepare=KIND]
 *
 *	call ID DEADLINE_MS WORD …   redis_call in a fiber
 *	send ID WORD …               redis_send
 *	cancel ID                    the fiber that calls
 *	set ID KEY SIZE              a call with a value of that size
 *	flood COUNT SIZE             that many redis_send at once, until refused
 *	burst FIBERS CALLS WORD …    measured: calls by each of so many fibers
 *	pour BATCHES SIZE WORD …     measured: redis_send, SIZE a turn
 *	state · wait MS · close · quit
 *
 * prepare=incr: INCR prepared, seen by nobody else before it is done;
 * prepare=fail: fails; prepare=slow: waits half a second.
 */
#include "base/clock.h"
#include "io/redis.h"
#include "io_probe.h"

#define CALLERS_MAX 4096

struct caller {
	struct redis_request request;
	struct probe *probe;
	struct scope scope;
	struct arena arena;
	unsigned id;
	int64_t deadline_ms;
	size_t count;
	struct slice words[PROBE_WORDS];
};

static struct redis *redis;
static struct caller callers[CALLERS_MAX];
static struct scope background;

static void add_reply(struct buffer *line, const struct redis_reply *reply)
{
	switch (redis_reply_kind(reply)) {
	case REDIS_NOTHING:
		buffer_append(line, SLICE("null"));
		break;
	case REDIS_NUMBER:
		buffer_append_format(
			line, "%lld", (long long)redis_reply_number(reply));
		break;
	case REDIS_ERROR:
		buffer_append(line, SLICE("{\"error\":"));
		event_quote(line, redis_reply_text(reply));
		buffer_append_byte(line, '}');
		break;
	case REDIS_TEXT:
		event_quote(line, redis_reply_text(reply));
		break;
	case REDIS_LIST:
		buffer_append_byte(line, '[');
		for (size_t i = 0; i < redis_reply_count(reply); i++) {
			if (i)
				buffer_append_byte(line, ',');
			add_reply(line, redis_reply_at(reply, i));
		}
		buffer_append_byte(line, ']');
		break;
	}
}

static void say_reply(struct caller *caller, const struct redis_reply *reply)
{
	struct buffer line = {0};

	buffer_append_format(&line, "{\"id\":%u,\"reply\":", caller->id);
	if (redis_reply_text(reply).size > 4096)
		buffer_append_format(&line, "%zu", redis_reply_text(reply).size);
	else
		add_reply(&line, reply);
	buffer_append_byte(&line, '}');
	probe_say(caller->probe, buffer_contents(&line));
	buffer_finish(&line);
}

static void say_failure(struct caller *caller, bool unknown)
{
	struct buffer line = {0};

	buffer_append_format(&line,
		"{\"id\":%u,\"failure\":\"%s\",\"unknown\":%s,\"text\":", caller->id,
		failure_kind_name(failure_kind_last()), unknown ? "true" : "false");
	event_quote(&line, slice_of(failure_last()->text));
	buffer_append_byte(&line, '}');
	probe_say(caller->probe, buffer_contents(&line));
	buffer_finish(&line);
}

static void call(void *arg)
{
	struct caller *caller = arg;
	struct redis_reply *reply;

	if (redis_call(redis, caller->count, caller->words, &reply,
		    deadline_after_ms(caller->deadline_ms))) {
		say_reply(caller, reply);
		redis_reply_free(&reply);
	} else {
		say_failure(caller, redis && redis_outcome_is_unknown(redis));
	}
	arena_finish(&caller->arena);
}

static void done(struct redis_request *request, const struct redis_reply *reply)
{
	struct caller *caller = CONTAINER_OF(request, struct caller, request);

	if (reply) {
		say_reply(caller, reply);
	} else {
		fail(FAILURE_STORE, "broke");
		say_failure(caller, true);
	}
}

static struct caller *new_caller(
	struct probe *probe, struct slice id, const struct slice *words, size_t count)
{
	struct caller *caller = &callers[probe_number(id)];

	*caller = (struct caller){.request.done = done,
		.probe = probe,
		.id = (unsigned)probe_number(id),
		.count = count};
	scope_init(&caller->scope);
	for (size_t i = 0; i < count; i++)
		caller->words[i] = arena_copy(&caller->arena, words[i]);
	return caller;
}

/* ---- Measuring ---- */

struct burst {
	struct probe *probe;
	struct scope scope;
	struct arena arena;
	unsigned fibers, calls;
	size_t count;
	struct slice words[PROBE_WORDS];
	unsigned failed;
};

static void burst_caller(void *arg)
{
	struct burst *burst = arg;
	struct redis_reply *reply;

	for (unsigned i = 0; i < burst->calls; i++) {
		if (redis_call(redis, burst->count, burst->words, &reply,
			    deadline_after_ms(60000)))
			redis_reply_free(&reply);
		else
			burst->failed++;
	}
}

static void say_rate(struct probe *probe, double calls, int64_t us, int64_t cpu_us,
	struct redis_figures before, unsigned failed)
{
	struct redis_figures after = redis_figures(redis);
	char line[300];

	snprintf(line, sizeof(line),
		"{\"rate\":%.0f,\"cpu_us\":%.2f,\"sends\":%lu,\"failed\":%u,"
		"\"longest_us\":%ld}",
		calls * 1e6 / (double)us, (double)cpu_us / calls,
		after.sends - before.sends, failed, after.longest_us);
	probe_say(probe, slice_of(line));
}

static void run_burst(void *arg)
{
	struct burst *burst = arg;
	struct redis_figures before = redis_figures(redis);
	int64_t start = clock_monotonic_us(), cpu = clock_thread_cpu_us();

	scope_init(&burst->scope);
	for (unsigned i = 0; i < burst->fibers; i++)
		if (!scope_spawn(&burst->scope, "burst", burst_caller, burst))
			abort();
	if (!scope_join(&burst->scope, deadline_none()))
		scope_finish(&burst->scope, deadline_after_ms(0));
	say_rate(burst->probe, (double)burst->fibers * burst->calls,
		clock_monotonic_us() - start, clock_thread_cpu_us() - cpu, before,
		burst->failed);
	arena_finish(&burst->arena);
	memory_free(burst);
}

struct pour {
	struct redis_request request;
	struct burst *burst;
	struct condition some;
	size_t open;
};

static void pour_done(struct redis_request *request, const struct redis_reply *reply)
{
	struct pour *pour = CONTAINER_OF(request, struct pour, request);

	pour->burst->failed += !reply;
	if (!--pour->open)
		condition_signal(&pour->some);
}

static void run_pour(void *arg)
{
	struct burst *burst = arg;
	struct redis_figures before = redis_figures(redis);
	int64_t start = clock_monotonic_us(), cpu = clock_thread_cpu_us();
	struct pour pour = {.request.done = pour_done, .burst = burst};

	condition_init(&pour.some);
	for (unsigned i = 0; i < burst->fibers; i++) {
		for (unsigned k = 0; k < burst->calls; k++)
			pour.open += redis_send(
				redis, burst->count, burst->words, &pour.request);
		while (pour.open && condition_wait(&pour.some, deadline_none()))
			continue;
		if (pour.open)
			abort();
	}
	say_rate(burst->probe, (double)burst->fibers * burst->calls,
		clock_monotonic_us() - start, clock_thread_cpu_us() - cpu, before,
		burst->failed);
	arena_finish(&burst->arena);
	memory_free(burst);
}

static void measure(struct probe *probe, struct slice *words, size_t count)
{
	struct burst *burst = NEW(struct burst);
	bool pour = slice_equal(words[0], SLICE("pour"));

	burst->probe = probe;
	burst->fibers = (unsigned)probe_number(words[1]);
	burst->calls = (unsigned)probe_number(words[2]);
	burst->count = count - 3;
	for (size_t i = 3; i < count; i++)
		burst->words[i - 3] = arena_copy(&burst->arena, words[i]);
	if (!scope_spawn(&background, "measure", pour ? run_pour : run_burst, burst))
		abort();
}

/* ---- Commands ---- */

static struct redis_request nobody;
static void forget(struct redis_request *request, const struct redis_reply *reply)
{
}

static void flood(struct probe *probe, int64_t count, size_t size)
{
	char *value = memory_allocate(size), line[400];
	struct slice argv[3] = {SLICE("SET"), SLICE("flood"),
		slice_make(memset(value, 'x', size), size)};
	int64_t sent = 0;

	nobody.done = forget;
	while (sent < count && redis_send(redis, 3, argv, &nobody))
		sent++;
	snprintf(line, sizeof(line), "{\"sent\":%lld,\"text\":\"%s\"}", (long long)sent,
		sent < count ? failure_last()->text : "");
	probe_say(probe, slice_of(line));
	memory_free(value);
}

static void say_state(struct probe *probe)
{
	struct redis_figures figures = redis_figures(redis);
	struct buffer line = {0};

	buffer_append_format(&line,
		"{\"up\":%s,\"calls\":%lu,\"sends\":%lu,\"errors\":%lu,"
		"\"reconnects\":%lu,\"longest_us\":%ld,\"trouble\":",
		redis_is_up(redis) ? "true" : "false", figures.calls, figures.sends,
		figures.errors, figures.reconnects, figures.longest_us);
	event_quote(&line, slice_of(redis_trouble(redis)));
	buffer_append_byte(&line, '}');
	probe_say(probe, buffer_contents(&line));
	buffer_finish(&line);
}

static void start_call(struct probe *probe, struct slice *words, size_t count)
{
	struct caller *caller = new_caller(probe, words[1], words + 3, count - 3);

	caller->deadline_ms = probe_number(words[2]);
	if (!scope_spawn(&caller->scope, "caller", call, caller))
		abort();
}

static void start_set(struct probe *probe, struct slice *words)
{
	struct slice argv[3] = {SLICE("SET"), words[2]};
	struct caller *caller;
	size_t size = (size_t)probe_number(words[3]);
	char *value = memory_allocate(size + 1);

	memset(value, 'v', size);
	argv[2] = slice_make(value, size);
	caller = new_caller(probe, words[1], argv, 3);
	caller->deadline_ms = 60000;
	memory_free(value);
	if (!scope_spawn(&caller->scope, "caller", call, caller))
		abort();
}

static void start_send(struct probe *probe, struct slice *words, size_t count)
{
	struct caller *caller = new_caller(probe, words[1], words + 2, count - 2);

	if (!redis_send(redis, caller->count, caller->words, &caller->request))
		say_failure(caller, false);
	arena_finish(&caller->arena);
}

static bool handle(struct probe *probe, struct slice *words, size_t count)
{
	if (slice_equal(words[0], SLICE("call"))) {
		start_call(probe, words, count);
	} else if (slice_equal(words[0], SLICE("set"))) {
		start_set(probe, words);
	} else if (slice_equal(words[0], SLICE("send"))) {
		start_send(probe, words, count);
	} else if (slice_equal(words[0], SLICE("flood"))) {
		flood(probe, probe_number(words[1]), (size_t)probe_number(words[2]));
	} else if (slice_equal(words[0], SLICE("cancel"))) {
		scope_finish(
			&callers[probe_number(words[1])].scope, deadline_after_ms(0));
	} else if (slice_equal(words[0], SLICE("burst")) ||
		   slice_equal(words[0], SLICE("pour"))) {
		measure(probe, words, count);
	} else if (slice_equal(words[0], SLICE("state"))) {
		say_state(probe);
	} else if (slice_equal(words[0], SLICE("wait"))) {
		bool up = redis_wait_up(
			redis, deadline_after_ms(probe_number(words[1])));

		probe_say(probe,
			up ? SLICE("{\"waited\":true}") : SLICE("{\"waited\":false}"));
	} else if (slice_equal(words[0], SLICE("close"))) {
		redis_close(&redis);
	} else {
		return false;
	}
	return true;
}

/* ---- The connection ---- */

static bool prepare(struct redis *r, void *context, struct deadline deadline)
{
	const char *kind = context;
	struct slice argv[2] = {SLICE("INCR"), SLICE("prepared")};
	struct redis_reply *reply;
	bool good;

	if (!strcmp(kind, "fail"))
		return fail(FAILURE_STORE, "the probe does not like it");
	if (!strcmp(kind, "slow") && !fiber_sleep(deadline_after_ms(500)))
		return false;
	if (!redis_call(r, 2, argv, &reply, deadline))
		return false;
	good = redis_reply_kind(reply) == REDIS_NUMBER || redis_reply_fail(reply);
	redis_reply_free(&reply);
	return good;
}

static void end(void)
{
	for (size_t i = 0; i < CALLERS_MAX; i++) {
		if (callers[i].scope.count)
			scope_finish(&callers[i].scope, deadline_after_ms(0));
		arena_finish(&callers[i].arena);
	}
	redis_close(&redis);
	scope_finish(&background, deadline_after_ms(1000));
}

static void body(void *arg)
{
	struct probe *probe = arg;
	struct redis_options options = {
		.address = probe->argv[1],
		.timeout_ms = probe_number(slice_of(probe->argv[2])),
	};

	for (int i = 3; i < probe->argc; i++) {
		struct slice value = slice_of(probe->argv[i]);
		struct slice name = slice_cut(&value, '=');

		if (slice_equal(name, SLICE("user"))) {
			options.user = value.at;
		} else if (slice_equal(name, SLICE("password"))) {
			options.password = value.at;
		} else if (slice_equal(name, SLICE("ca"))) {
			options.ca_file = value.at;
		} else {
			options.prepare = prepare;
			options.context = (void *)(uintptr_t)value.at;
		}
	}
	scope_init(&background);
	redis = redis_open(&options, &background);
	if (!redis) {
		fprintf(stderr, "%s\n", failure_last()->text);
		exit(EXIT_FAILURE);
	}
	probe_loop(probe);
}

int main(int argc, char **argv)
{
	struct probe probe = {.handle = handle, .end = end, .argc = argc, .argv = argv};

	if (argc < 3)
		return EXIT_FAILURE;
	return probe_main(&probe, body);
}
