/* Answers: problems as JSON, and how all of them are written (RFC 9112 4). */
#include "http/answer.h"

#include <string.h>

#include "base/clock.h"
#include "base/event.h"
#include "http/gzip.h"
#include "run/worker.h"

#define SMALL_MAX  16384 /* of a body that is copied behind its head */
#define OUTBOX_MAX 65536 /* answers to a client that does not read them */
#define PACKED_MIN 1024	 /* smaller ones gain nothing */

void http_add_field(
	struct http_exchange *exchange, const char *name, struct slice value)
{
	struct http_answer *answer = &exchange->answer;
	struct slice copy = arena_copy(&exchange->arena, value);
	char *text = (char *)(uintptr_t)copy.at;

	if (answer->field_count == HTTP_ANSWER_FIELDS)
		return;
	for (size_t i = 0; i < copy.size; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
	answer->fields[answer->field_count++] = (struct http_field){
		slice_of(name), copy};
}

static void begin_problem(struct http_exchange *exchange, unsigned status,
	const char *code, struct slice detail)
{
	struct http_answer *answer = &exchange->answer;
	struct buffer *body = &answer->body;

	answer->status = status;
	answer->type = "application/problem+json";
	buffer_clear(body);
	buffer_append_format(body, "{\"status\":%u,\"title\":\"%s\",\"code\":\"%s\"",
		status, http_reason(status), code);
	buffer_append(body, SLICE(",\"detail\":"));
	event_quote(body, detail);
}

void http_problem(struct http_exchange *exchange, unsigned status, const char *code,
	const char *format, ...)
{
	struct buffer text = {.limit = 1024};
	va_list list;

	va_start(list, format);
	buffer_append_va(&text, format, list);
	va_end(list);
	begin_problem(exchange, status, code, buffer_contents(&text));
	buffer_append(&exchange->answer.body, SLICE("}\n"));
	buffer_finish(&text);
}

void http_problem_errors(struct http_exchange *exchange, unsigned status,
	const char *code, const struct http_error *errors, size_t count)
{
	struct buffer *body = &exchange->answer.body;

	begin_problem(exchange, status, code,
		count == 1 ? errors[0].detail
			   : arena_format(&exchange->arena,
				     "%zu things are wrong with this request", count));
	buffer_append(body, SLICE(",\"errors\":["));
	for (size_t i = 0; i < count; i++) {
		buffer_append(
			body, i ? SLICE(",{\"pointer\":") : SLICE("{\"pointer\":"));
		event_quote(body, errors[i].pointer);
		buffer_append(body, SLICE(",\"detail\":"));
		event_quote(body, errors[i].detail);
		buffer_append_byte(body, '}');
	}
	buffer_append(body, SLICE("]}\n"));
}

const char *http_reason(unsigned status)
{
	static const struct {
		unsigned status;
		const char *reason;
	} reasons[] = {{200, "OK"}, {201, "Created"}, {202, "Accepted"},
		{204, "No Content"}, {304, "Not Modified"}, {400, "Bad Request"},
		{401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
		{405, "Method Not Allowed"}, {408, "Request Timeout"},
		{409, "Conflict"}, {410, "Gone"}, {411, "Length Required"},
		{412, "Precondition Failed"}, {413, "Content Too Large"},
		{414, "URI Too Long"}, {415, "Unsupported Media Type"},
		{417, "Expectation Failed"}, {422, "Unprocessable Content"},
		{429, "Too Many Requests"}, {431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"}, {501, "Not Implemented"},
		{502, "Bad Gateway"}, {503, "Service Unavailable"},
		{504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"},
		{507, "Insufficient Storage"}};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}

void http_answer_continue(struct stream *stream)
{
	stream_write(stream, SLICE("HTTP/1.1 100 Continue\r\n\r\n"));
}

static bool has_body(const struct http_answer *answer)
{
	return answer->status != 204 && answer->status != 304;
}

static void write_head(
	struct http_exchange *exchange, bool kept, size_t size, bool packed)
{
	const struct http_answer *answer = &exchange->answer;
	struct stream *stream = exchange->stream;
	char text[CLOCK_TEXT_SIZE];
	/* RFC 9110 5.6.7: as mail has it, but for the zone. */
	struct slice date = clock_format_mail(worker_wall_ms(), text);

	stream_write_format(stream, "HTTP/1.1 %u %s\r\nDate: %.*s GMT\r\n",
		answer->status, http_reason(answer->status),
		SLICE_PRINT(slice_part(date, 0, slice_index(date, '+') - 1)));
	if (has_body(answer)) {
		stream_write_format(stream,
			"Content-Type: %s\r\nContent-Length: %zu\r\n",
			answer->type ? answer->type : "application/json", size);
		stream_write(stream, SLICE("X-Content-Type-Options: nosniff\r\n"));
	}
	if (packed)
		stream_write(stream, SLICE("Content-Encoding: gzip\r\n"
					   "Vary: Accept-Encoding\r\n"));
	if (!kept)
		stream_write(stream, SLICE("Connection: close\r\n"));
	else if (exchange->request.old)
		stream_write(stream, SLICE("Connection: keep-alive\r\n"));
	for (size_t i = 0; i < answer->field_count; i++) {
		stream_write(stream, answer->fields[i].name);
		stream_write(stream, SLICE(": "));
		stream_write(stream, answer->fields[i].value);
		stream_write(stream, SLICE("\r\n"));
	}
	stream_write(stream, SLICE("\r\n"));
}

/* Smaller in gzip, if the client takes that. */
static bool pack(
	struct http_exchange *exchange, struct buffer *packed, struct deadline deadline)
{
	const struct http_answer *answer = &exchange->answer;

	return has_body(answer) && buffer_size(&answer->body) >= PACKED_MIN &&
	       http_field_lists(&exchange->request, "Accept-Encoding", "gzip") &&
	       gzip_pack(buffer_contents(&answer->body), packed, deadline);
}

bool http_answer_write(
	struct http_exchange *exchange, bool kept, struct deadline deadline)
{
	struct stream *stream = exchange->stream;
	struct buffer packed = {0};
	bool is_packed = pack(exchange, &packed, deadline);
	struct slice body = buffer_contents(
		is_packed ? &packed : &exchange->answer.body);
	bool sent = true;

	write_head(exchange, kept, body.size, is_packed);
	if (!has_body(&exchange->answer) ||
		slice_equal(exchange->request.method, SLICE("HEAD")))
		body = SLICE_EMPTY;
	if (body.size <= SMALL_MAX)
		stream_write(stream, body);
	else
		sent = stream_send(stream, &body, 1, deadline);
	if (stream_outbox_size(stream) > OUTBOX_MAX)
		sent = stream_flush(stream, deadline);
	buffer_finish(&packed);
	return sent && stream_is_whole(stream);
}
