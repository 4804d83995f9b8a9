/*
 * POST /v1/messages: a message or a batch of them, read, checked whole, sent through
 * submission. 202 when they are safe, and not before.
 */
#include "api/api.h"
#include "api/send.h"
#include "api/templates.h"

#include <stdio.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"
#include "submit/idempotency.h"
#include "traces/traces.h"

#define POOL_MIN 262144 /* larger ones are read on the pool */

struct posting {
	struct http_exchange *exchange;
	struct api *api;
	struct api_request request;
	struct api_rules rules;
	struct api_outcome *outcomes;
	const char *why; /* it cannot be read */
	bool read;
};

static void read_request(void *arg)
{
	struct posting *posting = arg;

	posting->read = api_request_read(&posting->request,
		posting->exchange->request.body, &posting->rules, &posting->why);
	for (size_t i = 0; posting->read && i < posting->request.count; i++)
		if (!posting->request.messages[i].template.at)
			api_message_check(&posting->request.messages[i],
				&posting->request.problems);
}

static bool say_problems(struct posting *posting)
{
	struct problems *problems = &posting->request.problems;

	if (!problems->count)
		return true;
	http_problem_errors(posting->exchange, problems->injection ? 400 : 422,
		"invalid", problems->list, problems->count);
	return false;
}

/* Stored templates into the messages that name one, and their variables. */
static bool use_templates(struct posting *posting, struct deadline deadline)
{
	struct api_request *request = &posting->request;

	if (!templates_use(posting->api->redis, request, deadline)) {
		http_add_field(posting->exchange, "Retry-After", SLICE("5"));
		http_problem(posting->exchange, 503, "unavailable",
			"Templates cannot be read now, try again");
		return false;
	}
	for (size_t i = 0; !request->problems.count && i < request->count; i++)
		if (request->messages[i].template.at)
			api_message_check(&request->messages[i], &request->problems);
	return say_problems(posting);
}

static bool prepare(struct posting *posting, struct deadline deadline)
{
	struct http_exchange *exchange = posting->exchange;

	if (!http_is_json(&exchange->request)) {
		http_problem(exchange, 415, "unsupported_type",
			"The body is application/json");
		return false;
	}
	if (exchange->request.body.size < POOL_MIN ||
		!offload(read_request, posting, deadline))
		read_request(posting);
	if (!posting->read) {
		http_problem(exchange, 400, "malformed",
			"The body is no JSON that can be understood: %s", posting->why);
		return false;
	}
	return say_problems(posting) && use_templates(posting, deadline);
}

static void send_all(struct posting *posting, struct deadline deadline)
{
	struct http_exchange *exchange = posting->exchange;
	struct submission_entrance entrance = {
		.submission = posting->api->submission,
		.stream = exchange->stream,
		.config = exchange->config,
		.listener = exchange->listener,
		.account = &api_caller_of(exchange)->account,
		.protocol = "HTTP",
	};
	char caller[TRACE_CALLER_SIZE];
	struct smtp_session *session;

	if (traces_wanted() &&
		trace_caller_read(
			http_field(&exchange->request, "traceparent"), caller))
		entrance.caller = slice_make(caller, sizeof(caller));
	session = submission_enter(&entrance);
	posting->outcomes = arena_take_array(
		&exchange->arena, posting->request.count, sizeof(*posting->outcomes));
	api_send(session, &posting->request, &exchange->arena, posting->outcomes,
		deadline);
	submission_leave(&session);
}

static void print_refused(const struct api_outcome *outcome, struct buffer *body)
{
	buffer_append(body, SLICE(",\"refused\":["));
	for (size_t i = 0; i < outcome->refused_count; i++) {
		buffer_append(
			body, i ? SLICE(",{\"pointer\":") : SLICE("{\"pointer\":"));
		event_quote(body, outcome->refused[i].pointer);
		buffer_append(body, SLICE(",\"detail\":"));
		event_quote(body, outcome->refused[i].detail);
		buffer_append_byte(body, '}');
	}
	buffer_append_byte(body, ']');
}

static void print_outcome(const struct api_outcome *outcome, struct buffer *body)
{
	if (outcome->status == 202) {
		buffer_append_format(
			body, "{\"id\":\"%.*s\"", SLICE_PRINT(outcome->id));
	} else {
		buffer_append_format(body,
			"{\"status\":%u,\"code\":\"%s\",\"detail\":", outcome->status,
			outcome->code);
		event_quote(body, outcome->detail);
	}
	if (outcome->refused_count)
		print_refused(outcome, body);
	buffer_append_byte(body, '}');
}

static void add_wait(struct http_exchange *exchange, unsigned wait_s)
{
	char text[16];

	if (!wait_s)
		return;
	snprintf(text, sizeof(text), "%u", wait_s);
	http_add_field(exchange, "Retry-After", slice_of(text));
}

