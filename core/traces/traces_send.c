/*
 * Sending spans to a collector (the OTLP specification, OTLP/HTTP, JSON): one
 * request at a time, again after a while where the answer says that it may help.
 */
#include <stdio.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "io/fetch.h"
#include "run/worker.h"
#include "traces/partial.h"
#include "traces/traces_core.h"

#define GATHER_MS     1000
#define TRIES_MAX     8
#define WAIT_FIRST_MS 500 /* doubles */
#define WAIT_MAX_MS   30000
#define ANSWER_MAX    65536
#define TELL_US	      (60 * INT64_C(1000000))
#define HEADERS_MAX   24

enum answer { TAKEN, NEVER, AGAIN };

struct posting {
	struct traces *traces;
	struct traces_batch *batch;
	struct config *config; /* held: a reload may come meanwhile */
	struct arena arena;
	struct fetch_response response;
	char why[PARTIAL_WHY_SIZE];
};

static void tell(struct traces *traces, unsigned spans, const char *why)
{
	int64_t now_us = worker_now_us();
	struct event event;

	if (traces->told_us && now_us - traces->told_us < TELL_US)
		return;
	traces->told_us = now_us;
	event_begin(&event, EVENT_WARNING, "traces_lost");
	event_number(&event, "spans", spans);
	event_text(&event, "reason", slice_of(why));
	event_end(&event);
}

static bool post(struct posting *posting, struct deadline deadline)
{
	const struct config_traces *to = &posting->config->traces;
	struct slice headers[HEADERS_MAX] = {SLICE("Content-Type: application/json")};
	struct fetch_options options = {.url = slice_of(to->endpoint),
		.body = buffer_contents(&posting->batch->body),
		.headers = headers,
		.header_count = 1,
		.size_max = ANSWER_MAX,
		.ca_file = to->ca_file,
		.private_addresses = true,
		.plain = true,
		.dns = posting->traces->dns};

	for (size_t i = 0; i < to->headers.count && options.header_count < HEADERS_MAX;
		i++)
		headers[options.header_count++] = slice_of(to->headers.at[i]);
	return fetch(&options, &posting->arena, &posting->response, deadline);
}

static enum answer judge(struct posting *posting, bool answered)
{
	unsigned status = posting->response.status;

	if (!answered) {
		snprintf(posting->why, sizeof(posting->why), "%.190s",
			failure_last()->text);
		return failure_kind_last() == FAILURE_DATA ||
				       failure_kind_last() == FAILURE_CANCELLED
			       ? NEVER
			       : AGAIN;
	}
	if (status / 100 == 2)
		return TAKEN;
	snprintf(posting->why, sizeof(posting->why), "it answered %u", status);
	return status == 429 || status == 502 || status == 503 || status == 504 ? AGAIN
										: NEVER;
}

static enum answer try_once(struct posting *posting)
{
	enum answer answer;

	posting->config = config_hold(posting->traces->config);
	posting->response = (struct fetch_response){0};
	if (!posting->config->traces.endpoint) {
		snprintf(posting->why, sizeof(posting->why),
			"no collector is configured any more");
		answer = NEVER;
	} else {
		answer = judge(posting,
			post(posting,
				deadline_after_ms(posting->config->traces.timeout_ms)));
		if (answer != TAKEN)
			traces_count(&traces_counts.failures, 1);
	}
	config_release(&posting->config);
	return answer;
}

/* False: it is ending. */
static bool wait_again(
	struct traces *traces, const struct posting *posting, unsigned tries)
{
	int64_t ms = (int64_t)WAIT_FIRST_MS << tries;
	struct deadline until;

	ms += (int64_t)random_below((uint64_t)ms / 2);
	if (posting->response.retry_after_s > 0)
		ms = posting->response.retry_after_s < WAIT_MAX_MS / 1000
			     ? posting->response.retry_after_s * 1000
			     : WAIT_MAX_MS;
	until = deadline_after_ms(ms < WAIT_MAX_MS ? ms : WAIT_MAX_MS);
	while (!traces->closing && !deadline_has_passed(until) && !fiber_is_cancelled())
		condition_wait(&traces->work, until);
	return !traces->closing && !fiber_is_cancelled();
}

/* Takes the batch to its end, whatever that is. */
static void send_first(struct traces *traces)
{
	struct posting posting = {.traces = traces,
		.batch = LIST_FIRST(&traces->batches, struct traces_batch, link)};
	unsigned count = posting.batch->count, tries = 0;
	enum answer answer;
	uint64_t lost = 0;

	if (traces->open == posting.batch)
		traces->open = NULL;
	span_end_batch(&posting.batch->body);
	do {
		arena_reset(&posting.arena);
		answer = try_once(&posting);
	} while (answer == AGAIN && ++tries < TRIES_MAX &&
		 wait_again(traces, &posting, tries - 1));
	if (answer == TAKEN)
		lost = partial_read(posting.response.body, count, posting.why);
	else
		lost = count;
	traces_count(&traces_counts.sent, count - lost);
	traces_count(answer == AGAIN ? &traces_counts.dropped : &traces_counts.refused,
		lost);
	if (lost)
		tell(traces, (unsigned)lost, posting.why);
	traces_forget_first(traces);
	arena_finish(&posting.arena);
}

/* Until there is something, and then a little longer: more comes with it. */
static void gather(struct traces *traces)
{
	struct deadline until;

	while (list_is_empty(&traces->batches) && !traces->closing &&
		!fiber_is_cancelled())
		condition_wait(&traces->work, deadline_none());
	until = deadline_after_ms(GATHER_MS);
	while (traces->open &&
		traces->open ==
			LIST_FIRST(&traces->batches, struct traces_batch, link) &&
		!traces->closing && !deadline_has_passed(until) &&
		!fiber_is_cancelled())
		condition_wait(&traces->work, until);
}

void traces_run(void *arg)
{
	struct traces *traces = arg;

	for (;;) {
		gather(traces);
		if (fiber_is_cancelled() || list_is_empty(&traces->batches))
			break;
		send_first(traces);
	}
	traces->running = false;
}
