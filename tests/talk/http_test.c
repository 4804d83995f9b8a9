/*
 * The HTTP server dialogue against transcripts, with a few routes:
 *
 *	GET    /hello            {"hello":"world"}; GET /hello/{name} greets NAME
 *	POST   /echo             tells the body back
 *	POST   /slow             answers after five seconds
 *	GET    /secret           401 unless "Authorization: Bearer s"; POST, too
 *	GET    /many/{a}/x/{b}   its parameters; GET /many/one/x/{b} is closer
 *	DELETE /thing            204
 *	GET    /query            what the query says of "q"
 *	GET    /long             two thousand bytes
 *	GET    /metrics          of the service `metrics`
 *
 *	set http KEY: VALUE, …   of the configuration's section
 *	set listener KEY: VALUE
 *	set stopping 7s          the process ends after so long; yes: at once
 */
#include "check.h"

#include <glob.h>

#include "base/event.h"
#include "base/memory.h"
#include "http/server.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "talk.h"

static size_t admitted;

static void say(struct http_exchange *exchange, struct slice text)
{
	exchange->answer.type = "text/plain";
	buffer_append(&exchange->answer.body, text);
}

static void hello(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	struct slice name = exchange->request.parameters[0];

	if (name.at)
		say(exchange, arena_format(&exchange->arena, "hello %.*s",
				      SLICE_PRINT(name)));
	else
		buffer_append(&exchange->answer.body, SLICE("{\"hello\":\"world\"}"));
}

static void echo(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	say(exchange, exchange->request.body);
}

static void slow(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	fiber_sleep(deadline_earlier(deadline, deadline_after_ms(5000)));
	say(exchange, SLICE("slept"));
}

static bool may(struct http_exchange *exchange, void *context, struct deadline deadline)
{
	if (!slice_equal(http_field(&exchange->request, "Authorization"),
		    SLICE("Bearer s"))) {
		http_add_field(exchange, "WWW-Authenticate", SLICE("Bearer\r\nX: y"));
		http_problem(
			exchange, 401, "unauthorized", "Who are you, \"%s\"?", "you");
		return false;
	}
	admitted++;
	exchange->user = &admitted;
	return true;
}

static void release(struct http_exchange *exchange, void *context)
{
	CHECK(exchange->user == &admitted);
	admitted--;
}

static void many(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	say(exchange, arena_format(&exchange->arena, "%.*s-%.*s",
			      SLICE_PRINT(exchange->request.parameters[0]),
			      SLICE_PRINT(exchange->request.parameters[1])));
}

static void nothing(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	exchange->answer.status = 204;
}

static void query(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	struct slice value;

	if (http_query(&exchange->request, "q", &exchange->arena, &value))
		say(exchange, value);
	else
		http_problem(exchange, 400, "malformed", "no q");
}

static void long_answer(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	for (int i = 0; i < 200; i++)
		say(exchange, SLICE("0123456789"));
}

static void wrong(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	struct http_error errors[] = {{SLICE("/to/0"), SLICE("no address")},
		{SLICE("/a~1b"), SLICE("\"x\"")}};

	http_problem_errors(exchange, 422, "invalid", errors, 2);
}

static const struct http_route routes[] = {
	{"GET", "/hello", .handle = hello},
	{"GET", "/hello/{name}", .handle = hello},
	{"POST", "/echo", .handle = echo, .takes_body = true},
	{"POST", "/slow", .handle = slow},
	{"GET", "/secret", .admit = may, .handle = hello, .release = release},
	{"POST", "/secret", .admit = may, .handle = echo, .release = release,
		.takes_body = true},
	{"GET", "/many/{a}/x/{b}", .handle = many},
	{"GET", "/many/one/x/{b}", .handle = many},
	{"DELETE", "/thing", .handle = nothing},
	{"GET", "/query", .handle = query},
	{"GET", "/long", .handle = long_answer},
	{"POST", "/wrong", .handle = wrong},
};

static const struct http_route metrics_routes[] = {
	{"GET", "/metrics", .handle = hello},
};

static struct config *read_config(void)
{
	const char *http = talk_setting("http");
	const char *listener = talk_setting("listener");
	char *errors = NULL;
	char *text = memory_format("hostname: mx.example\n"
				   "listeners:\n"
				   "  - { address: \"127.0.0.1:80\", role: http, "
				   "tls: none, %s }\n"
				   "http: { %s }\n",
		listener ? listener : "serves: [api, metrics]",
		http ? http : "body_size: 1 MiB");
	struct config *config = config_parse_text("talk", slice_of(text), &errors);

	if (!config)
		fprintf(stderr, "%s", errors);
	memory_free(errors);
	memory_free(text);
	return config;
}

/* The process that begins to end. */
struct stopper {
	struct timer timer;
	bool stopping, resting;
	struct fiber *session;
};

static void stop(struct timer *timer)
{
	struct stopper *stopper = CONTAINER_OF(timer, struct stopper, timer);

	stopper->stopping = true;
	if (stopper->resting)
		fiber_hurry(stopper->session);
}

static void dialogue(struct stream *stream, void *context)
{
	struct config *config = read_config();
	const char *stops = talk_setting("stopping");
	struct stopper stopper = {
		.timer.run = stop,
		.stopping = stops && strcmp(stops, "yes") == 0,
		.session = fiber_self(),
	};
	struct http_router *router = http_router_create();
	struct http_server_options options = {
		.stream = stream,
		.config = config,
		.listener = &config->listeners[0],
		.router = router,
		.stopping = &stopper.stopping,
		.resting = &stopper.resting,
	};

	event_set_level(EVENT_ERROR);
	admitted = 0;
	http_router_add(router, CONFIG_SERVES_API, routes, ARRAY_COUNT(routes), NULL);
	http_router_add(router, CONFIG_SERVES_METRICS, metrics_routes, 1, NULL);
	if (stops && !stopper.stopping)
		timer_start(&stopper.timer, deadline_after_ms(atoi(stops) * 1000));
	http_server_run(&options, deadline_none());
	timer_stop(&stopper.timer);
	CHECK_NUMBER(admitted, 0);
	CHECK_NUMBER(http_bodies_held(), 0);
	http_router_destroy(&router);
	config_release(&config);
}

CASE("transcripts, cut at every byte, hung up after every line")
{
	CHECK(talk_check_folder(TALKS, dialogue, NULL, stderr));
}

/* Where it matters what arrives together, cuts change what is right. */
CASE("transcripts of what depends on what comes together")
{
	glob_t found;

	CHECK(glob(TALKS "_once/*.talk", 0, NULL, &found) == 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		CHECK(talk_run(found.gl_pathv[i], dialogue, NULL, stderr));
	globfree(&found);
}

CHECK_MAIN()