/* One message: its outcome is the answer's. */
static void answer_one(struct posting *posting)
{
	struct http_exchange *exchange = posting->exchange;
	const struct api_outcome *outcome = &posting->outcomes[0];

	if (outcome->status == 202) {
		exchange->answer.status = 202;
		print_outcome(outcome, &exchange->answer.body);
		buffer_append_byte(&exchange->answer.body, '\n');
		return;
	}
	add_wait(exchange, outcome->wait_s);
	if (outcome->refused_count && outcome->status == 422)
		http_problem_errors(exchange, 422, "refused", outcome->refused,
			outcome->refused_count);
	else
		http_problem(exchange, outcome->status, outcome->code, "%.*s",
			SLICE_PRINT(outcome->detail));
}

/* A batch of which nothing came, for one and the same reason, is refused as a whole. */
static bool all_failed(const struct posting *posting)
{
	for (size_t i = 0; i < posting->request.count; i++)
		if (posting->outcomes[i].status != posting->outcomes[0].status)
			return false;
	return posting->outcomes[0].status == 503 || posting->outcomes[0].status == 429;
}

static void answer_batch(struct posting *posting)
{
	struct http_exchange *exchange = posting->exchange;
	struct buffer *body = &exchange->answer.body;
	size_t accepted = 0;

	if (all_failed(posting)) {
		answer_one(posting);
		return;
	}
	for (size_t i = 0; i < posting->request.count; i++)
		accepted += posting->outcomes[i].status == 202;
	exchange->answer.status = 202;
	buffer_append_format(body, "{\"accepted\":%zu,\"messages\":[", accepted);
	for (size_t i = 0; i < posting->request.count; i++) {
		if (i)
			buffer_append_byte(body, ',');
		print_outcome(&posting->outcomes[i], body);
	}
	buffer_append(body, SLICE("]}\n"));
}

static void count(struct posting *posting)
{
	struct api_figures *figures = &posting->api->figures;

	for (size_t i = 0; i < posting->request.count; i++)
		*(posting->outcomes[i].status == 202 ? &figures->accepted
						     : &figures->refused) += 1;
}

static void post(struct posting *posting, struct deadline deadline)
{
	if (!prepare(posting, deadline))
		return;
	send_all(posting, deadline);
	count(posting);
	if (posting->request.batch)
		answer_batch(posting);
	else
		answer_one(posting);
}

/* Whether it is to be done; else it was answered. */
static bool is_first(struct posting *posting, const struct idempotent *idempotent,
	struct deadline deadline)
{
	struct http_exchange *exchange = posting->exchange;
	struct slice answer;
	unsigned status;

	if (!idempotency_key_is_valid(idempotent->key)) {
		http_problem(exchange, 400, "malformed",
			"An Idempotency-Key has 1 to %d characters that can be seen",
			IDEMPOTENCY_KEY_MAX);
		return false;
	}
	switch (idempotency_begin(
		idempotent, &exchange->arena, &status, &answer, deadline)) {
	case IDEMPOTENCY_FIRST:
		return true;
	case IDEMPOTENCY_RUNNING:
		http_add_field(exchange, "Retry-After", SLICE("1"));
		http_problem(exchange, 409, "in_progress",
			"A request with this Idempotency-Key is at work");
		return false;
	case IDEMPOTENCY_OTHER:
		http_problem(exchange, 422, "idempotency_key_reused",
			"This Idempotency-Key was for another request");
		return false;
	case IDEMPOTENCY_DONE:
		posting->api->figures.replayed++;
		exchange->answer.status = status;
		buffer_append(&exchange->answer.body, answer);
		http_add_field(exchange, "Idempotency-Replayed", SLICE("true"));
		return false;
	case IDEMPOTENCY_UNKNOWN:
		break;
	}
	http_add_field(exchange, "Retry-After", SLICE("5"));
	http_problem(
		exchange, 503, "unavailable", "Nothing can be kept now, try again");
	return false;
}

void api_post_messages(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	struct posting *posting = NEW(struct posting);
	struct idempotent idempotent = {.redis = ((struct api *)context)->redis,
		.owner = api_caller_of(exchange)->key.id,
		.key = http_field(&exchange->request, "Idempotency-Key"),
		.request = exchange->request.body};
	bool keyed = idempotent.key.at != NULL;

	posting->exchange = exchange;
	posting->api = context;
	posting->rules = (struct api_rules){.config = exchange->config,
		.tenant = api_caller_of(exchange)->key.tenant,
		.now_ms = worker_wall_ms()};
	if (keyed)
		deadline = deadline_earlier(
			deadline, deadline_after_ms(IDEMPOTENCY_TIME_MS));
	if (!keyed || is_first(posting, &idempotent, deadline)) {
		post(posting, deadline);
		if (keyed)
			idempotency_end(&idempotent,
				exchange->answer.status == 202 ? 202 : 0,
				buffer_contents(&exchange->answer.body),
				deadline_after_ms(5000));
	}
	api_request_finish(&posting->request);
	memory_free(posting);
}
