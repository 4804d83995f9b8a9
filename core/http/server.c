/*
 * The HTTP/1.1 server dialogue: a head, its route, a body, an answer; and again.
 *
 * Answers collect in the stream's outbox and travel when the next read has to wait,
 * so those of pipelined requests share a send.
 */
#include "http/server.h"

#include "base/event.h"
#include "base/memory.h"
#include "metrics/timing.h"
#include "run/worker.h"
#include "http/answer.h"
#include "http/dialogue.h"

#define TARGET_MAX	 8192  /* more: 414 */
#define BODY_IGNORED_MAX 65536 /* where no body is asked for */
#define KEPT_MAX	 4096  /* of memory, from one request to the next */
#define AGE_MS \
	3600000 /* a connection is told to come anew: it keeps its configuration */
#define FINISH_MS  5000
#define HEAD_PIECE 16384

static void refuse(struct http_dialogue *dialogue, unsigned status, const char *code,
	const char *detail)
{
	http_problem(&dialogue->exchange, status, code, "%s", detail);
}

/* Until the first byte of a request; false: none will come. */
static bool await_request(struct http_dialogue *dialogue)
{
	struct stream *stream = dialogue->exchange.stream;
	struct deadline deadline = deadline_earlier(
		dialogue->end, deadline_after_ms(dialogue->limits->idle_timeout_ms));
	bool came;

	if (*dialogue->stopping)
		return false;
	if (stream_has_input(stream))
		return true;
	*dialogue->resting = true;
	came = stream_wait(stream, deadline);
	*dialogue->resting = false;
	return came;
}

/* One more piece of it; false: it is too big, or nothing came. */
static bool read_piece(struct http_dialogue *dialogue, struct deadline deadline)
{
	struct stream *stream = dialogue->exchange.stream;
	struct buffer *head = &dialogue->head;
	size_t before = buffer_size(head), end;
	struct slice bytes;

	if (before >= dialogue->limits->header_size) {
		bool line = slice_index(buffer_contents(head), '\n') == before ||
			    slice_index(buffer_contents(head), '\n') > TARGET_MAX;

		if (line)
			refuse(dialogue, 414, "too_long", "The target is too long");
		else
			refuse(dialogue, 431, "too_large", "The header is too big");
		return false;
	}
	if (!stream_wait(stream, deadline)) {
		if (stream_is_whole(stream))
			refuse(dialogue, 408, "timeout", "The request took too long");
		return false;
	}
	if (!stream_read(stream, HEAD_PIECE, &bytes, deadline))
		return false;
	buffer_append(head, bytes);
	/* An empty line in front is passed over (RFC 9112 2.2). */
	while (slice_starts(buffer_contents(head), SLICE("\r\n"))) {
		buffer_consume(head, 2);
		before = 0;
	}
	end = http_head_end(buffer_contents(head), before);
	if (end) {
		stream_unread(stream, buffer_size(head) - end);
		buffer_truncate(head, end);
	}
	return true;
}

/* The head of a request, parsed. False: the answer says why not, or there is none. */
static bool read_head(struct http_dialogue *dialogue)
{
	struct http_exchange *exchange = &dialogue->exchange;
	struct buffer *head = &dialogue->head;
	struct deadline deadline = deadline_earlier(dialogue->until,
		deadline_after_ms(dialogue->limits->header_timeout_ms));
	const char *why;
	unsigned status;

	while (!slice_ends(buffer_contents(head), SLICE("\r\n\r\n")))
		if (!read_piece(dialogue, deadline))
			return false;
	status = http_parse_head(dialogue->parse, buffer_contents(head),
		&exchange->request, &dialogue->framing, &why);
	if (!status && exchange->request.path.size + exchange->request.query.size >
			       TARGET_MAX) {
		status = 414;
		why = "The target is too long";
	}
	if (!status)
		return true;
	refuse(dialogue, status, status == 501 ? "not_implemented" : "malformed", why);
	return false;
}

/* What is not for a route to answer. */
static bool find_route(struct http_dialogue *dialogue)
{
	struct http_exchange *exchange = &dialogue->exchange;
	struct http_match *match = &dialogue->match;
	struct http_request *request = &exchange->request;
	bool options = slice_equal(request->method, SLICE("OPTIONS"));

	http_router_find(dialogue->options->router, dialogue->services, request,
		&exchange->arena, match);
	if (match->route && !match->undecodable)
		return true;
	if (match->other_methods && !match->route)
		http_add_field(exchange, "Allow", slice_of(match->allowed));
	if (options && (match->other_methods || slice_equal(request->path, SLICE("*"))))
		exchange->answer.status = 204;
	else if (match->route)
		refuse(dialogue, 400, "malformed", "The path cannot be decoded");
	else if (match->other_methods)
		refuse(dialogue, 405, "method_not_allowed",
			"This path knows other methods");
	else
		refuse(dialogue, 404, "not_found", "There is nothing here");
	return false;
}

/* What a request asks of a server, for all routes alike. */
static bool may_come(struct http_dialogue *dialogue)
{
	struct http_exchange *exchange = &dialogue->exchange;
	const struct http_request *request = &exchange->request;
	const struct http_framing *framing = &dialogue->framing;
	struct slice coding = http_field(request, "Content-Encoding");
	bool takes = dialogue->match.route->takes_body;

	if (!framing->expects && http_field(request, "Expect").size && !request->old) {
		refuse(dialogue, 417, "expectation_failed",
			"The only expectation met here is 100-continue");
	} else if (framing->has_body && coding.size &&
		   !slice_equal_nocase(coding, SLICE("gzip")) &&
		   !slice_equal_nocase(coding, SLICE("identity"))) {
		http_add_field(exchange, "Accept-Encoding", SLICE("gzip"));
		refuse(dialogue, 415, "unsupported_encoding",
			"Bodies may be in gzip, or as they are");
	} else if (takes && !framing->has_body &&
		   !http_field(request, "Content-Length").at) {
		refuse(dialogue, 411, "length_required",
			"A body is needed, with Content-Length or in chunks");
	} else {
		return true;
	}
	return false;
}

