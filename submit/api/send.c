/* Messages on their way through submission. */
#include "api/send.h"

#include <string.h>

#include "base/memory.h"
#include "mail/text.h"
#include "run/fiber.h"
#include "run/worker.h"

#define AHEAD_MAX    64		/* messages that are being made safe */
#define AHEAD_BYTES  (4u << 20) /* … and what they have together */
#define PIECE_BYTES  65536
#define HEADER_GUESS 2048
#define POOL_MIN     131072 /* larger ones are made on the pool */

struct ahead {
	struct smtp_pending *pending;
	struct api_outcome *outcome;
	size_t bytes;
};

struct sending {
	struct smtp_session *session;
	const struct api_request *request;
	struct arena *arena;
	struct ahead ahead[AHEAD_MAX];
	size_t begin, count, bytes;
};

/* "…try again in 17 seconds" */
static unsigned seconds_in(struct slice text)
{
	struct slice number = slice_from(
		text, slice_find(text, SLICE("again in ")) + strlen("again in "));
	uint64_t seconds;

	number = slice_part(number, 0, slice_index(number, ' '));
	return slice_to_u64(number, &seconds) && seconds < 100000 ? (unsigned)seconds
								  : 0;
}

/* What a reply of submission's is in HTTP. */
static void refuse(
	struct sending *sending, struct api_outcome *outcome, const struct reply *reply)
{
	char text[400];

	outcome->detail = arena_copy(
		sending->arena, reply_print(reply, text, sizeof(text)));
	outcome->status = 422;
	outcome->code = "refused";
	if (reply->code == 450 && reply->enhanced.subject == 7) {
		outcome->status = 429;
		outcome->code = "rate_limited";
		outcome->wait_s = seconds_in(reply->text);
	} else if (reply_is_transient(reply)) {
		outcome->status = 503;
		outcome->code = "unavailable";
		outcome->wait_s = 5;
	} else if (reply->code == 552) {
		outcome->status = 413;
		outcome->code = "too_large";
	} else if (reply->enhanced.subject == 7 && reply->enhanced.detail == 1 &&
		   slice_find(reply->text, SLICE("not yours")) < reply->text.size) {
		outcome->status = 403;
		outcome->code = "sender_not_allowed";
	}
}

static void fail_outcome(struct sending *sending, struct api_outcome *outcome,
	unsigned status, const char *code, const char *detail)
{
	outcome->status = status;
	outcome->code = code;
	outcome->detail = slice_of(detail);
}

/* Waits for what became of the oldest. */
static void settle_one(struct sending *sending, struct deadline deadline)
{
	struct ahead *oldest = &sending->ahead[sending->begin];
	struct smtp_session *session = sending->session;
	struct reply reply = {0};

	session->policy->outcome(session, oldest->pending, &reply, deadline);
	if (!reply_is_positive(&reply))
		refuse(sending, oldest->outcome, &reply);
	else
		oldest->outcome->status = 202;
	sending->bytes -= oldest->bytes;
	sending->begin = (sending->begin + 1) % AHEAD_MAX;
	sending->count--;
}

static void add_ahead(struct sending *sending, struct smtp_pending *pending,
	struct api_outcome *outcome, size_t bytes)
{
	size_t at = (sending->begin + sending->count++) % AHEAD_MAX;

	sending->ahead[at] = (struct ahead){pending, outcome, bytes};
	sending->bytes += bytes;
}

struct write_job {
	const struct api_message *message;
	const struct config *config;
	struct problems *problems;
	struct buffer *out;
	bool done;
};

static void write_message(void *arg)
{
	struct write_job *job = arg;

	job->done = api_message_write(
		job->message, job->config, job->problems, job->out);
}

static size_t weight(const struct api_message *message)
{
	size_t weight = message->raw.size + message->text.size + message->html.size;

	for (size_t i = 0; i < message->file_count; i++)
		weight += message->files[i].bytes.size;
	return weight;
}

static bool compose_text(struct sending *sending, const struct api_message *message,
	struct api_outcome *outcome, struct buffer *out, struct deadline deadline)
{
	struct problems problems = {.arena = sending->arena};
	struct write_job job = {.message = message,
		.config = sending->session->config,
		.problems = &problems,
		.out = out};

	if (weight(message) < POOL_MIN || !offload(write_message, &job, deadline))
		write_message(&job);
	if (!job.done && problems.count) {
		outcome->status = problems.injection ? 400 : 422;
		outcome->code = "invalid";
		outcome->detail = problems.list[0].detail;
	} else if (!job.done) {
		fail_outcome(sending, outcome, 413, "too_large", "Message too big");
	}
	return job.done;
}

/* A raw one's header may be UTF-8, too (RFC 6532). */
static bool needs_utf8(const struct api_message *message)
{
	bool needs = address_needs_utf8(&message->from_address);
	size_t header = slice_find(message->raw, SLICE("\r\n\r\n"));

	for (size_t i = 0; i < message->recipient_count; i++)
		needs |= address_needs_utf8(&message->recipients[i].address);
	return needs || !text_is_ascii(slice_part(message->raw, 0, header));
}

