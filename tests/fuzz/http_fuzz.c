/*
 * The HTTP server dialogue against anything: the first byte says into pieces of what
 * size the rest is cut. Every answer is one, of the length it says, and nothing is
 * held of any body in the end.
 */
#include "http/server.h"

#include <stdlib.h>

#include "base/event.h"
#include "base/memory.h"
#include "run/fiber.h"
#include "run/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define LIMIT_MS 60000
#define HEAD_MAX 4096

static void echo(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	struct slice value = http_field(&exchange->request, "X-Say");
	struct slice parameter = exchange->request.parameters[0];

	HOLD(slice_find(parameter, SLICE("\r")) == parameter.size);
	http_add_field(exchange, "X-Said", value);
	if (http_query(&exchange->request, "q", &exchange->arena, &value))
		http_add_field(exchange, "X-Query", value);
	HOLD(buffer_append(&exchange->answer.body, exchange->request.body));
}

static const struct http_route routes[] = {
	{"GET", "/a", .handle = echo},
	{"GET", "/a/{b}", .handle = echo},
	{"POST", "/a", .handle = echo, .takes_body = true},
};

struct talk {
	struct slice input;
	size_t piece;
	struct stream *peer, *ours;
	const struct http_router *router;
	struct config *config;
};

static void serve(void *arg)
{
	struct talk *talk = arg;
	struct http_server_options options = {.stream = talk->ours,
		.config = talk->config,
		.listener = &talk->config->listeners[0],
		.router = talk->router};

	http_server_run(&options, deadline_after_ms(LIMIT_MS));
}

static void read_answer(struct stream *peer, struct slice text)
{
	struct deadline now = deadline_after_ms(0);
	struct slice line = text, bytes;
	uint64_t length = 0;

	HOLD(slice_starts(text, SLICE("HTTP/1.1 ")));
	while (line.size > 2) {
		HOLD(stream_read_line(peer, HEAD_MAX, &line, now));
		HOLD(slice_ends(line, SLICE("\r\n")));
		HOLD(slice_index(line, '\0') == line.size);
		if (slice_starts(line, SLICE("Content-Length: ")))
			HOLD(slice_to_u64(
				slice_trim_all(slice_from(line, 16)), &length));
	}
	while (length) {
		HOLD(stream_read(peer, (size_t)length, &bytes, now));
		length -= bytes.size;
	}
}

/* HEAD's answers have a length and no body: then only heads are looked at. */
static void hear(struct stream *peer, bool heads)
{
	struct slice line;

	while (stream_has_line(peer, HEAD_MAX)) {
		HOLD(stream_read_line(peer, HEAD_MAX, &line, deadline_after_ms(0)));
		if (heads)
			return;
		read_answer(peer, line);
	}
	HOLD(!stream_has_input(peer));
}

static void converse(void *arg)
{
	struct talk *talk = arg;
	bool heads = slice_find(talk->input, SLICE("HEAD")) < talk->input.size;
	struct scope scope;

	scope_init(&scope);
	HOLD(stream_pair(1 << 20, &talk->peer, &talk->ours));
	HOLD(scope_spawn(&scope, "server", serve, talk));
	while (talk->input.size) {
		struct slice piece = slice_part(talk->input, 0, talk->piece);

		talk->input = slice_from(talk->input, piece.size);
		if (!stream_send(talk->peer, &piece, 1, deadline_after_ms(LIMIT_MS)))
			break;
		for (int i = 0; i < 3; i++)
			fiber_yield(deadline_none());
	}
	for (int i = 0; i < 20; i++)
		fiber_yield(deadline_none());
	if (stream_is_whole(talk->peer))
		hear(talk->peer, heads);
	stream_close(&talk->peer);
	HOLD(scope_join(&scope, deadline_after_ms(LIMIT_MS)));
	scope_finish(&scope, deadline_after_ms(0));
	HOLD(http_bodies_held() == 0);
}

static struct config *read_config(void)
{
	static const char text[] =
		"hostname: mx.example\n"
		"listeners: [{address: \"127.0.0.1:80\", role: http, tls: none}]\n"
		"http: {body_size: 64 KiB, header_size: 1 KiB}\n";
	char *errors = NULL;
	struct config *config = config_parse_text("fuzz", slice_of(text), &errors);

	HOLD(config);
	memory_free(errors);
	return config;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct worker *worker;
	static struct http_router *router;
	static struct config *config;
	struct talk talk = {0};

	if (size == 0)
		return 0;
	if (!worker) {
		event_set_level(EVENT_ERROR);
		config = read_config();
		router = http_router_create();
		http_router_add(
			router, CONFIG_SERVES_API, routes, ARRAY_COUNT(routes), NULL);
		worker = worker_create(&(struct worker_options){
			.ring_entries = 64, .buffer_count = 16, .fibers_max = 100});
		HOLD(worker);
	}
	talk.piece = data[0] ? data[0] : size;
	talk.input = slice_make(data + 1, size - 1);
	talk.router = router;
	talk.config = config;
	worker_run(worker, converse, &talk);
	return 0;
}
