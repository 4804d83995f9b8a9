/*
 * The source over HTTP: requests of one or more messages, and what their answers
 * say of each.
 */
#include "bench/source_http.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/failure.h"

#include "bench/source_http_answer.h"
#include "bench/source_session.h"

#define PATH	      "/v1/messages"
#define LINE_READ_MAX 8192
#define ANSWER_MAX    (4u << 20)
#define PIECES_MAX    12
/* A request up to here waits for its neighbours, to go in one send. */
#define GATHERED_MAX 16384

/* ---- Where to ---- */

bool source_is_url(const char *text)
{
	return strstr(text, "://") != NULL;
}

bool source_url_read(const char *text, struct source_url *url_r)
{
	struct slice rest = slice_of(text), place;
	bool ported;

	url_r->tls = slice_starts_nocase(rest, SLICE("https://"));
	if (!url_r->tls && !slice_starts_nocase(rest, SLICE("http://")))
		return fail(
			FAILURE_CONFIG, "\"%s\": http:// or https:// is wanted", text);
	rest = slice_from(rest, slice_find(rest, SLICE("//")) + 2);
	place = slice_part(rest, 0, slice_index(rest, '/'));
	rest = slice_from(rest, place.size);
	if (rest.size > 1 && !slice_equal(rest, SLICE(PATH)))
		return fail(FAILURE_CONFIG, "\"%s\": the path is " PATH, text);
	if (!place.size || place.size > 256)
		return fail(FAILURE_CONFIG, "\"%s\": no host, or too long a one", text);
	ported = slice_index_last(place, ':') != place.size &&
		 place.at[place.size - 1] != ']';
	url_r->place = slice_make(
		url_r->text, (size_t)snprintf(url_r->text, sizeof(url_r->text),
				     "%.*s%s", SLICE_PRINT(place),
				     ported	  ? ""
				     : url_r->tls ? ":443"
						  : ":80"));
	return true;
}

/* ---- Requests ---- */

static void add_escaped(struct buffer *to, struct slice text)
{
	while (text.size) {
		size_t room = text.size + ESCAPE_BYTES_MAX;
		char *at = buffer_reserve(to, room);

		if (!at)
			return;
		buffer_advance(to, escape_json(&text, at, room));
	}
}

static void add_text(struct buffer *to, struct slice text)
{
	buffer_append_byte(to, '"');
	add_escaped(to, text);
	buffer_append_byte(to, '"');
}

static void add_recipients(const struct source_session *session,
	const struct transaction *transaction, struct buffer *to)
{
	const struct source *source = session->worker->source;
	struct slice id = slice_make(transaction->id, transaction->id_size);
	char address[AUDIENCE_TEXT_SIZE];

	for (uint64_t k = 0; k < source->options.recipients; k++) {
		buffer_append(to, k ? SLICE(",") : SLICE("["));
		add_text(to, audience_print(source->audience, transaction->number, k,
				     id, address));
	}
	buffer_append_byte(to, ']');
}

/* What is behind the header of it. */
static void add_body(struct buffer *to, const struct draft *draft)
{
	struct draft_reader reader = {.draft = draft};
	uint64_t header = draft->size - draft->body_size;
	struct slice pieces[PIECES_MAX];
	size_t count;

	buffer_append_byte(to, '"');
	while ((count = draft_read(&reader, pieces, PIECES_MAX)))
		for (size_t i = 0; i < count; i++) {
			add_escaped(to, slice_from(pieces[i], header));
			header = 0;
		}
	buffer_append_byte(to, '"');
}

static void add_message(const struct source_session *session,
	const struct transaction *transaction, struct buffer *to)
{
	const struct source *source = session->worker->source;
	struct slice id = slice_make(transaction->id, transaction->id_size);
	char from[AUDIENCE_TEXT_SIZE];

	buffer_append(to, SLICE("{\"from\":"));
	add_text(to, audience_print(source->senders, transaction->number, 0, id, from));
	buffer_append(to, SLICE(",\"to\":"));
	add_recipients(session, transaction, to);
	buffer_append(to, SLICE(",\"subject\":\"Ringpost bench "));
	buffer_append(to, id);
	buffer_append(to, SLICE("\",\"headers\":{\"X-Ledger-Id\":\""));
	buffer_append(to, id);
	buffer_append(to, SLICE("\"},\"text\":"));
	add_body(to, &transaction->draft);
	buffer_append_byte(to, '}');
}

/* A failure shows when the answer is read. */
static void send_request(struct source_session *session)
{
	const struct source *source = session->worker->source;
	struct slice body = buffer_contents(&session->commands);

	stream_write_format(session->stream,
		"POST " PATH " HTTP/1.1\r\nHost: %s\r\n"
		"Authorization: Bearer %s\r\n"
		"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
		session->target->host, source->key, body.size);
	if (body.size <= GATHERED_MAX)
		stream_write(session->stream, body);
	else
		stream_send(session->stream, &body, 1, source_deadline(session));
	buffer_clear(&session->commands);
}