static bool say_mail(struct sending *sending, const struct api_message *message,
	size_t size, struct reply *reply, struct deadline deadline)
{
	struct smtp_session *session = sending->session;
	struct smtp_command mail = {.verb = SMTP_MAIL,
		.path = message->from_address,
		.has_size = true,
		.size = size,
		.smtputf8 = needs_utf8(message)};

	mail.extensions.hold_until_ms = message->send_at_ms;
	mail.extensions.priority_given = message->has_priority;
	mail.extensions.priority = message->priority;
	session->utf8 = mail.smtputf8;
	*reply = REPLY(250, 2, 1, 0, "");
	session->policy->mail(session, &mail, reply, deadline);
	return reply_is_positive(reply);
}

/* A recipient who is refused does not keep the message from the others, unless
 * nobody is left, or it cannot be known now. */
static bool say_rcpts(struct sending *sending, const struct api_message *message,
	struct api_outcome *outcome, struct reply *reply, struct deadline deadline)
{
	struct smtp_session *session = sending->session;
	size_t accepted = 0;
	char text[400];

	for (size_t i = 0; i < message->recipient_count; i++) {
		struct smtp_command rcpt = {
			.verb = SMTP_RCPT, .path = message->recipients[i].address};

		*reply = REPLY(250, 2, 1, 5, "");
		session->policy->rcpt(session, &rcpt, reply, deadline);
		if (reply_is_positive(reply)) {
			accepted++;
			continue;
		}
		if (!reply_is_permanent(reply))
			return false;
		if (!outcome->refused)
			outcome->refused = arena_take_array(sending->arena,
				message->recipient_count, sizeof(*outcome->refused));
		outcome->refused[outcome->refused_count++] = (struct http_error){
			message->recipients[i].pointer,
			arena_copy(sending->arena,
				reply_print(reply, text, sizeof(text)))};
	}
	return accepted > 0;
}

static bool say_content(
	struct sending *sending, struct slice content, struct deadline deadline)
{
	struct smtp_session *session = sending->session;

	while (content.size) {
		struct slice run = slice_part(content, 0, PIECE_BYTES);

		if (!session->policy->content(session, run, deadline))
			return false; /* `end` says why */
		content = slice_from(content, run.size);
		if (content.size)
			fiber_yield(deadline);
	}
	return true;
}

/* From MAIL to what `outcome` is asked with; NULL with *reply, or the outcome. */
static struct smtp_pending *converse(struct sending *sending,
	const struct api_message *message, struct slice content,
	struct api_outcome *outcome, struct reply *reply, struct deadline deadline)
{
	struct smtp_session *session = sending->session;
	struct text_facts facts = {.line_limit = TEXT_LINE_MAX};

	if (!say_mail(sending, message, content.size, reply, deadline) ||
		!say_rcpts(sending, message, outcome, reply, deadline))
		return NULL;
	*reply = REPLY(354, 0, 0, 0, "");
	session->policy->begin(session, reply, deadline);
	if (reply->code != 354)
		return NULL;
	outcome->id = arena_copy(sending->arena, submission_message_id(session));
	text_check(&facts, content);
	text_check_end(&facts);
	say_content(sending, content, deadline);
	*reply = REPLY(250, 2, 0, 0, "");
	return session->policy->end(session, &facts, reply, deadline);
}

static void send_one(struct sending *sending, const struct api_message *message,
	struct api_outcome *outcome, struct deadline deadline)
{
	struct smtp_session *session = sending->session;
	uint64_t most = session->config->submission.message_size;
	struct buffer content = {.limit = (size_t)most + (1u << 20)};
	struct smtp_pending *pending = NULL;
	struct reply reply = {0};

	/* Most of what it will be, at once; what is over the cap shows later. */
	buffer_reserve(&content, weight(message) + weight(message) / 16 + HEADER_GUESS);
	if (compose_text(sending, message, outcome, &content, deadline)) {
		submission_set_marks(session, message->tenant, message->metadata);
		pending = converse(sending, message, buffer_contents(&content), outcome,
			&reply, deadline);
		if (pending)
			add_ahead(sending, pending, outcome, buffer_size(&content));
		else
			refuse(sending, outcome, &reply);
	}
	buffer_finish(&content);
	submission_again(session);
}

void api_send(struct smtp_session *session, const struct api_request *request,
	struct arena *arena, struct api_outcome *outcomes, struct deadline deadline)
{
	struct sending *sending = NEW(struct sending);

	sending->session = session;
	sending->request = request;
	sending->arena = arena;
	for (size_t i = 0; i < request->count; i++) {
		while (sending->count == AHEAD_MAX || sending->bytes > AHEAD_BYTES)
			settle_one(sending, deadline);
		if (deadline_has_passed(deadline) || fiber_is_cancelled())
			fail_outcome(sending, &outcomes[i], 503, "unavailable",
				"There was no time left for this one");
		else
			send_one(
				sending, &request->messages[i], &outcomes[i], deadline);
		if (i % 16 == 15)
			fiber_yield(deadline);
	}
	while (sending->count)
		settle_one(sending, deadline);
	memory_free(sending);
}