static void handle(struct http_dialogue *dialogue)
{
	struct http_exchange *exchange = &dialogue->exchange;
	const struct http_route *route = dialogue->match.route;
	void *context = dialogue->match.context;
	struct deadline until = dialogue->until;
	int64_t began_us;

	dialogue->body_most = route->takes_body ? dialogue->limits->body_size
						: BODY_IGNORED_MAX;
	if (route->admit && !route->admit(exchange, context, until))
		return;
	if (!dialogue->framing.has_body || http_read_body(dialogue)) {
		began_us = worker_now_us();
		route->handle(exchange, context, until);
		timing_record(TIMING_HTTP, worker_now_us() - began_us);
		if (!exchange->answer.status)
			exchange->answer.status = 200;
	}
	if (route->release)
		route->release(exchange, context);
}

static void tell(const struct http_dialogue *dialogue)
{
	const struct http_exchange *exchange = &dialogue->exchange;
	const struct stream_facts *facts = stream_facts(exchange->stream);
	unsigned status = exchange->answer.status;
	struct event event;

	event_begin(&event, status >= 400 ? EVENT_INFO : EVENT_DEBUG, "http_request");
	event_text(&event, "client", slice_of(facts->peer_address));
	event_text(&event, "method", slice_part(exchange->request.method, 0, 16));
	event_text(&event, "path", slice_part(exchange->request.path, 0, 200));
	event_number(&event, "status", status);
	event_number(&event, "size", (int64_t)buffer_size(&exchange->answer.body));
	event_end(&event);
}

static void count(struct http_dialogue *dialogue)
{
	struct http_figures *figures = dialogue->figures;
	unsigned class = dialogue->exchange.answer.status / 100;

	dialogue->requests++;
	figures->requests++;
	figures->by_class[class < ARRAY_COUNT(figures->by_class) ? class : 0]++;
	figures->bytes_in += dialogue->came;
	figures->bytes_out += buffer_size(&dialogue->exchange.answer.body);
}

static void answer(struct http_dialogue *dialogue)
{
	struct http_exchange *exchange = &dialogue->exchange;
	uint64_t most = dialogue->limits->requests_per_connection;

	if (!exchange->answer.status) /* it could not even be read */
		return;
	http_skip_body(dialogue);
	count(dialogue);
	dialogue->ended |= !dialogue->framing.keep_alive || *dialogue->stopping ||
			   exchange->answer.close ||
			   deadline_has_passed(dialogue->old) ||
			   (most && dialogue->requests >= most);
	tell(dialogue);
	http_answer_write(exchange, !dialogue->ended, dialogue->until);
}

static void one_request(struct http_dialogue *dialogue)
{
	dialogue->until = deadline_earlier(
		dialogue->end, deadline_after_ms(dialogue->limits->request_timeout_ms));
	if (!read_head(dialogue))
		dialogue->ended = dialogue->lingers = true;
	else if (find_route(dialogue) && may_come(dialogue))
		handle(dialogue);
	answer(dialogue);
}

static void forget(struct http_dialogue *dialogue)
{
	struct http_exchange *exchange = &dialogue->exchange;

	http_forget_body(dialogue);
	if (exchange->arena.total > KEPT_MAX)
		arena_finish(&exchange->arena);
	else
		arena_reset(&exchange->arena);
	buffer_clear(&dialogue->head);
	buffer_clear(&exchange->answer.body);
	if (dialogue->head.capacity > KEPT_MAX)
		buffer_finish(&dialogue->head);
	if (exchange->answer.body.capacity > KEPT_MAX)
		buffer_finish(&exchange->answer.body);
	exchange->request = (struct http_request){0};
	exchange->answer = (struct http_answer){.body = exchange->answer.body};
	exchange->user = NULL;
	dialogue->framing = (struct http_framing){0};
}

static void finish(struct http_dialogue *dialogue)
{
	struct http_exchange *exchange = &dialogue->exchange;

	if (dialogue->lingers)
		http_linger(dialogue);
	stream_finish(&exchange->stream, deadline_after_ms(FINISH_MS));
	http_parse_destroy(&dialogue->parse);
	arena_finish(&exchange->arena);
	buffer_finish(&exchange->answer.body);
	buffer_finish(&dialogue->head);
	memory_free(dialogue);
}

void http_server_run(
	const struct http_server_options *options, struct deadline deadline)
{
	static const bool never;
	struct http_figures figures = {0};
	bool resting = false;
	struct http_dialogue *dialogue = NEW(struct http_dialogue);
	struct http_exchange *exchange = &dialogue->exchange;

	dialogue->options = options;
	dialogue->limits = &options->config->http;
	dialogue->stopping = options->stopping ? options->stopping : &never;
	dialogue->resting = options->resting ? options->resting : &resting;
	dialogue->figures = options->figures ? options->figures : &figures;
	dialogue->services = config_services(&options->listener->serves);
	dialogue->end = deadline;
	dialogue->old = deadline_after_ms(AGE_MS);
	dialogue->parse = http_parse_create();
	exchange->stream = options->stream;
	exchange->config = options->config;
	exchange->listener = options->listener;
	exchange->answer.body.limit = HTTP_ANSWER_BODY_MAX;
	dialogue->figures->connections++;

	while (!dialogue->ended && await_request(dialogue)) {
		one_request(dialogue);
		forget(dialogue);
	}
	finish(dialogue);
}