/* Of those in flight, COUNT that were not written yet. */
static void write_request(struct source_session *session, size_t count)
{
	bool many = session->worker->source->options.batch > 1;
	struct transaction *first = source_flight(session, session->written);

	first->together = count;
	if (many)
		buffer_append(&session->commands, SLICE("{\"messages\":["));
	for (size_t i = 0; i < count; i++) {
		struct transaction *transaction = source_flight(
			session, session->written + i);

		if (i)
			buffer_append_byte(&session->commands, ',');
		add_message(session, transaction, &session->commands);
		transaction->sent = true;
	}
	if (many)
		buffer_append(&session->commands, SLICE("]}"));
	session->written += count;
	session->begun += count;
	send_request(session);
}

/* For one request: how many in flight were not written yet, the first waited for where
 * nothing else is under way. */
static size_t gather(struct source_session *session)
{
	size_t most = session->worker->source->options.batch;

	while (session->count - session->written < most && source_may_begin(session) &&
		source_take(session, session->count == 0, deadline_none()))
		continue;
	return session->count - session->written;
}

/* ---- Answers ---- */

struct answer {
	unsigned status;
	uint64_t size; /* of the body */
	bool sized;
};

static bool read_line(struct source_session *session, struct slice *line_r)
{
	if (!stream_read_line(
		    session->stream, LINE_READ_MAX, line_r, source_deadline(session)))
		return false;
	*line_r = slice_trim_all(*line_r);
	return true;
}

static bool read_status(struct source_session *session, struct answer *answer)
{
	struct slice line;
	uint64_t status;

	if (!read_line(session, &line))
		return false;
	if (!slice_starts(line, SLICE("HTTP/1.1 ")) ||
		!slice_to_u64(slice_part(line, 9, 3), &status) || status < 200 ||
		status > 599)
		return stream_fail(session->stream, FAILURE_PROTOCOL,
			"this is no final answer of HTTP/1.1");
	answer->status = (unsigned)status;
	return true;
}

static bool read_fields(struct source_session *session, struct answer *answer)
{
	struct slice line, name;

	for (;;) {
		if (!read_line(session, &line))
			return false;
		if (!line.size)
			return true;
		name = slice_cut(&line, ':');
		line = slice_trim(line);
		if (slice_equal_nocase(name, SLICE("Content-Length")))
			answer->sized = slice_to_u64(line, &answer->size);
		else if (slice_equal_nocase(name, SLICE("Connection")))
			session->closing |= slice_equal_nocase(line, SLICE("close"));
	}
}

static bool read_body(struct source_session *session, const struct answer *answer)
{
	struct slice bytes;

	if (!answer->sized || answer->size > ANSWER_MAX)
		return stream_fail(session->stream, FAILURE_PROTOCOL,
			"an answer without Content-Length, or too long a one");
	for (uint64_t left = answer->size; left; left -= bytes.size) {
		if (!stream_read(
			    session->stream, left, &bytes, source_deadline(session)))
			return false;
		buffer_append(&session->commands, bytes);
	}
	return true;
}

/* It is taken out of the flight. */
static void settle(struct source_session *session, const struct http_outcome *outcome)
{
	struct transaction *transaction = source_flight(session, 0);
	uint64_t recipients = session->worker->source->options.recipients;
	struct reply reply = {
		.code = (int)outcome->status, .text = slice_of(outcome->text)};

	if (outcome->status / 100 == 2) {
		for (uint64_t k = 0; k < recipients; k++)
			source_accept(session, transaction, k);
		source_acked(session, &reply);
		return;
	}
	tally_reply(session->worker->tally, "http", &reply);
	transaction->code = reply.code;
	transaction->stage = "http";
	transaction->for_now = outcome->status == 429 || outcome->status >= 500;
	reply_print(&reply, transaction->refusal, sizeof(transaction->refusal));
	source_refused(session);
}

static bool read_answer(struct source_session *session)
{
	size_t count = source_flight(session, 0)->together;
	struct answer answer = {0};
	struct http_outcomes *outcomes;
	struct http_outcome outcome;

	if (!read_status(session, &answer) || !read_fields(session, &answer) ||
		!read_body(session, &answer)) {
		buffer_clear(&session->commands);
		return false;
	}
	outcomes = http_outcomes_read(
		answer.status, buffer_contents(&session->commands));
	buffer_clear(&session->commands);
	for (size_t i = 0; i < count; i++) {
		http_outcome_of(outcomes, i, &outcome);
		settle(session, &outcome);
	}
	http_outcomes_destroy(&outcomes);
	return true;
}

void source_http_converse(struct source_session *session)
{
	const struct source_options *options = &session->worker->source->options;
	size_t requests = 0, count;

	while (!session->closing) {
		while (requests < options->ahead && (count = gather(session))) {
			write_request(session, count);
			requests++;
		}
		if (!requests)
			return;
		if (!read_answer(session))
			break;
		requests--;
	}
	if (session->count)
		source_lose_rest(session);
}
