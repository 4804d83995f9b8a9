/*
 * `message cancel|reschedule|retry|hold|release`: what becomes of one message, and of
 * which of its recipients.
 */
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"

#include "admin/call.h"
#include "admin/message_call.h"
#include "admin/message_history.h"
#include "daemon/fan.h"
#include "report/entry_value.h"

#define NAMED_MAX 1000 /* recipients, of each kind */

static const struct act {
	const char *command;
	enum queue_action action;
	bool by_sender;
	const char *done; /* what the recipients are called that it was done to */
	const char *none; /* … where there are none */
} acts[] = {
	{"message cancel", QUEUE_DROP, true, "canceled",
		"nothing of it is left to cancel"},
	{"message reschedule", QUEUE_RESCHEDULE, true, "rescheduled",
		"nothing of it waits that could wait for another time"},
	{"message retry", QUEUE_RETRY, false, "retried",
		"nothing of it waits for another attempt"},
	{"message hold", QUEUE_HOLD, false, "held", "nothing of it could be held"},
	{"message release", QUEUE_RELEASE, false, "released", "nothing of it is held"},
};

static const struct act *act_of(const struct value *request)
{
	for (size_t i = 0; i < ARRAY_COUNT(acts); i++)
		if (slice_equal(value_get_text(request, "command"),
			    slice_of(acts[i].command)))
			return &acts[i];
	return NULL;
}

/* Recipients by what became of them. */
struct hearing {
	struct value *lists[QUEUE_TOLD_NOT + 1];
};

static void hear(void *context, const struct entry *entry, enum queue_told how)
{
	struct hearing *hearing = context;
	struct value *list = hearing->lists[how];

	if (!entry) /* damaged: nobody knows to whom */
		value_append_text(list, SLICE("?"));
	for (size_t i = 0; entry && i < entry->recipient_count; i++)
		if (value_count(list) < NAMED_MAX)
			value_append_text(list, entry->recipients[i].address);
}

static bool is_of_account(void *context, const struct queue_item *item)
{
	return slice_equal(
		*(const struct slice *)context, item->entry->message->envelope.account);
}

static bool act_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	static const char *const names[] = {"done", "later", "not"};
	const struct act *act = act_of(request);
	struct slice account = value_get_text(request, "account");
	struct hearing hearing = {{value_list(), value_list(), value_list()}};
	struct queue_wish wish = {.action = act->action,
		.by_sender = act->by_sender,
		.due_ms = value_get_number(request, "due_ms"),
		.expire_ms = worker->world->config->relay.expire_ms,
		.told = hear,
		.context = &hearing};
	struct queue_selector selector;
	uint64_t changed;
	bool good = selector_read(request, &selector);

	if (account.size) {
		selector.filter = is_of_account;
		selector.filter_context = &account;
	}
	good = good && queue_act(worker->queue, &wish, &selector, &changed, deadline);
	if (good && act->action == QUEUE_RETRY && changed)
		relay_try_now(worker->relay);
	*result_r = value_object();
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		value_set(*result_r, names[i], hearing.lists[i]);
	message_note_owner(worker, request, *result_r);
	return good;
}

static struct value *gather(const struct value *results, const char *name)
{
	struct value *all = value_list();

	for (size_t i = 0; i < value_count(results); i++) {
		const struct value *list = value_get(value_at(results, i), name);

		for (size_t j = 0; j < value_count(list); j++)
			value_append(all, value_copy(value_at(list, j)));
	}
	return all;
}

/* When it is to be sent, as the workers are told; false with a failure. */
static bool set_time(struct admin_call *call, struct value *request)
{
	int64_t most = call->daemon->world->config->submission.future_release_ms;
	int64_t now_ms = worker_wall_ms(), due_ms = 0;

	if (!value_has(request, "send_at"))
		return admin_refuse(
			call, ADMIN_WRONG, "send_at", "when is it to be sent?");
	if (!message_read_time(call, "send_at", &due_ms))
		return false;
	if (due_ms > now_ms + most)
		return admin_refuse(call, ADMIN_WRONG, "send_at",
			"this is more than %lld hours from now "
			"(submission.future_release)",
			(long long)(most / 3600000));
	value_set_number(request, "due_ms", due_ms > now_ms ? due_ms : now_ms);
	if (due_ms > now_ms)
		value_set_number(call->answer, "send_at_ms", due_ms);
	return true;
}

static bool answer(struct admin_call *call, const struct act *act,
	const struct message_id *id, const struct value *results,
	struct deadline deadline)
{
	struct value *done = gather(results, "done"), *later = gather(results, "later");
	struct value *not = gather(results, "not");
	bool any = value_count(done) || value_count(later);
	bool there = value_count(not ) > 0;

	value_set_text(call->answer, "id", message_id_slice(id));
	value_set(call->answer, act->done, done);
	value_set(call->answer, "in_delivery", later);
	value_set(call->answer, "unchanged", not );
	if (any)
		return true;
	if (!message_is_ours(results))
		return fail(FAILURE_STORE,
			"%s is of a part of the queue that another node has now, or "
			"none: ask there, or later",
			id->text);
	return there ? message_is_otherwise(call, id, act->none)
		     : message_is_gone(call, id, act->none, deadline);
}

bool admin_message_act(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {act_here};
	const struct act *act = act_of(call->request);
	struct value *request = value_copy(call->request), *results = NULL;
	struct message_id id;
	bool good = act && message_read_id(call, &id) &&
		    (act->action != QUEUE_RESCHEDULE || set_time(call, request)) &&
		    fan_out(call->daemon, &call->admin->fans, &job, request, &results,
			    deadline) &&
		    answer(call, act, &id, results, deadline);

	value_release(&results);
	value_release(&request);
	return good;
}

/* Whose request is limited to an account learns of others' messages nothing. */
static bool is_known(const struct admin_call *call, const struct history *history)
{
	struct slice account = value_get_text(call->request, "account");

	for (size_t i = 0; i < value_count(history->events); i++)
		if (!account.size ||
			slice_equal(
				account, value_get_text(value_at(history->events, i),
						 "account")))
			return true;
	return false;
}

/* Of the queue it is known; of one that has left it, from its events. */
bool message_is_gone(struct admin_call *call, const struct message_id *id,
	const char *none, struct deadline deadline)
{
	struct history_question question = {.id = *id,
		.tenant = value_get_text(call->request, "tenant"),
		.limit = HISTORY_MAX};
	struct history history;
	bool known = history_read(call, &question, &history, deadline) &&
		     is_known(call, &history);

	if (known)
		message_is_otherwise(call, id, none);
	else
		message_is_unknown(call, id, &history);
	history_finish(&history);
	return false;
}
