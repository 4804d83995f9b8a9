/*
 * `send`: a message from the shell, as POST /v1/messages has it, through submission;
 * whoever may ask here may send as anybody.
 *
 *	{"command":"send","message":{"from":…,"to":…,…}}
 *
 * answers {"messages":[{"id":…,"refused":[…]}, {"status":…,"code":…,"detail":…}]}, or
 * {"errors":[{"pointer":…,"detail":…}]} and nothing was sent.
 */
#include "admin/call.h"

#include "api/send.h"
#include "api/templates.h"
#include "base/memory.h"
#include "io/stream.h"
#include "run/worker.h"

#define POOL_MIN   262144 /* larger ones are read on the pool */
#define PIPE_BYTES 4096	  /* nothing goes through it */

struct sending {
	struct buffer text;
	struct api_request request;
	struct api_rules rules;
	const char *why; /* it cannot be read */
	bool read;
};

static void read_all(void *arg)
{
	struct sending *sending = arg;
	struct api_request *request = &sending->request;

	sending->read = api_request_read(request, buffer_contents(&sending->text),
		&sending->rules, &sending->why);
	for (size_t i = 0; sending->read && i < request->count; i++)
		if (!request->messages[i].template.at)
			api_message_check(&request->messages[i], &request->problems);
}

static bool read(
	struct admin_call *call, struct sending *sending, struct deadline deadline)
{
	struct api_request *request = &sending->request;

	if (!value_print(value_get(call->request, "message"), &sending->text))
		return false;
	if (buffer_size(&sending->text) < POOL_MIN ||
		!offload(read_all, sending, deadline))
		read_all(sending);
	if (!sending->read)
		return admin_refuse(
			call, ADMIN_WRONG, "message", "no message: %s", sending->why);
	if (!request->problems.count &&
		!templates_use(call->daemon->workers[0].redis, request, deadline))
		return false;
	for (size_t i = 0; !request->problems.count && i < request->count; i++)
		if (request->messages[i].template.at)
			api_message_check(&request->messages[i], &request->problems);
	return true;
}

static struct value *errors_of(const struct http_error *errors, size_t count)
{
	struct value *list = value_list();

	for (size_t i = 0; i < count; i++) {
		struct value *item = value_object();

		value_set_text(item, "pointer", errors[i].pointer);
		value_set_text(item, "detail", errors[i].detail);
		value_append(list, item);
	}
	return list;
}

static struct value *outcome_of(const struct api_outcome *outcome)
{
	struct value *item = value_object();

	if (outcome->status == 202) {
		value_set_text(item, "id", outcome->id);
	} else {
		value_set_number(item, "status", outcome->status);
		value_set_text(item, "code", slice_of(outcome->code));
		value_set_text(item, "detail", outcome->detail);
	}
	if (outcome->refused_count)
		value_set(item, "refused",
			errors_of(outcome->refused, outcome->refused_count));
	return item;
}

/* From this machine, by somebody who needs no password. */
static bool send_all(
	struct admin_call *call, struct sending *sending, struct deadline deadline)
{
	static const unsigned char here[16] = {[10] = 0xff, 0xff, 127, 0, 0, 1};
	static const struct config_listener listener = {.require_auth = false};
	static struct slice anybody[] = {SLICE("*")};
	const struct account account = {
		.name = call->asker.by, .senders = anybody, .sender_count = 1};
	struct submission_entrance entrance = {
		.submission = call->daemon->workers[0].submission,
		.config = config_hold(call->daemon->workers[0].world->config),
		.listener = &listener,
		.account = &account,
		.protocol = "SOCKET",
	};
	struct api_request *request = &sending->request;
	struct api_outcome *outcomes = arena_take_array(
		&request->arena, request->count, sizeof(*outcomes));
	struct value *list = value_list();
	struct smtp_session *session;
	struct stream *other = NULL;
	bool paired = stream_pair(PIPE_BYTES, &entrance.stream, &other);

	if (paired) {
		stream_set_peer(entrance.stream, here, 0);
		session = submission_enter(&entrance);
		api_send(session, request, &request->arena, outcomes, deadline);
		submission_leave(&session);
	}
	for (size_t i = 0; paired && i < request->count; i++)
		value_append(list, outcome_of(&outcomes[i]));
	value_set(call->answer, "messages", list);
	stream_close(&other);
	stream_close(&entrance.stream);
	config_release(&entrance.config);
	return paired;
}

bool admin_send(struct admin_call *call, struct deadline deadline)
{
	struct sending *sending = NEW(struct sending);
	struct problems *problems = &sending->request.problems;
	bool good;

	sending->rules = (struct api_rules){
		.config = config_hold(call->daemon->workers[0].world->config),
		.now_ms = worker_wall_ms()};
	good = read(call, sending, deadline);
	if (good && problems->count)
		value_set(call->answer, "errors",
			errors_of(problems->list, problems->count));
	else if (good)
		good = send_all(call, sending, deadline);
	api_request_finish(&sending->request);
	buffer_finish(&sending->text);
	config_release((struct config **)&sending->rules.config);
	memory_free(sending);
	return good;
}
